use ChatTest;
use ChatTest::Httpd ();
use Mojo::Util qw(b64_encode);

# The header fields of every kind of answer.
my $church = church('Headers');
my $ada    = member('Ada');
my $talk   = conversation($ada, $church);
my $carol  = staff_of($church, 'Carol');
my $true   = Cpanel::JSON::XS::true;
my $page   = "$talk->{path}messages/";

sub tried { return ask($ada, @_) }

# Bytes as no client sends them, by somebody who is logged in.
sub line
{
    my ($request, @lines) = @_;

    return raw(join "\r\n", $request, 'Host: x', 'Authorization: Basic ' . b64_encode("$ada->{username}:x", ''),
        @lines, 'Connection: close', '', '');
}

my $lost = ChatTest::Httpd->new(
    database => ChatTest::Config->suite->{vars}{database} =~ s/dbname=\S+/dbname=nowhere/r);
ok $lost->start, 'an httpd without its database';

# A name, the status, and how to get such an answer.
my @kinds = (
    ['a list',                 200, sub { tried(GET => 'conversations/') }],
    ['a conversation',         200, sub { tried(GET => $talk->{path}) }],
    ['messages',               200, sub { tried(GET => "$page?limit=1") }],
    ['a number',               200, sub { tried(GET => 'conversations/unread/') }],
    ['who types',              200, sub { tried(GET => "$talk->{path}typing-status/") }],
    ['HEAD',                   200, sub { tried(HEAD => $page) }],
    ['what existed',           200, sub { tried(POST => 'conversations/', json => {church_id => $church->{id}}) }],
    ['read',                   200, sub { tried(POST => "$talk->{path}read/") }],
    ['the contract',           200, sub { tried(GET => 'conversations/openapi.json') }],
    ['a new message',          201, sub { say($talk, 'x') }],
    ['a new conversation',     201, sub { tried(POST => 'conversations/', json => {church_id => church()->{id}}) }],
    ['OPTIONS',                204, sub { tried(OPTIONS => $page) }],
    ['unchanged',              304, sub {
        tried(GET => $page, headers => {'If-None-Match' => get($ada, $page)->header('ETag')});
    }],
    ['a bad query',            400, sub { tried(GET => "$page?limit=0") }],
    ['a bad body',             400, sub { tried(POST => $page, body => '{', type => 'application/json') }],
    ['an empty message',       400, sub { say($talk, ' ') }],
    ['a bad path',             400, sub { line("GET /api/conversations/%zz/ HTTP/1.1") }],
    ['a bad header',           400, sub { line('GET /api/conversations/ HTTP/1.1', "X-Odd: \x7f") }],
    ['no Host',                400, sub { raw("GET /api/conversations/ HTTP/1.1\r\nConnection: close\r\n\r\n") }],
    ['nobody',                 401, sub { get(undef, 'conversations/') }],
    ['nobody, by our own',     401, sub { get(undef, 'conversations/', site => 'open') }],
    ['a form without a login', 401, sub { get(undef, 'conversations/', site => 'form') }],
    ['not authorised',         403, sub { tried(GET => 'conversations/', site => 'denied') }],
    ['a foreign page',         403, sub { say($talk, 'x', headers => {'Sec-Fetch-Site' => 'cross-site'}) }],
    ['no token',               403, sub { say($talk, 'x', headers => {'Sec-Fetch-Site' => 'none'}) }],
    ['members',                403, sub { tried(POST => "$talk->{path}block/", json => {blocked => $true}) }],
    ['not theirs',             404, sub { get(member('Bob'), $talk->{path}) }],
    ['not a number',           404, sub { tried(GET => 'conversations/null/') }],
    ['no such path',           404, sub { tried(GET => 'conversations/1/nothing/') }],
    ['no such method',         405, sub { tried(DELETE => $talk->{path}) }],
    ['a method nobody knows',  405, sub { tried(BREW => 'conversations/') }],
    ['too large',              413, sub { say($talk, 'x' x 2000, site => 'small', fresh => 1) }],
    ['too large for httpd',    413, sub { say($talk, 'x' x 2500, site => 'limited', fresh => 1) }],
    ['another type',           415, sub { tried(POST => $page, body => '{"content":"x"}', type => 'text/plain') }],
    ['spam',                   422, sub { say($talk, 'unwanted', site => 'strict') }],
    ['too often',              429, sub {
        my @typing = (POST => "$talk->{path}typing/", json => {is_typing => $true}, site => 'strict');
        tried(@typing);
        tried(@typing);
    }],
    ['without the database',   503, sub { get($ada, 'conversations/', site => $lost->url) }],
    ['writing without it',     503, sub { say($talk, 'x', site => $lost->url) }],
);
log_may_say(qr/AH01618|AH01614|AH10244|AH0158\d|AH00566|AH02606|AH0056\d|AH03\d\d\d|AH00561|AH01630|AH01797|AH01808/);

