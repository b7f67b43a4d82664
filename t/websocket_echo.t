use ChatTest;
use ChatTest::Flood ();
use ChatTest::Httpd ();
use ChatTest::WebSocket qw(CONTINUATION TEXT BINARY CLOSE PING PONG frame close_frame);
use Mojo::Promise ();
use Mojo::UserAgent ();
use Time::HiRes qw(time sleep);

# The WebSocket hub and its frames, through the diagnostic echo endpoint (SetHandler chat-echo): RFC 6455
# to the letter, peers that are slow, silent, hostile or gone, and children that stop or die.
my $MAX     = 500;      # ChatWebSocketMax
my $MESSAGE = 16777216; # CHAT_ECHO_MESSAGE_BYTES_MAX
my $tls_port = ChatTest::Httpd::_free_port();
my $echo = <<'END';
StartServers 1
ServerLimit 4
MaxRequestWorkers 40
MinSpareThreads 1
MaxSpareThreads 40
AsyncRequestWorkerFactor 100
LoadModule reqtimeout_module @modules_dir@/mod_reqtimeout.so
RequestReadTimeout header=3 body=3
<Location "/echo">
    SetHandler chat-echo
</Location>
END
my $httpd = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . "$echo\nChatWebSocketMax $MAX\n" . <<"END");
LoadModule http2_module \@modules_dir\@/mod_http2.so
Protocols h2c http/1.1
LoadModule ssl_module \@modules_dir\@/mod_ssl.so
Listen 127.0.0.1:$tls_port
<VirtualHost 127.0.0.1:$tls_port>
    SSLEngine On
    SSLCertificateFile \@serverroot\@/tls.crt
    SSLCertificateKeyFile \@serverroot\@/tls.key
</VirtualHost>
END
make_certificate($httpd);
my $HEARTBEAT = 2; # seconds; a test that is kept waiting longer has gone for the server
my $quick = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . "$echo\nChatWebSocketHeartbeat $HEARTBEAT\n");
my $usual = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . $echo);
ok $_->start, 'httpd starts' or diag $_->said for $httpd, $quick, $usual;

my $url = $httpd->url . '/echo';
my $tls = "https://127.0.0.1:$tls_port/echo";

sub make_certificate
{
    my ($httpd) = @_;
    my $home = $httpd->{home};
    my $said = qx{openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext basicConstraints=CA:FALSE -keyout '$home/tls.key' -out '$home/tls.crt' 2>&1};

    die "no certificate: $said" if $?;
}

sub open_socket { return ChatTest::WebSocket->new($url, @_) }

