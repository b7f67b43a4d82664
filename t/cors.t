use ChatTest;
use ChatTest::Httpd ();

# Pages of a trusted origin read and write as those of the site itself; pages of others do neither.
my $pages = 'https://pages.example';
my %here  = (site => 'trusting');
my $talk  = conversation(my $ada = member('Ada'));
my @paths = ('conversations/', 'conversations/unread/', $talk->{path}, "$talk->{path}messages/", 'notifications/',
    'conversations/openapi.json');
my @methods = ('POST', 'GET', 'PUT', 'DELETE', 'X');

sub fields { return [$_[0]{response}->headers->every_header($_[1])] }

# Exactly one field, and what all such answers have.
sub is_open
{
    my ($answer, $origin, $what) = @_;

    is_deeply $answer->{response}->headers->every_header('Access-Control-Allow-Origin'), [$origin], "$what: for $origin";
    is_deeply $answer->{response}->headers->every_header('Access-Control-Allow-Credentials'), ['true'], 'with its logins';
    like join(', ', @{$answer->{response}->headers->every_header('Vary')}), qr/\bOrigin\b/, 'and no other';
}

sub is_closed
{
    my ($answer, $what) = @_;

    is_deeply [grep {/^Access-Control-/i} @{$answer->{response}->headers->names}], [], "$what: for no other origin";
}

