use ChatTest;
use ChatTest::Httpd ();
use ChatTest::WebSocket ();
use IO::Socket::INET ();
use Time::HiRes qw(time sleep);

# Who gets a socket, what the others are told, and how many there may be.
my $ada    = member('Ada');
my $usual  = ChatTest::Httpd->usual;
my $socket = 'conversations/ws/';

# Few sockets, in one child so that they can be counted.
my $small = ChatTest::Httpd->new(conf => <<"END");
$usual
StartServers 1
ServerLimit 1
MaxRequestWorkers 40
LoadModule remoteip_module \@modules_dir\@/mod_remoteip.so
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
ChatWebSocketMax 6 user=2 address=4
ChatRateLimit connect off
<VirtualHost *:\@port\@>
    ServerName usual.test
</VirtualHost>
<VirtualHost *:\@port\@>
    ServerName strict.test
    ChatRateLimit connect 2/1h
</VirtualHost>
<VirtualHost *:\@port\@>
    ServerName https://proxied.test
</VirtualHost>
END
my $none = ChatTest::Httpd->new(conf => "$usual\nChatWebSocketMax 0\n");
ok $_->start, 'another httpd starts' or diag $_->said for $small, $none;

sub at { my ($name, %headers) = @_; return (site => $small->url, headers => {Host => "$name.test", %headers}) }

# The handshake as a browser sends it, by an HTTP client, so that a refusal is held against the contract.
sub asks
{
    my ($person, $headers, %options) = @_;

    return ask($person, $options{method} // 'GET', $options{path} // $socket, statements => undef, %options, headers => {
        Upgrade => 'websocket', Connection => 'Upgrade', 'Sec-WebSocket-Version' => 13,
        'Sec-WebSocket-Key' => 'AAAAAAAAAAAAAAAAAAAAAA==', %{$headers // {}}, %{$options{headers} // {}},
    });
}