# Say it, and hear it again.
sub echoes
{
    my ($ws, $text) = @_;

    $ws->send(TEXT, $text // 'hello');
    return ($ws->message // '') eq ($text // 'hello');
}

# These bytes make the server close with this code (or one of these), and end TCP.
sub closes
{
    my ($bytes, $codes, $what, %options) = @_;
    my $ws   = $options{on} // open_socket();
    my @codes = ref $codes ? @$codes : $codes;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $ws->write($bytes);
    my $code = $ws->close_code;
    ok scalar(grep { $code == $_ } @codes), "$what: $code" or diag "  instead of @codes";
    ok $ws->has_ended(2 * slow()), 'and TCP ends' or diag "  $what";
    $ws->vanish;
}

# What a real client hears when it says this.
sub heard_by_mojo
{
    my ($text) = @_;
    my $agent  = Mojo::UserAgent->new;
    my $heard;

    $agent->websocket_p($url)->then(sub {
        my ($tx) = @_;
        my $finished = Mojo::Promise->new;

        $tx->on(message => sub { (my $tx, $heard) = @_; $tx->finish(1000) });
        $tx->on(finish  => sub { $finished->resolve });
        $tx->send($text);
        return $finished;
    })->catch(sub { $heard = "failed: $_[0]" })->wait;
    Mojo::IOLoop->reset; # and the connection goes
    return $heard;
}

subtest 'handshake' => sub {
    my $ws = open_socket();

    is $ws->code, 101, 'a good one';
    ok $ws->is_accepted, 'the answer fits the key';
    is $ws->header('Content-Length'), undef, 'no length';
    ok echoes($ws), 'it echoes';

    my $said = heard_by_mojo('grüße');
    is $said, 'grüße', 'a real client';

    my %good = (
        'upper case'           => {Upgrade => 'WEBSOCKET', Connection => 'UPGRADE'},
        'mixed case'           => {Upgrade => 'WebSocket', Connection => 'uPGRADE'},
        'a list in Connection' => {Connection => 'keep-alive, Upgrade'},
        'two lines'            => {Connection => ['keep-alive', 'Upgrade']},
        'a list in Upgrade'    => {Upgrade => 'h2c, websocket'},
        'small header names'   => {Upgrade => undef, upgrade => 'websocket', Connection => undef, connection => 'upgrade'},
        'blanks around'        => {'Sec-WebSocket-Key' => '  AAAAAAAAAAAAAAAAAAAAAA== '},
    );
    for my $what (sort keys %good) {
        my $ws = open_socket(headers => $good{$what});

        is $ws->code, 101, $what;
        ok $ws->is_open && echoes($ws), 'echoes';
    }
    for my $extensions ('permessage-deflate', 'permessage-deflate; client_max_window_bits, x-webkit-deflate-frame', 'x; y="z"') {
        my $ws = open_socket(headers => {'Sec-WebSocket-Extensions' => $extensions, 'Sec-WebSocket-Protocol' => 'a, b'});

        ok $ws->is_accepted, "offered: $extensions";
        is $ws->header('Sec-WebSocket-Extensions'), undef, 'not accepted';
        is $ws->header('Sec-WebSocket-Protocol'), undef, 'nor is a protocol that nobody speaks here';
        closes(frame(TEXT, 'x', rsv => 4), 1002, 'and not to be used', on => $ws);
    }
};

subtest 'handshakes that are none' => sub {
    my @bad = (
        ['no key',              400, {'Sec-WebSocket-Key' => undef}],
        ['an empty key',        400, {'Sec-WebSocket-Key' => ''}],
        ['a short key',         400, {'Sec-WebSocket-Key' => 'AAAAAAAAAAAAAAAAAAAA'}],
        ['a key of 15 bytes',   400, {'Sec-WebSocket-Key' => 'AAAAAAAAAAAAAAAAAAAA'}],
        ['a key of 17 bytes',   400, {'Sec-WebSocket-Key' => 'AAAAAAAAAAAAAAAAAAAAAAA='}],
        ['a key of 18 bytes',   400, {'Sec-WebSocket-Key' => 'AAAAAAAAAAAAAAAAAAAAAAAA'}],
        ['a key without =',     400, {'Sec-WebSocket-Key' => 'AAAAAAAAAAAAAAAAAAAAAA'}],
        ['a key not in base64', 400, {'Sec-WebSocket-Key' => 'AAAAAAA!AAAAAAAAAAAAAA=='}],
        ['a key in two',        400, {'Sec-WebSocket-Key' => ['AAAAAAAAAAAAAAAAAAAAAA==', 'BAAAAAAAAAAAAAAAAAAAAA==']}],
        ['no Connection',       400, {Connection => undef}],
        ['another Connection',  400, {Connection => 'keep-alive'}],
        ['Connection: upgraded', 400, {Connection => 'upgraded'}],
        ['no version',          426, {'Sec-WebSocket-Version' => undef}, '13'],
        ['version 12',          426, {'Sec-WebSocket-Version' => 12}, '13'],
        ['version 8',           426, {'Sec-WebSocket-Version' => 8}, '13'],
        ['version 013',         426, {'Sec-WebSocket-Version' => '013'}, '13'],
        ['version 13, 8',       426, {'Sec-WebSocket-Version' => '13, 8'}, '13'],
        ['version -1',          426, {'Sec-WebSocket-Version' => -1}, '13'],
        ['no Upgrade',          426, {Upgrade => undef}],
        ['another Upgrade',     426, {Upgrade => 'h3c'}],
        ['Upgrade: websockets', 426, {Upgrade => 'websockets'}],
    );

    for my $case (@bad) {
        my ($what, $code, $headers, $version) = @$case;
        my $ws = open_socket(headers => $headers);

        is $ws->code, $code, $what;
        is $ws->header('Sec-WebSocket-Version'), $version, 'the version that would do' if $version;
        is $ws->header('Upgrade'), 'websocket', 'what to upgrade to' if $code == 426;
        is $ws->header('Sec-WebSocket-Accept'), undef, 'nothing is accepted';
    }
    is open_socket(method => 'POST', headers => {'Content-Length' => 0})->code, 426, 'POST';
    is open_socket(method => 'HEAD')->code, 426, 'HEAD';
    is open_socket(version => 'HTTP/1.0')->code, 400, 'HTTP/1.0';
    my $twice = open_socket(headers => {Upgrade => undef}, wait => 0,
        behind => ChatTest::Flood->request(GET => '/echo', undef, Connection => 'close'));
    is $twice->answer, 426, 'the connection of a refused one';
    substr $twice->{in}, 0, $twice->header('Content-Length'), '';
    is $twice->answer, 426, 'can be used on';
};

subtest 'a connection that was used before' => sub {
    my $get = "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n";
    my $ws  = open_socket(before => $get x 3, wait => 0);
    my @codes = map { my $code = $ws->answer; substr $ws->{in}, 0, $ws->header('Content-Length') // 0, ''; $code } 1 .. 3;

    is "@codes", '426 426 426', 'three requests in front of the handshake, in one packet';
    is $ws->answer, 101, 'then the handshake';
    ok echoes($ws), 'echoes';
};

subtest 'frames right behind the handshake' => sub {
    my $ws = open_socket(behind => frame(TEXT, 'one') . frame(PING, 'two') . frame(BINARY, 'three'));

    my %got = map { my $frame = $ws->next_frame // {opcode => '', payload => ''}; ($frame->{payload} => $frame->{opcode}) } 1 .. 3;
    is_deeply \%got, {one => TEXT, two => PONG, three => BINARY}, 'are read';
    my $big = 'x' x 100_000;
    $ws = open_socket(behind => frame(TEXT, $big));
    ok $ws->message eq $big, 'also a large one';
    closes('', 1000, 'a close frame', on => open_socket(behind => close_frame(1000)));
    closes('', 1002, 'a bad frame', on => open_socket(behind => frame(TEXT, 'x', masked => 0)));
    my $half = frame(TEXT, 'in two');
    $ws = open_socket(behind => substr $half, 0, 3);
    $ws->write(substr $half, 3);
    is $ws->message, 'in two', 'half of one';
};

my @SIZES = (0, 1, 2, 124, 125, 126, 127, 128, 4095, 4096, 16383, 16384, 65535, 65536, 1 << 20);
my $noise = join '', map { chr rand 256 } 1 .. 65536;

subtest 'messages of all sizes' => sub {
    my $ws = open_socket();

    for my $size (@SIZES) {
        my $text = substr 'grüße, ' x ($size / 7 + 1), 0, $size;
        utf8::encode($text);
        $text = substr($text, 0, $size) =~ s/\xc3$/x/r;
        my $binary = substr $noise x ($size / 65536 + 1), 0, $size;
        for my $case ([TEXT, $text], [BINARY, $binary]) {
            my ($opcode, $payload) = @$case;

            $ws->send($opcode, $payload);
            my $frame = $ws->next_frame;
            ok $frame && $frame->{opcode} == $opcode && $frame->{payload} eq $payload,
                "$size bytes of " . ($opcode == TEXT ? 'text' : 'binary');
        }
    }
    $ws->write(join '', map { frame(TEXT, "message $_") } 1 .. 1000);
    is join(',', map { $ws->message // 'none' } 1 .. 1000), join(',', map {"message $_"} 1 .. 1000), 'a thousand at once, in order';
    $ws->send(TEXT, 'x', key => $_) and is $ws->message, 'x', 'mask ' . unpack 'H*', $_ for "\0\0\0\0", "\xff\xff\xff\xff", "\0x\0\xff";
};

subtest 'fragments' => sub {
    my $ws = open_socket();
    my $says = sub { my ($bytes, $want, $what) = @_; $ws->write($bytes); is $ws->message, $want, $what };

    $says->(frame(TEXT, 'a', fin => 0) . frame(CONTINUATION, 'b'), 'ab', 'two');
    $says->(join('', frame(BINARY, '', fin => 0), (map { frame(CONTINUATION, $_, fin => 0) } 'a' .. 'z'), frame(CONTINUATION, '')),
        join('', 'a' .. 'z'), 'many, empty ones at both ends');
    $says->(frame(TEXT, '', fin => 0) . frame(CONTINUATION, ''), '', 'nothing, in two');
    $says->(frame(TEXT, '', fin => 0) . frame(CONTINUATION, '', fin => 0) x 1000 . frame(CONTINUATION, 'x'), 'x', 'a thousand empty ones');
    $ws->write(frame(TEXT, 'a', fin => 0) . frame(PING, 'now') . frame(CONTINUATION, 'b', fin => 0) . frame(PONG, 'unasked')
        . frame(PING, '') . frame(CONTINUATION, 'c'));
    my @got = map { $ws->next_frame } 1 .. 3;
    is_deeply [sort map {"$_->{opcode} $_->{payload}"} @got], ['1 abc', '10 ', '10 now'], 'control frames in between';
    $ws->write(frame(TEXT, 'a', fin => 0) . frame(PING, 'at once'));
    my $frame = $ws->next_frame;
    is $frame->{opcode} . $frame->{payload}, PONG . 'at once', 'a ping is answered before the message is whole';
    $says->(frame(CONTINUATION, 'b'), 'ab', 'which goes on');

    my $text = "\x{e9}\x{20ac}\x{1f600}";
    utf8::encode($text);
    for my $at (1 .. length($text) - 1) {
        $says->(frame(TEXT, substr($text, 0, $at), fin => 0) . frame(PING, '') . frame(CONTINUATION, substr $text, $at), $text,
            "UTF-8 split at $at");
    }
    my @bytes = map { frame(CONTINUATION, $_, fin => 0) } split //, $text;
    $says->(join('', frame(TEXT, '', fin => 0), @bytes, frame(CONTINUATION, '')), $text, 'UTF-8 in fragments of a byte');
    my $long = $noise x 4;
    $says->(join('', frame(BINARY, '', fin => 0), (map { frame(CONTINUATION, $_, fin => 0) } unpack '(a1000)*', $long), frame(CONTINUATION, '')),
        $long, '256 kB in fragments');
    closes(frame(TEXT, 'a', fin => 0) . close_frame(1000), 1000, 'a close frame in between', on => $ws);
};

subtest 'a sender of single bytes' => sub {
    my $ws    = open_socket();
    my $bytes = frame(TEXT, 'slowly') . frame(PING, 'p') . frame(TEXT, 'a', fin => 0) . frame(CONTINUATION, 'b') . frame(BINARY, 'x' x 200);

    for my $byte (split //, $bytes) {
        $ws->write($byte);
        sleep 0.001;
    }
    my @got = map { my $frame = $ws->next_frame; "$frame->{opcode} $frame->{payload}" } 1 .. 4;
    is_deeply \@got, ['1 slowly', '10 p', '1 ab', '2 ' . 'x' x 200], 'is understood';
    my $close = close_frame(1000);
    $ws->write(substr $close, $_, 1) for 0 .. length($close) - 2;
    closes(substr($close, -1), 1000, 'and closes so', on => $ws);
};

subtest 'pings within a message' => sub {
    my %messages = (
        'one'                    => [frame(TEXT, 'frag', fin => 0) . frame(PING, 'a') . frame(CONTINUATION, 'ment'), 'a'],
        'of nothing'             => [frame(TEXT, '', fin => 0) . frame(PING, '') . frame(CONTINUATION, 'fragment'), ''],
        'two'                    => [frame(TEXT, 'f', fin => 0) . frame(CONTINUATION, 'rag', fin => 0) . frame(PING, 'a') . frame(CONTINUATION, 'm', fin => 0)
                . frame(CONTINUATION, 'en', fin => 0) . frame(PING, 'b') . frame(CONTINUATION, 't'), 'a', 'b'],
        'a pong beside'          => [frame(TEXT, 'frag', fin => 0) . frame(PONG, 'x') . frame(PING, 'a') . frame(CONTINUATION, 'ment'), 'a'],
    );

    for my $what (sort keys %messages) {
        my ($bytes, @pings) = @{$messages{$what}};
        my $ws = open_socket();

        $ws->write("$bytes" . frame(PING, 'after'));
        my @got = map { my $frame = $ws->next_frame // {opcode => '?', payload => ''}; "$frame->{opcode} $frame->{payload}" } 1 .. @pings + 2;
        is_deeply \@got, [(map {"10 $_"} @pings), '1 fragment', '10 after'], "$what: answered in their order";
    }
};

subtest 'closing' => sub {
    for my $code (1000 .. 1003, 1007 .. 1014, 3000, 3999, 4000, 4999) {
        closes(close_frame($code), $code, "$code is given back");
    }
    closes(close_frame(undef), [1000, 1005], 'without a code');
    closes(close_frame(1000, 'x' x 123), 1000, 'with the longest reason');
    closes(close_frame(1000, "\xc3\xbc"), 1000, 'with a reason in UTF-8');
    closes(frame(TEXT, 'x') x 3 . close_frame(1001) . frame(TEXT, 'late'), 1001, 'what comes behind is not read');
    my $ws = open_socket();
    $ws->write(frame(TEXT, 'last words') . close_frame(1000));
    is $ws->message, 'last words', 'what came before is answered';
    is $ws->close_code, 1000, 'then comes the close frame';
    ok $ws->has_ended, 'then the end';
};

subtest 'what RFC 6455 forbids' => sub {
    closes(frame(TEXT, 'x', masked => 0), 1002, 'no mask');
    closes(frame(PING, '', masked => 0), 1002, 'a ping without one');
    closes(frame(CLOSE, pack('n', 1000), masked => 0), 1002, 'a close frame without one');
    closes(frame(TEXT, 'x', rsv => $_), 1002, "RSV bits $_") for 1 .. 7;
    closes(frame(PING, '', rsv => 4), 1002, 'RSV in a control frame');
    closes(frame(TEXT, 'a', fin => 0) . frame(CONTINUATION, 'b', rsv => 4), 1002, 'RSV in a continuation');
    closes(frame($_, 'x'), 1002, "reserved opcode $_") for 3 .. 7, 11 .. 15;
    closes(frame($_, '', fin => 0), 1002, "opcode $_ in fragments") for CLOSE, PING, PONG;
    closes(frame($_, 'x' x 126), 1002, "opcode $_ with 126 bytes") for CLOSE, PING, PONG;
    closes(frame(PING, 'x' x 126, length => 126), 1002, 'a long ping');
    closes(frame(PING, '', length => 65536), 1002, 'a ping that says it is long');
    closes(frame(CONTINUATION, 'x'), 1002, 'a continuation of nothing');
    closes(frame(CONTINUATION, 'x', fin => 0), 1002, 'that goes on');
    closes(frame(TEXT, 'x') . frame(CONTINUATION, 'y'), 1002, 'a continuation of what has ended');
    closes(frame(TEXT, 'a', fin => 0) . frame(CONTINUATION, 'b') . frame(CONTINUATION, 'c'), 1002, 'or had');
    closes(frame($_->[0], 'a', fin => 0) . frame($_->[1], 'b'), 1002, "message $_->[1] inside of $_->[0]")
        for [TEXT, TEXT], [TEXT, BINARY], [BINARY, TEXT], [BINARY, BINARY];
    closes(frame(TEXT, '', fin => 0) . frame(TEXT, '', fin => 0), 1002, 'fragmented ones');
    closes(close_frame($_), 1002, "close code $_") for 0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535;
    closes(frame(CLOSE, "\x03"), 1002, 'half a close code');
    closes(close_frame(1000, "\xff"), [1007, 1002], 'a reason that is no UTF-8');
    closes(close_frame(1000, "x\xc3"), [1007, 1002], 'a reason that ends too early');
    closes(close_frame(1000, "\xed\xa0\x80"), [1007, 1002], 'a reason with a surrogate');
    for my $opcode (TEXT, BINARY) {
        closes(frame($opcode, 'x', form => 16), 1002, "opcode $opcode, 1 byte in the form of 16 bits");
        closes(frame($opcode, 'x' x 125, form => 16), 1002, '125 bytes in the form of 16 bits');
        closes(frame($opcode, 'x', form => 64), 1002, '1 byte in the form of 64 bits');
        closes(frame($opcode, 'x' x 126, form => 64), 1002, '126 bytes in the form of 64 bits');
        closes(frame($opcode, '', form => 64, length => 65535), 1002, '65535 bytes in the form of 64 bits');
        closes(frame($opcode, '', form => 64, length => 1 << 63), 1002, 'the highest bit of a length');
        closes(frame($opcode, '', form => 64, length => ~0), 1002, 'all bits of a length');
    }
    closes(frame(PING, 'x', form => 16), 1002, 'a ping in the form of 16 bits');
    closes("GET /echo HTTP/1.1\r\n\r\n", 1002, 'HTTP');
    closes("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 1002, 'TLS');
};

subtest 'too much' => sub {
    closes(frame($_, 'x', length => $MESSAGE + 1), 1009, "announced, opcode $_") for TEXT, BINARY;
    closes(frame(TEXT, 'x', length => (1 << 63) - 1), 1009, 'announced: 8 EB');
    closes(frame(TEXT, 'x', length => 1 << 32), 1009, 'announced: 4 GB');
    closes(frame(TEXT, 'x', fin => 0) . frame(CONTINUATION, 'x', length => $MESSAGE), 1009, 'in two');
    my $ws = open_socket();
    $ws->send(BINARY, 'x' x $MESSAGE);
    is length($ws->message // ''), $MESSAGE, 'the longest goes';
};

subtest 'text that is no UTF-8' => sub {
    my %bad = (
        'a lone continuation byte'  => "\x80",
        'ff'                        => "x\xff",
        'fe'                        => "\xfe",
        'an overlong slash'         => "\xc0\xaf",
        'an overlong NUL'           => "\xc0\x80",
        'overlong in three'         => "\xe0\x80\xaf",
        'overlong in four'          => "\xf0\x80\x80\xaf",
        'the largest overlong ones' => "\xe0\x9f\xbf",
        'a high surrogate'          => "\xed\xa0\x80",
        'a low surrogate'           => "\xed\xbf\xbf",
        'a pair of surrogates'      => "\xed\xa0\xbd\xed\xb8\x80",
        'above U+10FFFF'            => "\xf4\x90\x80\x80",
        'five bytes'                => "\xf8\x88\x80\x80\x80",
        'six bytes'                 => "\xfc\x84\x80\x80\x80\x80",
        'broken off in two'         => "x\xc3",
        'broken off in three'       => "x\xe2\x82",
        'broken off in four'        => "x\xf0\x9f\x98",
        'broken in the middle'      => "\xe2\x82x",
        'far behind'                => 'x' x 70_000 . "\xff",
    );

    for my $what (sort keys %bad) {
        closes(frame(TEXT, $bad{$what}), 1007, $what);
        closes(join('', frame(TEXT, '', fin => 0), (map { frame(CONTINUATION, $_, fin => 0) } split //, $bad{$what}), frame(CONTINUATION, '')),
            1007, "$what, in fragments") if length $bad{$what} < 100;
        my $ws = open_socket();
        $ws->send(BINARY, $bad{$what});
        ok $ws->message eq $bad{$what}, 'as binary it is fine';
    }
    my $ws   = open_socket();
    my $good = "\0\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbe\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf";
    $ws->send(TEXT, $good);
    is $ws->message, $good, 'the first and the last of each length, and non-characters';
};

subtest 'pings' => sub {
    my $ws = open_socket();
    my @wrong;

    for my $size (0 .. 125) {
        my $payload = substr $noise, $size, $size;

        $ws->send(PING, $payload);
        my $frame = $ws->next_frame // {opcode => 0, payload => ''};
        push @wrong, $size unless $frame->{opcode} == PONG && $frame->{payload} eq $payload;
    }
    is "@wrong", '', '0 to 125 bytes come back';
    $ws->write(frame(PONG, 'unasked') x 3);
    ok echoes($ws), 'a pong that nobody asked for is fine';
    $ws->write(join '', map { frame(PING, $_) } 1 .. 2000);
    is join(',', map { $ws->next_frame->{payload} } 1 .. 2000), join(',', 1 .. 2000), 'two thousand at once';
};

subtest 'over TLS' => sub {
    for my $version ('TLSv1_2', 'TLSv1_3') {
        my $to = sub { ChatTest::WebSocket->new($tls, tls => {SSL_version => $version}, @_) };
        my $ws = $to->(behind => frame(TEXT, 'glued'));

        ok $ws->is_accepted, "$version: accepted";
        is $ws->message, 'glued', 'what came with the handshake';
        for my $size (@SIZES) {
            my $payload = substr $noise x ($size / 65536 + 1), 0, $size;

            $ws->send(BINARY, $payload);
            ok $ws->message eq $payload, "$size bytes";
        }
        $ws->write($_) for map { split // } frame(TEXT, 'by bytes');
        is $ws->message, 'by bytes', 'single bytes';
        $ws->write(join '', map { frame(TEXT, "message $_") } 1 .. 1000);
        is join(',', map { $ws->message // 'none' } 1 .. 1000), join(',', map {"message $_"} 1 .. 1000), 'a thousand at once';
        $ws->send(PING, 'p');
        is $ws->next_frame->{payload}, 'p', 'ping';
        closes(close_frame(1000), 1000, 'close', on => $ws);
        is $ws->{ended}, 'closed', 'with a clean end of TLS';
        closes(frame(TEXT, 'x', masked => 0), 1002, 'no mask', on => $to->());
        closes(frame(TEXT, "\xff"), 1007, 'no UTF-8', on => $to->());
        is $to->(headers => {'Sec-WebSocket-Key' => undef})->code, 400, 'no handshake';
    }
};

subtest 'over HTTP/2' => sub {
    my $to = $httpd->url =~ s{.*//}{}r;
    chomp(my @said = qx{curl --http2-prior-knowledge -s -o /dev/null -m 5 -w '%{http_version} %{http_code}' -H 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' -H 'Sec-WebSocket-Version: 13' 'http://$to/echo' 2>&1});
    plan skip_all => 'this curl has no HTTP/2' if "@said" !~ /^2 /;
    like "@said", qr/^2 (?:426|501)$/, 'refused';
};

# One of the httpd's children: there is only one.
sub child
{
    my ($httpd) = @_;
    my $parent = $httpd->pid or return 0;

    open my $children, '<', "/proc/$parent/task/$parent/children" or return 0;
    my @pids = split ' ', readline($children) // '';
    return @pids == 1 ? $pids[0] : 0;
}

# Seconds until it is true, at most $most and a bit.
sub seconds_until(&$)
{
    my ($code, $most) = @_;
    my $begin = time;

    sleep 0.01 until $code->() || time - $begin > $most * slow() + 1;
    return time - $begin;
}

# As many sockets as there are places, after the places of earlier ones have been given back.
sub fill
{
    my ($count) = @_;
    my $deadline = time + 10 * slow();
    my @sockets;

    while (@sockets < $count && time < $deadline) {
        my $ws = open_socket();
        if ($ws->is_open) { push @sockets, $ws }
        else { sleep 0.05 }
    }
    return @sockets;
}

subtest 'a peer that sends and never reads' => sub {
    my @others = map { open_socket() } 1 .. 20;
    my $flood  = open_socket(bytes => 4096);
    my $bytes  = frame(BINARY, 'x' x 65536) x 8;
    my ($sent, $at, @seconds) = (0, 0);

    for my $turn (1 .. 20_000) {
        my $n = $flood->write_some(substr $bytes, $at % length $bytes);
        last unless defined $n;
        ($sent, $at) = ($sent + $n, $at + $n);
        sleep 0.001 unless $n;
        next if $turn % 5;
        my $begin = time;
        echoes($others[$turn / 5 % 20]) or return fail('another one echoes');
        push @seconds, time - $begin;
        last if $sent > 200_000_000;
    }
    cmp_ok $sent, '<', 100_000_000, sprintf 'is dropped, after %.0f MB', $sent / 1e6;
    is scalar(grep { !echoes($_) } @others), 0, 'the others are there';
    my @sorted = sort { $a <=> $b } @seconds;
    cmp_ok $sorted[$#sorted / 2], '<', 0.05 * slow(), sprintf 'and wait %.1f ms, the longest %.0f ms', 1e3 * $sorted[$#sorted / 2],
        1e3 * $sorted[-1];
    cmp_ok $sorted[-1], '<', 1 * slow(), 'never long';

    my $pings = open_socket(bytes => 4096);
    $bytes = frame(PING, 'x' x 125) x 4000;
    ($sent, $at) = (0, 0);
    while ($sent < 200_000_000) {
        my $n = $pings->write_some(substr $bytes, $at % length $bytes);
        last unless defined $n;
        ($sent, $at) = ($sent + $n, $at + $n);
        sleep 0.001 unless $n;
    }
    cmp_ok $sent, '<', 100_000_000, sprintf 'a flood of pings is ended, too, after %.0f MB', $sent / 1e6;
    is scalar(grep { !echoes($_) } @others), 0, 'the others are there';
};

# Processor time of a process, in seconds.
sub cpu_seconds
{
    my ($pid) = @_;

    open my $stat, '<', "/proc/$pid/stat" or return 0;
    my @fields = split ' ', readline($stat) =~ s/.*\) //r;
    return ($fields[11] + $fields[12]) / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}

subtest 'a peer that closes and never reads' => sub {
    my $idle  = 0.3;
    my $child = child($httpd);

    for my $end ([frame(TEXT, 'x', masked => 0), 'breaks a rule'], [close_frame(1000), 'says goodbye']) {
        my ($bytes, $what) = @$end;
        my $ws = open_socket(bytes => 4096);

        ok $ws->write(frame(BINARY, 'x' x (1 << 20)) x 8 . $bytes . 'more' x 100_000, deaf => 1), "one that $what is read";
        my $used;
        until_true {
            my $before = cpu_seconds($child);
            sleep $idle;
            ($used = cpu_seconds($child) - $before) < $idle / 2;
        } 'and then leaves the processor alone';
        note sprintf '%.2f s of %.2f', $used, $idle;
        $ws->vanish(reset => 1);
    }
};

subtest 'all places are taken' => sub {
    my @sockets = fill($MAX);

    is scalar @sockets, $MAX, "$MAX sockets are open";
    my $none = open_socket();
    is $none->code, 503, 'and no more';
    ok $none->header('Retry-After'), 'says when to come again';
    is scalar(grep { !echoes($_) } @sockets), 0, 'all echo';
    my $ada = member('Ada');
    get($ada, 'conversations/', site => $httpd->url, statements => undef); # makes her row
    my $begin = time;
    is get($ada, 'conversations/', site => $httpd->url, fresh => 1)->code, 200, 'REST is served' for 1 .. 20;
    cmp_ok time - $begin, '<', 1 * slow(), 'as fast as ever';
    (shift @sockets)->vanish;
    ok scalar fill(1), 'who leaves makes room';
    $_->vanish(reset => 1) for splice @sockets, 0, 250;
    $_->vanish for @sockets;
};

subtest '2,000 peers that vanish' => sub {
    my $seen = 0;

    for my $i (1 .. 2000) {
        my $ws = open_socket(wait => $i % 2);

        $seen++ if $ws->is_open;
        $ws->vanish(reset => $i % 3 == 0);
    }
    ok $seen > 0, "half of them without waiting for the answer; $seen were accepted";
    my @sockets = fill($MAX);
    is scalar @sockets, $MAX, 'all places are given back';
    is open_socket()->code, 503, 'and none twice';
    is scalar(grep { !echoes($_) } @sockets), 0, 'all echo';
    my $half = frame(TEXT, 'half');
    $_->write(substr $half, 0, 4), $_->vanish for @sockets;
    ok scalar fill(1), 'vanished in the middle of a frame';
};

subtest 'heartbeat' => sub {
    my $to     = $quick->url . '/echo';
    my $begin  = time;
    my $silent = ChatTest::WebSocket->new($to);
    my $lively = ChatTest::WebSocket->new($to);
    my $chatty = ChatTest::WebSocket->new($to);
    my $half   = ChatTest::WebSocket->new($to);
    my ($asked_silent, $asked_chatty, $pongs) = (0, 0, 0);

    $half->write(substr frame(TEXT, 'never whole'), 0, 5);
    while (!$silent->has_ended(0) && time - $begin < 5 * $HEARTBEAT * slow()) {
        if (my $frame = $silent->next_frame(0)) {
            is $frame->{opcode}, PING, sprintf 'a quiet peer is asked after %.1f s', time - $begin;
            cmp_ok time - $begin, '>', $HEARTBEAT - 0.2, 'not before';
            $asked_silent++;
        }
        if (my $frame = $lively->next_frame(0)) {
            $lively->send(PONG, $frame->{payload});
            $pongs++;
        }
        $asked_chatty++ unless echoes($chatty);
        sleep 0.02;
    }
    my $seconds = time - $begin;
    ok $silent->has_ended(0), sprintf 'and dropped after %.1f s', $seconds;
    cmp_ok $seconds, '>', 2 * $HEARTBEAT - 0.2, 'not before twice the time';
    cmp_ok $seconds, '<', 2.5 * $HEARTBEAT * slow(), 'nor much later';
    is $asked_silent, 1, 'asked once';
    ok $pongs >= 1, 'one that pongs';
    ok echoes($lively), 'stays';
    is $asked_chatty, 0, 'one that talks is not asked';
    ok echoes($chatty), 'and stays';
    is $half->close_code, 1006, 'one that stops in the middle of a frame is dropped';
    ok $half->{ended}, 'too';
};

sub sockets_at
{
    my ($httpd, $count) = @_;
    my @sockets = map { ChatTest::WebSocket->new($httpd->url . '/echo') } 1 .. $count;

    is scalar(grep { $_->is_open } @sockets), $count, "$count sockets are open";
    return @sockets;
}

# How each of them learns that the server goes; the even ones answer, the odd ones are silent.
sub codes_of
{
    my (@sockets) = @_;
    my %codes;

    for my $i (0 .. $#sockets) {
        my $code = $sockets[$i]->close_code;

        $codes{$code}++;
        $sockets[$i]->write(close_frame($code)) if $i % 2 && $code != 1006;
        $sockets[$i]->vanish if $i % 2;
    }
    return \%codes;
}

subtest 'a child is killed' => sub {
    my @sockets = sockets_at($usual, 100);
    my $child   = child($usual);

    kill KILL => $child;
    is scalar(grep { $_->close_code != 1006 || !$_->{ended} } @sockets), 0, 'its sockets end';
    until_true { child($usual) && child($usual) != $child } 'there is another one';
    my $ws = until_true { my $ws = eval { ChatTest::WebSocket->new($usual->url . '/echo') }; $ws && $ws->is_open && $ws } 'which accepts';
    ok echoes($ws), 'and echoes';
};

subtest 'graceful restart' => sub {
    my @sockets = sockets_at($usual, 300);
    my $child   = child($usual);
    my $begin   = time;

    kill USR1 => $usual->pid;
    is_deeply codes_of(@sockets), {1001 => 300}, 'every socket is told 1001';
    cmp_ok time - $begin, '<', 1 * slow(), sprintf 'after %.2f s at most', time - $begin;
    my $seconds = seconds_until { !kill 0 => $child } 5;
    $seconds = time - $begin;
    cmp_ok $seconds, '<', 2.5 * slow(), sprintf 'the old child is gone after %.1f s', $seconds;
    until_true { child($usual) && child($usual) != $child } 'there is another one';
    my $ws = until_true { my $ws = eval { ChatTest::WebSocket->new($usual->url . '/echo') }; $ws && $ws->is_open && $ws } 'which accepts';
    ok echoes($ws), 'and echoes';
};

subtest 'graceful restart while peers come' => sub {
    my (@sockets, %codes);
    my $old = child($usual);

    for my $i (1 .. 300) {
        push @sockets, ChatTest::WebSocket->new($usual->url . '/echo', wait => 0);
        kill USR1 => $usual->pid if $i == 150;
        sleep 0.002;
    }
    # A slow httpd may not have begun its restart before the last of them.
    until_true { !kill 0 => $old } 'the old child ends', 20;
    push @sockets, ChatTest::WebSocket->new($usual->url . '/echo', wait => 0);
    for my $ws (@sockets) {
        my $code = $ws->answer;
        my $end  = $code == 101 ? ($ws->next_frame(0.5) // {})->{opcode} // ($ws->{ended} ? 'cut off' : 'open') : '';
        $codes{"$code $end"}++;
    }
    note join ', ', map {"$_: $codes{$_}"} sort keys %codes;
    is $codes{'101 cut off'}, undef, 'nobody who was accepted is cut off without a word';
    is $codes{'0 '}, undef, 'nor is anybody left without an answer';
    ok $codes{'101 open'} || $codes{'101 ' . PING}, 'the new child has sockets';
};

subtest 'stop' => sub {
    my @sockets = sockets_at($httpd, 300);
    my $begin   = time;
    my ($child, $parent) = (child($httpd), $httpd->pid);

    kill TERM => $parent;
    is_deeply codes_of(@sockets), {1001 => 300}, 'every socket is told 1001';
    seconds_until { !kill 0 => $child } 5;
    cmp_ok time - $begin, '<', 2.5 * slow(), sprintf 'the child is gone after %.1f s', time - $begin;
    ok $httpd->stop // 1, 'httpd has ended';
};

$_->stop for $quick, $usual;
for my $one ($httpd, $quick, $usual) {
    my ($died) = $one->said =~ /(.*exit signal (?!Killed).*|.*could not be.*)/;
    is $died, undef, 'no child has died by itself';
    my @lines = $one->unexpected(qr/AH01882|AH01873/); # mod_ssl: of its OpenSSL, and that it has no cache
    is_deeply [@lines > 5 ? @lines[0 .. 4] : @lines], [], 'the error log is quiet';
}
done_testing;
