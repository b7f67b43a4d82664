use ChatTest;
use ChatTest::Httpd ();
use ChatTest::Upload qw(upload files_conf);
use Digest::SHA ();
use Time::HiRes qw(time);

# What else a site loads: modules that use the same pool, that want the same paths, that compress.
my $usual = ChatTest::Httpd->usual;
my $ada   = member('Ada');
my $true  = Cpanel::JSON::XS::true;

subtest 'a password from the same pool' => sub {
    my $hash  = '{SHA}' . Digest::SHA::sha1_base64('x') . '=';
    my $httpd = ChatTest::Httpd->new(conf => <<"END" . ChatTest::Httpd->usual("DBDMin 2\nDBDKeep 2\nDBDMax 2\nDBDExptime 0\n"));
LoadModule authn_dbd_module \@modules_dir\@/mod_authn_dbd.so
<Location "/api">
    AuthBasicProvider dbd
    AuthDBDUserPWQuery "select '$hash'::text from chat.users where username = %s"
</Location>
END
    my %here   = (site => $httpd->url);
    my $church = church('Church');
    my $carol  = staff_of($church, 'Carol');
    my $talk   = conversation($ada, $church);

    ok $httpd->start, 'it starts' or diag $httpd->said;
    is get($ada, 'conversations/unread/', %here)->code, 200, 'let in';
    is get(stranger(), 'conversations/unread/', %here)->code, 401, 'a stranger is not';

    all_answered(200, map { [$ada, GET => 'conversations/', %here] } 1 .. 40);
    all_answered(201, map {
        [$ada, POST => "$talk->{path}messages/", json => {content => "text $_"}, %here]
    } 1 .. 40);
    is_deeply [map { $_->{seq} } @{messages_of($talk)}], [1 .. 40], 'each was stored once';

    for (1 .. 3) {
        is post($ada, "$talk->{path}typing/", {is_typing => $true}, %here, fresh => 1)->code, 200, 'Ada types';
        my @seen = together(map { [$carol, GET => "$talk->{path}typing-status/", %here] } 1 .. 10);
        is scalar(grep { ($_->json // {})->{is_typing} } @seen), 10, 'and is seen to';
    }
    quiet($httpd, qr/user stranger\S* not found/);
};

# Chat is loaded before what conf says, and after what stands in front of it.
for my $order ('before', 'after') {
    subtest "redirects of a whole site, the chat loaded $order them" => sub {
        my $httpd = loaded($order, ['alias', 'rewrite'], sites(
            alias   => 'Redirect permanent / https://site.example/',
            rewrite => "RewriteEngine On\n    RewriteRule ^/(.*)\$ https://site.example/\$1 [R=301,L]",
        ));

        ok $httpd->start, 'it starts' or diag $httpd->said;
        is at($httpd, 'plain', $ada)->code, 200, 'a site without is served';
        for my $site ('alias', 'rewrite') {
            for my $person ($ada, undef) {
                my $answer = at($httpd, $site, $person, contract => 0);

                is $answer->code, 301, "$site: 301";
                is $answer->header('Location'), 'https://site.example/api/conversations/unread/', 'to there';
            }
        }
        quiet($httpd);
    };

    subtest "a whole site passed on, the chat loaded $order mod_proxy" => sub {
        my $httpd = loaded($order, ['proxy', 'proxy_http'], sites(
            proxy    => 'ProxyPass / http://127.0.0.1:1/',
            encoded  => 'ProxyPass / http://127.0.0.1:1/ mapping=encoded',
        ));

        ok $httpd->start, 'it starts' or diag $httpd->said;
        for my $site ('proxy', 'encoded') {
            is at($httpd, $site, $ada)->code, 200, "$site: the chat answers";
            is at($httpd, $site, undef, statements => 0)->code, 401, 'not without a login';
            is at($httpd, $site, $ada, path => '/api/other/')->code, 503, 'what is not ours is passed on';
        }
        quiet($httpd, qr/\[proxy(?:_http)?:error\]/);
    };
}

subtest 'compressed answers' => sub {
    my @zipped = (deflate => 'DEFLATE', brotli => 'BROTLI_COMPRESS');

    while (my ($module, $filter) = splice @zipped, 0, 2) {
        my $httpd = ChatTest::Httpd->new(conf => modules('filter', $module)
            . "AddOutputFilterByType $filter application/json\n$usual");
        my $coding = $module eq 'brotli' ? 'br' : 'gzip';
        my %here   = (site => $httpd->url);

        ok $httpd->start, "$module: it starts" or diag $httpd->said;
        my $ask = sub {
            my $tag = shift;
            my $tags = defined $tag ? "If-None-Match: $tag\r\n" : '';
            return raw("GET /api/conversations/ HTTP/1.1\r\nHost: chat.example\r\nAccept-Encoding: $coding\r\n"
                . 'Authorization: Basic ' . Mojo::Util::b64_encode("$ada->{username}:x", '')
                . "\r\n${tags}Connection: close\r\n\r\n", $httpd->url);
        };
        my $answer = $ask->();
        my $tag    = $answer->header('ETag') // '';
        is $answer->code, 200, 'answered';
        is $answer->header('Vary'), 'Accept-Encoding', 'compressed';
        like $tag, qr/^"[0-9a-f]{32}-\Q$coding\E"$/, 'the tag says so';
        is $ask->($tag)->code, 304, 'sent back: 304';
        is $ask->("W/$tag")->code, 304, 'weakly';
        is $ask->("\"x-$coding\", $tag")->code, 304, 'in a list';
        is $ask->($tag =~ s/-\Q$coding\E//r)->code, 304, 'the plain one, too';
        is $ask->("\"x-$coding\"")->code, 200, 'another one: 200';
        is get($ada, 'conversations/', %here, headers => {'Accept-Encoding' => 'identity'})->header('ETag'),
            $tag =~ s/-\Q$coding\E//r, 'plain answers have the plain tag';
        quiet($httpd);
    }
};

# A file has ranges and the length that was announced, whatever a site compresses.
subtest 'files are not compressed' => sub {
    for my $case ([deflate => 'DEFLATE'], [brotli => 'BROTLI_COMPRESS']) {
        my ($module, $filter) = @$case;
        my $httpd = ChatTest::Httpd->new(conf => modules('filter', $module)
            . "AddOutputFilterByType $filter application/json text/plain\n" . files_conf() . $usual);
        my %here  = (site => $httpd->url, headers => {'Accept-Encoding' => 'gzip, br'});
        my $talk  = conversation($ada, church('Church'));
        my $text  = "A line of a text.\n" x 1000;

        ok $httpd->start, "$module: it starts" or diag $httpd->said;
        my $sent = upload($talk, {name => 'a.txt', bytes => $text}, options => {site => $httpd->url})->json->{message}{attachment};
        is get($ada, 'conversations/', %here, contract => 0)->header('Vary'), 'Accept-Encoding', 'other answers are';
        my $answer = get($ada, $sent->{url}, %here);
        is $answer->header('Content-Length'), length $text, 'the length is its own';
        is $answer->header('ETag'), get($ada, $sent->{url}, site => $httpd->url)->header('ETag'), 'and its tag';
        ok $answer->body eq $text, 'and all of it';
        $here{headers}{Range} = 'bytes=0-5';
        $answer = get($ada, $sent->{url}, %here);
        is $answer->code . ' ' . $answer->body, '206 A line', 'and it has ranges';
        quiet($httpd);
    }
};

subtest 'mod_socache_shmcb is missing' => sub {
    my $httpd = edited(sub { s/^LoadModule socache_shmcb_module.*\n//m }, conf => $usual);
    my ($fine, $words) = $httpd->configtest;
    my @lines = grep { /socache_shmcb/ } split /\n/, $words;

    ok !$fine, 'refused at configtest';
    is @lines, 1, 'one line' or diag $words;
    like $lines[0], qr/LoadModule socache_shmcb_module.*a2enmod socache_shmcb/, 'says what to do';
    unlike $words, qr/Segmentation|core dumped/, 'and nothing fell';
    ok !$httpd->start(5), 'no start';
};

subtest 'a driver in a virtual host alone' => sub {
    my ($dbd, $location) = $usual =~ /(.*?)(<Location.*)/s;
    my $httpd = ChatTest::Httpd->new(conf => $location . sites(database => $dbd));

    ok $httpd->start, 'it starts' or diag $httpd->said;
    is at($httpd, 'database', $ada)->code, 200, 'there the chat answers' for 1 .. 3;
    for (1 .. 3) {
        my $answer = at($httpd, 'plain', $ada);
        like $answer->code, qr/^50[03]$/, 'elsewhere it says that it cannot: ' . $answer->code;
    }
    is at($httpd, 'database', $ada)->code, 200, 'and still there';
    lived($httpd);
};

subtest 'another driver' => sub {
    my ($dbd, $location) = $usual =~ /(.*?)(<Location.*)/s;
    my $other  = "DBDriver sqlite3\nDBDParams /nowhere/at.all\n";
    my $has_it = (ChatTest::Httpd->new(conf => $usual . sites(other => $other))->configtest)[1]
        !~ /sqlite3.*(?:driver|load)|(?:driver|load).*sqlite3/i;

    for my $conf ("$other$location", $location . sites(other => $other)) {
        my $httpd = ChatTest::Httpd->new(conf => $conf);

        unlike +($httpd->configtest)[1], qr/Segmentation|signal/, 'nothing falls at configtest';
        ok !$httpd->start(5), 'alone it is refused';
    }
    SKIP: {
        skip 'apr-util has only the driver for PostgreSQL', 1 unless $has_it;
        my %sites = (
            'below ours'             => [plain => 'other', $usual . sites(other => $other)],
            'below ours, said first' => [plain => 'other', sites(other => $other) . $usual],
            'above ours'             => [database => 'plain', $other . $location . sites(database => $dbd)],
        );
        for my $where (sort keys %sites) {
            my ($ours, $others, $conf) = @{$sites{$where}};
            my $httpd = ChatTest::Httpd->new(conf => $conf);

            ok $httpd->start, "$where: it starts" or diag($httpd->said), next;
            like at($httpd, $others, $ada)->code, qr/^50[03]$/, 'where it is, the chat says that it cannot';
            is at($httpd, $ours, $ada)->code, 200, 'elsewhere it answers';
            lived($httpd);
            ok $httpd->said !~ /cannot be reached/, 'nothing wrong is said of the database';
        }
    }
};

done_testing;

sub all_answered
{
    my ($code, @requests) = @_;
    my $begin   = time;
    my @answers = together(@requests);
    my $took    = time - $begin;
    my %codes;

    $codes{$_->code}++ for @answers;
    is_deeply \%codes, {$code => scalar @requests}, scalar(@requests) . " at once: all $code";
    cmp_ok $took, '<', 5 * slow(), sprintf 'within %.1f s', $took;
}

# Virtual hosts by name: "plain" and those given.
sub sites
{
    my %lines = (plain => '', @_);

    return join '', map { <<"END" } 'plain', grep { $_ ne 'plain' } sort keys %lines;
<VirtualHost *:\@port\@>
    ServerName $_.example
    $lines{$_}
</VirtualHost>
END
}

sub at
{
    my ($httpd, $site, $person, %options) = @_;

    return get($person, delete $options{path} // 'conversations/unread/', site => $httpd->url, fresh => 1,
        headers => {Host => "$site.example"}, statements => undef, %options);
}

sub modules { return join '', map {"LoadModule ${_}_module \@modules_dir\@/mod_$_.so\n"} @_ }

# An httpd whose configuration is changed once more before it is read.
sub edited
{
    my ($change, %given) = @_;
    my $httpd = ChatTest::Httpd->new(%given);
    my $file  = "$httpd->{home}/httpd.conf";

    open my $in, '<', $file or die "$file: $!";
    local $_ = do { local $/; <$in> };
    $change->();
    $httpd->file('httpd.conf', $_);
    return $httpd;
}

sub loaded
{
    my ($order, $modules, $conf) = @_;
    my $lines = modules(@$modules);

    return ChatTest::Httpd->new(conf => "$lines$usual$conf") if $order eq 'before';
    $lines =~ s/\@modules_dir\@/ChatTest::Config->suite->{vars}{modules_dir}/ge;
    return edited(sub { s/^(?=LoadModule chat_module)/$lines/m or die 'chat_module is not loaded' },
        conf => "$usual$conf");
}

sub quiet
{
    my ($httpd, @patterns) = @_;

    is_deeply [$httpd->unexpected(@patterns)], [], 'its log is quiet';
}

sub lived { unlike $_[0]->said, qr/exit signal|Segmentation|core dump/, 'no child fell' }