for my $kind (@kinds) {
    my ($name, $code, $how) = @$kind;

    subtest "$code: $name" => sub {
        my $answer = $how->();

        is $answer->code, $code, 'status' or return diag $answer->body;
        is_one($answer, 'X-Content-Type-Options', qr/^nosniff$/);
        is_one($answer, 'X-Request-Id', qr/^[\w@+\/.-]{8,64}$/);
        is_one($answer, 'Server', qr/^Apache(?:\/[\d.]+(?: \([^()]*\))?)?(?: OpenSSL\/\S+)?$/);
        is_one($answer, 'Date', qr/ GMT$/);
        is_one($answer, 'Cache-Control', cache_control($answer));
        has_its_type($answer);
        is $answer->header($_), undef, "no $_" for qw(
            X-Powered-By Access-Control-Allow-Origin Access-Control-Allow-Credentials Pragma Expires
            Last-Modified Location Accept-Ranges);
        ok !!$answer->header('Allow') == ($code == 405 || $answer->method eq 'OPTIONS'), 'Allow where it belongs';
        ok !!$answer->header('Retry-After') == ($code == 429 || $code == 503), 'Retry-After where it belongs';
        ok !!$answer->header('WWW-Authenticate') == ($code == 401 && $name eq 'nobody'), 'and WWW-Authenticate';
        ok !!$answer->header('ETag') == ($code == 304 || $code == 200 && $answer->method =~ /^(?:GET|HEAD)$/),
            'an ETag for what can be asked for again';
        if (grep {/^chat_csrf=/} fields($answer, 'Set-Cookie')) {
            like $answer->header('Cache-Control'), qr/private|no-store/, 'a cookie of one user is not for others';
            unlike $answer->header('Cache-Control'), qr/public|s-maxage/, 'in no cache';
        }
        unlike $answer->{response}->headers->to_string,
            qr{mod_chat|/work/|/var/|/tmp/|/usr/|PostgreSQL|libpq|dbname|nowhere}, 'nothing internal';
    };
}

sub fields { return @{$_[0]{response}->headers->every_header($_[1])} }

sub is_one
{
    my ($answer, $name, $pattern) = @_;
    my @values = fields($answer, $name);

    is @values, 1, "one $name";
    like $values[0] // '', $pattern, 'as it should be';
}

sub cache_control
{
    my ($answer) = @_;

    return qr/^no-store$/ unless $answer->method =~ /^(?:GET|HEAD)$/ && $answer->code =~ /^(?:200|304)$/;
    return $answer->path =~ /openapi/ ? qr/^(?!.*(?:no-store))./ : qr/^private, no-cache$/;
}

sub has_its_type
{
    my ($answer) = @_;
    my $type = $answer->header('Content-Type');

    return is $type, undef, 'no type where there is no body' if $answer->code =~ /^(?:204|304)$/;
    is $type, $answer->code < 400 ? 'application/json' : 'application/problem+json', 'its type';
    is $answer->header('Content-Length'), length $answer->body, 'its length' if $answer->method ne 'HEAD';
}

subtest 'the CSRF cookie and caches' => sub {
    my $first = get($ada, $page);
    my ($cookie) = grep {/^chat_csrf=/} fields($first, 'Set-Cookie');
    ok $cookie, 'given with an answer that may be kept';
    is $first->header('Cache-Control'), 'private, no-cache', 'by nobody but that browser';
    is $first->header('ETag'), get($ada, $page)->header('ETag'), 'the cookie does not change the ETag';
    my $again = get($ada, $page, headers => {'If-None-Match' => $first->header('ETag')});
    is $again->code, 304, 'asked again';
    is scalar(grep {/^chat_csrf=/} fields($again, 'Set-Cookie')), 1, 'the token comes with 304 too';
    my ($sent) = $cookie =~ /^([^;]+)/;
    $again = get($ada, $page, headers => {'If-None-Match' => $first->header('ETag'), Cookie => $sent});
    is scalar(fields($again, 'Set-Cookie')), 0, 'but not to who has it';
    my $public = get($ada, 'conversations/openapi.json');
    is scalar(fields($public, 'Set-Cookie')), 0, 'what all may keep comes without';
};

subtest 'what a site sets for all its answers stays' => sub {
    my $httpd = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . <<'END');
ServerTokens Prod
Header always set Strict-Transport-Security "max-age=31536000"
Header set X-Frame-Options DENY
END

    ok $httpd->start, 'started' or return;
    for my $path ('conversations/', 'conversations/null/') {
        my $answer = get($ada, $path, site => $httpd->url);

        is $answer->header('Server'), 'Apache', 'Server says no more than it is told to';
        is $answer->header('Strict-Transport-Security'), 'max-age=31536000', 'headers of the site are there';
        is $answer->header('X-Frame-Options'), 'DENY', 'for every status';
        is $answer->header('X-Content-Type-Options'), 'nosniff', 'beside ours';
    }
};

log_may_say(qr/database|DBD|connect/i);
done_testing;