sub preflight
{
    my ($path, $method, %options) = @_;
    my %headers = (Origin => $pages, 'Access-Control-Request-Method' => $method,
        'Access-Control-Request-Headers' => 'content-type,x-csrftoken', %{delete $options{headers} // {}});

    return ask(undef, OPTIONS => $path, %here, headers => \%headers, statements => 0, %options);
}

subtest 'a preflight needs no login' => sub {
    for my $path (@paths, "$talk->{path}read/", 'conversations', 'conversations/ws/') {
        for my $method (@methods) {
            my $answer = preflight($path, $method);

            is $answer->code, 204, "$method $path";
            is_open($answer, $pages, 'answered');
            is $answer->header('Access-Control-Allow-Methods'), $answer->header('Allow'), 'the methods of the path';
            my %allowed = map { lc $_ => 1 } split /, */, $answer->header('Access-Control-Allow-Headers');
            ok $allowed{$_}, "$_ may be sent" for qw(content-type x-csrftoken x-chat-user authorization if-none-match);
            like $answer->header('Access-Control-Max-Age'), qr/^[1-9]\d*$/, 'for some time';
        }
    }
};

subtest 'what is none does' => sub {
    is ask(undef, OPTIONS => 'conversations/', %here, headers => {Origin => $pages})->code, 401, 'OPTIONS alone';
    is ask(undef, OPTIONS => 'conversations/', %here, headers => {'Access-Control-Request-Method' => 'POST'})->code, 401,
        'without Origin';
    is preflight('conversations/nowhere/x/', 'GET')->code, 401, 'of a path that is not there';
    is preflight('conversations/', 'GET', site => undef)->code, 401, 'at a host that trusts nobody';
    is get(undef, 'conversations/', %here, headers => {Origin => $pages, 'Access-Control-Request-Method' => 'POST'})->code,
        401, 'GET';
    for my $origin ('https://evil.example', 'http://pages.example', 'https://pages.example.evil.example',
        'https://evil.example https://pages.example', 'null', '', '*', site('trusting'))
    {
        my $answer = preflight('conversations/', 'POST', headers => {Origin => $origin});

        is $answer->code, 401, "of '$origin'";
        is_closed($answer, 'refused');
    }
};

subtest 'every answer can be read' => sub {
    my %kinds = (
        200 => sub { get($ada, 'conversations/', @_) },
        201 => sub { post($ada, "$talk->{path}messages/", {content => 'x'}, @_) },
        204 => sub { ask($ada, OPTIONS => 'conversations/', @_) },
        304 => sub {
            my %options = @_;
            get($ada, $talk->{path}, %options, headers => {%{$options{headers}}, 'If-None-Match' => '*'});
        },
        400 => sub { get($ada, 'conversations/?limit=0', @_) },
        401 => sub { get(undef, 'conversations/', @_) },
        403 => sub { post($ada, "$talk->{path}block/", {blocked => Cpanel::JSON::XS::true}, @_) },
        404 => sub { get($ada, 'conversations/null/', @_) },
        405 => sub { ask($ada, DELETE => 'conversations/', @_) },
        412 => sub {
            my %options = @_;
            get($ada, $talk->{path}, %options, headers => {%{$options{headers}}, 'If-Match' => '"a"'});
        },
        413 => sub { ask($ada, POST => "$talk->{path}messages/", body => 'x' x 100_000, type => 'application/json', fresh => 1, @_) },
        415 => sub { ask($ada, POST => "$talk->{path}messages/", body => 'x', type => 'text/plain', @_) },
        426 => sub { get($ada, 'conversations/ws/', statements => 0, @_) },
    );
    my $token = get($ada, 'conversations/', %here, headers => {Origin => $pages})->header('X-CSRFToken');

    for my $code (sort keys %kinds) {
        for my $origin ($pages, 'http://pages.example:8080', 'http://[::1]:81') {
            my $answer = $kinds{$code}->(%here, headers => {Origin => $origin, 'X-CSRFToken' => $token});

            is $answer->code, $code, "status $code";
            is_open($answer, $origin, $code);
            my %read = map { lc $_ => 1 } split /, */, $answer->header('Access-Control-Expose-Headers') // '';
            ok $read{$_}, "$_ can be read" for qw(etag link retry-after x-request-id x-csrftoken x-chat-user ratelimit ratelimit-policy date);
        }
        my $answer = $kinds{$code}->(%here, headers => {});
        is_closed($answer, "$code without Origin");
        like $answer->header('Vary') // '', qr/\bOrigin\b/, 'and that it would be another one';
        next if $code =~ /^(?:201|403|41[35])$/; # refused before
        is_closed($kinds{$code}->(%here, headers => {Origin => 'https://evil.example'}), "$code to another");
        $answer = $kinds{$code}->(headers => {Origin => $pages});
        is_closed($answer, "$code where nobody is trusted");
        unlike $answer->header('Vary') // '', qr/Origin/, 'whose answers do not vary';
    }
};

subtest 'the token, for pages that cannot read the cookie' => sub {
    my %page = (%here, headers => {Origin => $pages, 'Sec-Fetch-Site' => 'cross-site'});
    my $token = get($ada, 'conversations/unread/', %page)->header('X-CSRFToken');
    my $send  = sub {
        my ($headers, %options) = @_;
        my $answer = post($ada, "$talk->{path}messages/", {content => 'x'}, %here, %options,
            headers => {%{$page{headers}}, %$headers});

        return $answer->code < 400 ? $answer->code : $answer->code . ' ' . $answer->json->{code};
    };

    like $token, qr/^[A-Za-z0-9_-]{66}$/, 'comes with what is read';
    is $send->({'X-CSRFToken' => $token}), 201, 'and goes with what is written';
    is $send->({}), '403 csrf_token', 'which needs it';
    is $send->({Origin => 'https://evil.example', 'X-CSRFToken' => $token}), '403 csrf_origin', 'elsewhere it is worth nothing';
    is $send->({'X-CSRFToken' => $token}, site => undef), '403 csrf_origin', 'nor at a host that does not trust the page';
    my $refused = post($ada, "$talk->{path}messages/", {content => 'x'}, %page);
    is $send->({'X-CSRFToken' => $refused->header('X-CSRFToken')}), 201, 'a refusal brings one, too';
    for my $answer (get(undef, 'conversations/', %page), get(undef, 'conversations/openapi.json', %page),
        get($ada, 'conversations/', %here), get($ada, 'conversations/', %here, headers => {Origin => 'https://evil.example'}))
    {
        is $answer->header('X-CSRFToken'), undef, $answer->what . ': nobody and others get none';
    }
};

subtest 'a path that is closed stays closed' => sub {
    my $block = sub { "<VirtualHost *:\@port\@>\nServerName $_[0].example\n<Location /api>\n$_[1]\n</Location>\n</VirtualHost>\n" };
    my $httpd = ChatTest::Httpd->new(conf => <<'END' . ChatTest::Httpd->usual
LoadModule authz_host_module @modules_dir@/mod_authz_host.so
LoadModule access_compat_module @modules_dir@/mod_access_compat.so
ChatTrustedOrigin https://pages.example
END
        . $block->(denied => 'Require all denied') . $block->(elsewhere => 'Require ip 192.0.2.1')
        . $block->(old => "Require all granted\nOrder allow,deny\nDeny from all")
        . $block->(both => "<RequireAll>\nRequire ip 127.0.0.1\nRequire valid-user\n</RequireAll>")
        . $block->(form => "AuthType form\nAuthFormProvider anon\nSession On\nSessionCookieName s path=/\nRequire valid-user")
        . $block->(site => "Header set Access-Control-Allow-Origin https://site.example")
        . $block->(always => "Header always set Access-Control-Allow-Origin https://site.example"));

    ok $httpd->start, 'it starts' or return diag $httpd->said;
    my $at = sub { preflight('conversations/', 'POST', site => $httpd->url, fresh => 1, headers => {Host => "$_[0].example"}) };
    is $at->($_)->code, 403, "$_: 403" for 'denied', 'elsewhere', 'old';
    is $at->($_)->code, 204, "$_: 204" for 'both', 'form';
    is_open($at->('denied'), $pages, 'the refusal');
    for my $site ('site', 'always') {
        for my $path ('conversations/', 'conversations/openapi.json') {
            my $answer = get($ada, $path, site => $httpd->url, fresh => 1, headers => {Host => "$site.example", Origin => $pages});

            is_deeply $answer->{response}->headers->every_header('Access-Control-Allow-Origin'), ['https://site.example'],
                "$site: what the site says stands, once";
        }
    }
    is_deeply [$httpd->unexpected(qr/AH01630|AH01797/)], [], 'the log is quiet';
};

done_testing;