sub is_refused
{
    my ($answer, $status, $code, $what) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is $answer->code . ' ' . (($answer->json // {})->{code} // 'no code'), "$status $code", $what;
}

# One that comes out well, and can be used.
sub is_welcome
{
    my ($ws, $what) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ok $ws->is_accepted && $ws->await('hello'), $what or diag $ws->code;
    $ws->leave;
    return;
}

# A socket of the small httpd as soon as there is a place: they are given back a moment after they end.
sub comes
{
    my ($person, $name, %headers) = @_;
    my $deadline = time + 10 * slow();
    my $ws;

    while (1) {
        $ws = ChatTest::Live->of($person // member(), plain => 1, at($name, %headers));
        return $ws if $ws->code != 503 || time > $deadline;
        sleep 0.05;
    }
}

# As many that stay.
sub open_some
{
    my ($count, $person, %headers) = @_;
    my @sockets = map { comes($person, 'usual', %headers) } 1 .. $count;

    is scalar(grep { $_->is_open && $_->await('hello') } @sockets), $count, "$count sockets are open";
    return @sockets;
}

subtest 'a good one' => sub {
    my $ws = ChatTest::Live->of($ada, plain => 1);

    ok $ws->is_accepted, 'is accepted';
    is $ws->header('Sec-WebSocket-Protocol'), 'chat.v1', 'with the protocol';
    is $ws->header('Sec-WebSocket-Extensions'), undef, 'and no extension';
    is_deeply $ws->await('hello'), {type => 'hello', user_id => $ada->id, heartbeat => 30,
        user_tag => get($ada, 'conversations/unread/')->header('X-Chat-User'),
        epoch => sql('select chat.current_epoch() as epoch')->{epoch},
        attachments => {max_size => 1_048_576, content_types => undef}}, 'hello comes first';
    $ws->leave;
};

subtest 'who it is' => sub {
    is_refused asks(undef), 401, 'login_required', 'nobody';
    is asks(undef)->header('WWW-Authenticate'), 'Basic realm="chat"', 'is asked to log in';
    is_refused asks(undef, {}, site => 'open'), 401, 'login_required', 'where nobody is asked who it is';
    is_refused asks(member('Ina', is_active => 0)), 403, 'user_inactive', 'an inactive user';
    is asks($ada, {}, site => 'denied')->code, 403, 'whom Apache does not let in';

    my $new = stranger();
    my $ws  = ChatTest::Live->of($new, plain => 1);
    my $row = sql('select id from chat.users where username = ?', $new->{username});
    ok $row, 'somebody who was never here gets a row';
    is $ws->await('hello')->{user_id}, $row->{id}, 'and is told whose';
    $ws->leave;
    is_welcome(ChatTest::Live->of($new, plain => 1, site => 'profile', headers => {'X-Name' => 'New Name'}), 'a profile comes along');
    is sql('select display_name from chat.users where id = ?', $row->{id})->{display_name}, 'New Name', 'and is kept';

    my $login = ask(undef, POST => '/login', site => 'form', contract => 0,
        body => "httpd_username=$ada->{username}&httpd_password=x", type => 'application/x-www-form-urlencoded');
    my ($session) = ($login->header('Set-Cookie') // '') =~ /^(session=[^;]+)/;
    is_welcome(ChatTest::Live->of(undef, plain => 1, site => 'form', headers => {Cookie => $session, Origin => site('form')}),
        'a session cookie will do, and needs no token');
};

subtest 'by an internal redirect' => sub {
    my $httpd = ChatTest::Httpd->new(conf => "LoadModule rewrite_module \@modules_dir\@/mod_rewrite.so\n" . <<'END'
<Directory "@documentroot@">
    Options FollowSymLinks
    RewriteEngine On
    RewriteRule ^live$ /api/conversations/ws/ [L]
    RewriteRule ^mine$ /api/conversations/unread/ [L]
</Directory>
END
        . ChatTest::Httpd->usual);

    ok $httpd->start, 'it starts' or return diag $httpd->said;
    is_refused asks($ada, {}, site => $httpd->url, path => '/live'), 501, 'internal_error', 'none is opened';
    is +(get($ada, '/mine', site => $httpd->url, contract => 0)->json // {})->{unread_count}, 0, 'though REST is answered';
    is_welcome(ChatTest::Live->of($ada, plain => 1, site => $httpd->url), 'nor is another one disturbed');
    is_deeply [$httpd->unexpected], [], 'the log is quiet';
};

# RFC 9113 and RFC 8441 as far as it takes: what the server offers in SETTINGS, and how it ends a stream with these
# fields. Gives a hash of settings, and reset (a code) or answered.
sub over_http2
{
    my ($httpd, @fields) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => $httpd->url =~ s{.*//}{}r, Timeout => 10) or return {};
    my $frame  = sub { my ($type, $flags, $stream, $payload) = @_; substr(pack('N', length $payload), 1) . pack('CCN', $type, $flags, $stream) . $payload };
    my $block  = '';
    my ($in, %seen) = ('');
    my $deadline = time + 10 * slow();

    while (my ($name, $value) = splice @fields, 0, 2) {
        $block .= "\0" . join '', map { chr(length) . $_ } $name, $value; # each shorter than 127, in HPACK's plain form
    }
    $socket->syswrite("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" . $frame->(4, 0, 0, '') . ($block ne '' ? $frame->(1, 4, 1, $block) : ''));
    while (time < $deadline && $socket->sysread($in, 4096, length $in)) {
        while (length $in >= 9 && length $in >= 9 + (my $length = unpack 'N', "\0" . substr $in, 0, 3)) {
            my ($type, $flags, $stream) = unpack 'x3CCN', $in;
            my $payload = substr $in, 9, $length;

            substr $in, 0, 9 + $length, '';
            $seen{settings}{unpack 'n', substr $payload, 6 * $_, 2} = unpack 'N', substr $payload, 6 * $_ + 2, 4 for 0 .. ($type == 4 ? $length / 6 - 1 : -1);
            return \%seen if $type == 4 && !($flags & 1) && $block eq '';
            $seen{reset} = unpack 'N', $payload if $type == 3;
            $seen{answered} = 1 if $type == 1;
            return \%seen if defined $seen{reset} || $seen{answered};
        }
    }
    return \%seen;
}

subtest 'over HTTP/2' => sub {
    my ($ENABLE_CONNECT_PROTOCOL, $HTTP_1_1_REQUIRED) = (8, 13);
    my $http2 = "LoadModule http2_module \@modules_dir\@/mod_http2.so\nProtocols h2c http/1.1\nH2WebSockets on\n";
    my $chat  = ChatTest::Httpd->new(conf => $usual . $http2);
    my $other = ChatTest::Httpd->new(conf => $usual . $http2 =~ s/H2WebSockets on//r . <<'END');
<VirtualHost *:@port@>
    ServerName other.test
    H2WebSockets on
    ChatRoot none
    <Location "/echo">
        SetHandler chat-echo
    </Location>
</VirtualHost>
<VirtualHost *:@port@>
    ServerName chat.test
</VirtualHost>
END
    my ($fine, $words) = $chat->configtest;

    ok $fine, 'configtest takes H2WebSockets on';
    like $words, qr/H2WebSockets on \(.*, line \d+\) is ignored/, 'and tells what becomes of it';
    ok $_->start, 'it starts' or diag $_->said for $chat, $other;
    like $chat->said, qr/H2WebSockets on .* is ignored/, 'the log tells, too';
    my $offer = over_http2($chat)->{settings};
    ok $offer && !$offer->{$ENABLE_CONNECT_PROTOCOL}, 'WebSockets are not offered, so browsers use HTTP/1.1';
    is_welcome(ChatTest::Live->of($ada, plain => 1, site => $chat->url), 'where there are some');

    is over_http2($other)->{settings}{$ENABLE_CONNECT_PROTOCOL}, 1, 'a host without a chat may offer them';
    my @handshake = (':method' => 'CONNECT', ':protocol' => 'websocket', ':scheme' => 'http', ':authority' => 'other.test',
        ':path' => '/echo', 'sec-websocket-version' => 13);
    is over_http2($other, @handshake)->{reset}, $HTTP_1_1_REQUIRED, 'our echo there sends whoever comes to HTTP/1.1';
    like $other->said, qr/WebSocket refused: it came over HTTP\/2/, 'the log says so';
    is_deeply [$_->unexpected(qr/H2WebSockets/)], [], 'the log is quiet' for $chat, $other;
};

subtest 'from where' => sub {
    my ($host) = site() =~ m{//(.*)};
    my %origin = (
        "http://$host"                => 'welcome',
        "HTTP://$host"                => 'welcome',
        "https://$host"               => 'foreign', # is not what httpd serves
        'http://127.0.0.1'            => 'foreign',
        'http://127.0.0.1:1'          => 'foreign',
        "http://$host.evil.example"   => 'foreign',
        "http://evil.example/$host"   => 'foreign',
        'https://evil.example'        => 'foreign',
        'null'                        => 'foreign',
        ''                            => 'foreign',
        'file://'                     => 'foreign',
        "http://$host, http://$host"  => 'foreign',
    );
    for my $origin (sort keys %origin) {
        my %headers = (Origin => $origin);

        if ($origin{$origin} eq 'welcome') { is_welcome(ChatTest::Live->of($ada, plain => 1, headers => \%headers), "'$origin' is ours") }
        else { is_refused asks($ada, \%headers), 403, 'csrf_origin', "'$origin' is not ours" }
    }
    is_welcome(ChatTest::Live->of($ada, plain => 1, headers => {Origin => undef}), 'no browser at all');
    is_welcome(ChatTest::Live->of($ada, plain => 1, site => 'trusting', headers => {Origin => $_}), "$_ is trusted")
        for 'https://pages.example', 'http://pages.example:8080', 'http://[::1]:81';
    is_refused asks($ada, {Origin => 'https://pages.example:8443'}, site => 'trusting'), 403, 'csrf_origin', 'another port is not';
    is_welcome(comes($ada, 'proxied', Origin => 'https://proxied.test'), 'behind a proxy that ends TLS');
    is_refused asks($ada, undef, at('proxied', Origin => 'http://proxied.test')), 403, 'csrf_origin', 'which has no page without';
    is_refused asks(undef, {Origin => 'https://evil.example'}), 401, 'login_required', 'nobody is nobody first';
    is_refused asks($ada, {Origin => 'https://evil.example'}, site => 'unguarded'), 403, 'csrf_origin',
        'also where ChatCSRF is off: nothing else guards a handshake';
    is_refused asks($ada, {Origin => 'https://evil.example'}, site => 'origin'), 403, 'csrf_origin', 'where only the origin counts';
};

subtest 'in which protocol' => sub {
    my %protocol = (
        'chat.v1'              => 'chat.v1',
        'chat.v2, chat.v1'     => 'chat.v1',
        'chat.v1,chat.v0'      => 'chat.v1',
        'chat.v2'              => undef,
        'chat.v11, xchat.v1'   => undef,
        'soap'                 => undef,
    );
    for my $offered (sort keys %protocol) {
        my $ws = ChatTest::Live->of($ada, plain => 1, headers => {'Sec-WebSocket-Protocol' => $offered});

        is $ws->header('Sec-WebSocket-Protocol'), $protocol{$offered}, "$offered: " . ($protocol{$offered} // 'none of them');
        is_welcome($ws, 'is accepted');
    }
    my $ws = ChatTest::Live->of($ada, plain => 1, headers => {'Sec-WebSocket-Protocol' => ['chat.v2', 'chat.v1']});
    is $ws->header('Sec-WebSocket-Protocol'), 'chat.v1', 'in two lines';
    $ws = ChatTest::Live->of($ada, plain => 1, headers => {'Sec-WebSocket-Protocol' => undef});
    is $ws->header('Sec-WebSocket-Protocol'), undef, 'none is offered, none is chosen';
    is_welcome($ws, 'and it is accepted');
};

subtest 'under which address' => sub {
    for my $case (['roots', '/api'], ['roots', '/app/api'], ['roots', '/deep/er/chat'], ['slash', ''], ['inherits', '/api']) {
        my ($site, $root) = @$case;

        is_welcome(ChatTest::Live->of($ada, plain => 1, site => $site, path => "$root/conversations/ws$_"), "$site: $root/conversations/ws$_")
            for '', '/', '?x=1', '/?x=1';
    }
    is asks($ada, {}, site => 'none', contract => 0)->code, 404, 'no root, no socket';
    for my $path ('/api/conversations/ws/x', '/api/conversations/WS/', '/api/ws/', '/api/conversations/', '/api/conversations/unread/') {
        my $ws = ChatTest::Live->of($ada, plain => 1, path => $path);

        isnt $ws->code, 101, "$path is no socket: " . $ws->code;
    }
};

subtest 'what is no handshake' => sub {
    my $answer = get($ada, $socket, statements => undef);
    is_refused $answer, 426, 'upgrade_required', 'a plain GET';
    is $answer->header('Upgrade'), 'websocket', 'is told to what';
    like $answer->header('Connection'), qr/\bUpgrade\b/i, 'as a header of this connection';
    is get(undef, $socket)->code, 401, 'and nobody is nobody';
    is ask($ada, HEAD => $socket, statements => undef)->code, 426, 'HEAD';

    my @bad = (
        ['version 8',        {'Sec-WebSocket-Version' => 8},     426],
        ['no version',       {'Sec-WebSocket-Version' => undef}, 426],
        ['no key',           {'Sec-WebSocket-Key' => undef},     400],
        ['a bad key',        {'Sec-WebSocket-Key' => 'short'},   400],
        ['no Connection',    {Connection => 'keep-alive'},       400],
        ['another protocol', {Upgrade => 'h2c'},                 426],
    );
    for my $case (@bad) {
        my ($what, $headers, $code) = @$case;
        my $answer = asks($ada, $headers);

        is $answer->code, $code, $what;
        is $answer->header('Upgrade'), 'websocket', 'is told to what' if $code == 426;
        is $answer->header('Sec-WebSocket-Version'), 13, 'and which version' if $what =~ /version/;
    }
    for my $body (['Content-Length' => 4], ['Transfer-Encoding' => 'chunked']) {
        my $ws = ChatTest::Live->of($ada, plain => 1, headers => {@$body}, behind => "4\r\nbody\r\n0\r\n\r\n");

        is $ws->code, 400, "a body, by $body->[0]";
    }
    is_welcome(ChatTest::Live->of($ada, plain => 1, headers => {'Content-Length' => 0}), 'none, said so');
    my $old = ChatTest::Live->of($ada, plain => 1, version => 'HTTP/1.0');
    is $old->code, 400, 'HTTP/1.0';
    is $old->header('Content-Type'), 'application/problem+json', 'also a problem';

    for my $method (qw(POST PUT PATCH DELETE)) {
        $answer = asks($ada, {}, method => $method);
        is $answer->code, 405, $method;
        is_deeply [sort split /,\s*/, $answer->header('Allow') // ''], [qw(GET HEAD OPTIONS)], 'is told what goes';
    }
    is asks($ada, {}, method => 'OPTIONS')->code, 204, 'OPTIONS';
    is asks($ada, {Upgrade => 'h2c'}, site => 'pages')->code, 426, 'a site with error pages of its own';
};

subtest 'how often' => sub {
    my $lea = member('Lea');

    is_welcome(comes($lea, 'strict'), $_) for 'one', 'another';
    my $answer = asks($lea, undef, at('strict'));
    is_refused $answer, 429, 'rate_limited', 'then they have to wait';
    cmp_ok $answer->header('Retry-After'), '<=', 3600, 'not for ever';
    ok $answer->header('RateLimit') && $answer->header('RateLimit-Policy'), 'and is told the limit';
    is_welcome(comes($ada, 'strict'), 'somebody else may come');
    is_welcome(comes($lea, 'usual'), 'the limit is that of the virtual host');
};

subtest 'how many of one user' => sub {
    my ($first, $second) = open_some(2, $ada, 'X-Forwarded-For' => '192.0.2.1');
    my $third = comes($ada, 'usual', 'X-Forwarded-For' => '192.0.2.2');

    is $third->closed, 1013, 'the third is told to come later';
    is_deeply [$third->come], [], 'and nothing else';
    ok $third->has_ended, 'and ended';
    my ($other) = open_some(1, undef, 'X-Forwarded-For' => '192.0.2.1');
    $first->leave;
    my ($again) = open_some(1, $ada, 'X-Forwarded-For' => '192.0.2.1');
    is $second->post(conversation($ada, church()), 'still here')->{type}, 'ack', 'the others stay';
    $_->leave for $second, $again, $other;
};

subtest 'how many of one address' => sub {
    my @here = open_some(4, undef, 'X-Forwarded-For' => '192.0.2.1');

    is comes(undef, 'usual', 'X-Forwarded-For' => '192.0.2.1')->closed, 1013, 'the fifth of one address';
    my ($there) = open_some(1, undef, 'X-Forwarded-For' => '2001:db8::1');
    ok $there, 'another address is another one';
    (shift @here)->leave;
    push @here, open_some(1, undef, 'X-Forwarded-For' => '192.0.2.1');
    $_->leave for @here, $there;
};

subtest 'how many at all' => sub {
    my @all    = map { open_some(1, undef, 'X-Forwarded-For' => "192.0.2.$_") } 1 .. 6;
    my $answer = asks(member(), undef, at('usual'));

    is $answer->code, 503, 'the seventh is refused';
    ok $answer->header('Retry-After'), 'told when to come again';
    is get($ada, 'conversations/', at('usual'))->code, 200, 'REST is served';
    (shift @all)->leave;
    push @all, open_some(1);
    $_->leave for @all;
    is asks($ada, undef, site => $none->url)->code, 503, 'there may be none at all';
};

subtest 'directives' => sub {
    my $configtest = sub { ChatTest::Httpd->new(conf => "$usual$_[0]\n")->configtest };

    for my $lines ('ChatWebSocketMax 0', 'ChatWebSocketMax 1000000', 'ChatWebSocketMax 100 user=1', 'ChatWebSocketMax 100 address=5 user=1',
        'ChatWebSocketMaxFrame 1024', 'ChatWebSocketMaxFrame 16777216', 'ChatWebSocketMaxAge 0', 'ChatWebSocketMaxAge 86400',
        "<VirtualHost *:1>\nChatWebSocketMaxFrame 2048\nChatWebSocketMaxAge 60\n</VirtualHost>")
    {
        my ($fine, $words) = $configtest->($lines);

        ok $fine, $lines or diag $words;
    }
    my %wrong = (
        'ChatWebSocketMax'                 => qr/ChatWebSocketMax.*number/,
        'ChatWebSocketMax many'            => qr/ChatWebSocketMax.*whole number from 0 to 1000000/,
        'ChatWebSocketMax -1'              => qr/ChatWebSocketMax.*whole number/,
        'ChatWebSocketMax 1000001'         => qr/ChatWebSocketMax.*whole number/,
        'ChatWebSocketMax 10 20'           => qr/ChatWebSocketMax.*"20" is neither user=<n> nor address=<n>/,
        'ChatWebSocketMax 10 users=2'      => qr/ChatWebSocketMax.*"users=2" is neither/,
        'ChatWebSocketMax 10 user='        => qr/ChatWebSocketMax.*whole number from 1/,
        'ChatWebSocketMax 10 user=0'       => qr/ChatWebSocketMax.*whole number from 1/,
        'ChatWebSocketMax 10 address=x'    => qr/ChatWebSocketMax.*whole number from 1/,
        'ChatWebSocketMax user=2'          => qr/ChatWebSocketMax.*whole number/,
        'ChatWebSocketMaxFrame 1023'       => qr/ChatWebSocketMaxFrame.*whole number from 1024 to 16777216/,
        'ChatWebSocketMaxFrame 16777217'   => qr/ChatWebSocketMaxFrame.*whole number/,
        'ChatWebSocketMaxFrame 64k'        => qr/ChatWebSocketMaxFrame.*whole number/,
        'ChatWebSocketMaxFrame'            => qr/ChatWebSocketMaxFrame/,
        'ChatWebSocketMaxAge -1'           => qr/ChatWebSocketMaxAge.*whole number from 0 to 86400/,
        'ChatWebSocketMaxAge 86401'        => qr/ChatWebSocketMaxAge.*whole number/,
        'ChatWebSocketMaxAge 15m'          => qr/ChatWebSocketMaxAge.*whole number/,
        "<VirtualHost *:1>\nChatWebSocketMax 5\n</VirtualHost>"     => qr/ChatWebSocketMax.*(?:not allowed|cannot occur)/,
        "<Location /x>\nChatWebSocketMaxAge 5\n</Location>"         => qr/ChatWebSocketMaxAge.*(?:not allowed|cannot occur)/,
    );
    for my $lines (sort keys %wrong) {
        my ($fine, $words) = $configtest->($lines);

        ok !$fine, "refused: $lines";
        like $words, $wrong{$lines}, 'with the reason';
    }
};

log_may_say(qr/AH01630/); # where nobody is let in
is_deeply [$_->unexpected], [], 'the log of another httpd is quiet' for $small, $none;
done_testing;
