use ChatTest;
use ChatTest::Httpd ();
use IO::Select  ();
use IO::Socket::INET ();
use Mojo::Util  qw(gzip b64_encode);
use Time::HiRes qw(time sleep);

# Requests that no client of ours would send, byte by byte, to an httpd with a short patience.
my $PATIENCE = 3; # seconds
my $INSIDE   = qr{root:|/usr/|/tmp/|/var/|/work/|mod_chat|PostgreSQL|libpq|\bselect\b.*\bfrom\b}i;
my $httpd    = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . <<"END");
LoadModule reqtimeout_module \@modules_dir\@/mod_reqtimeout.so
RequestReadTimeout header=$PATIENCE body=$PATIENCE
ChatMaxBody 65536
END
ok $httpd->start, 'httpd starts' or diag $httpd->said;

my %here = (site => $httpd->url);
my $talk = conversation(undef, undef, %here);
my $auth = 'Authorization: Basic ' . b64_encode("$talk->{member}{username}:x", '');
my $path = "/api/$talk->{path}messages/";

# begin() sends a list of byte strings, or those that a function makes until the server has enough;
# finish() reads the answers until the server closes. exchange() does both.
sub begin
{
    my ($parts, %options) = @_;
    my ($host, $port) = $httpd->url =~ m{//(.*):(\d+)};
    my $socket = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Timeout => 10) or die $@;
    my $run    = {socket => $socket, since => time, sent => 0};

    local $SIG{PIPE} = 'IGNORE';
    if (ref $parts eq 'CODE') {
        my $select = IO::Select->new($socket);
        while (time - $run->{since} < 20 * slow() && !$select->can_read(0)) {
            next unless $select->can_write(0.2);
            my $n = syswrite $socket, $parts->($run->{sent});
            last unless defined $n;
            $run->{sent} += $n;
        }
    }
    else {
        for my $part (@$parts) {
            sleep 0.2 if @$parts > 1;
            defined(syswrite $socket, $part) or last;
        }
    }
    $socket->shutdown(1) if $options{half_close};
    close $socket if $options{vanish};
    return $run;
}

sub finish
{
    my ($run) = @_;
    my $select = IO::Select->new($run->{socket});
    my ($got, $closed, @answers) = ('', 0);

    while (!$closed && $select->can_read(10 * slow())) {
        my $n = sysread $run->{socket}, my $bytes, 65536;
        $closed = !$n; # also when it was reset
        $got .= $bytes if $n;
    }
    for (my $rest = $got; length $rest;) {
        my $response = Mojo::Message::Response->new->parse($rest);
        last unless $response->is_finished;
        push @answers, $response unless $response->code == 100;
        $rest = $response->content->leftovers // '';
    }
    my $answer = ChatTest::Answer->new(response => $answers[0] // Mojo::Message::Response->new,
        method => 'RAW', path => '');
    return {answer => $answer, code => $answer->code, answers => \@answers, bytes => $got, closed => $closed,
        seconds => time - $run->{since}, sent => $run->{sent}};
}

sub exchange { return finish(begin(@_)) }
sub vanish { return begin(@_, vanish => 1) }

sub head
{
    my ($method, $target, @fields) = @_;

    return join "\r\n", "$method $target HTTP/1.1", 'Host: chat.example', $auth, @fields, '', '';
}

sub post_head { return head(POST => $path, 'Content-Type: application/json', @_) }
sub close_head { return post_head('Connection: close', @_) }

sub stored
{
    return sql('select count(*) from chat.messages where conversation_id = ?', $talk->{id})->{count};
}

# A problem with one of these codes, which tells nothing of the inside; 0: closed without a word.
sub refused
{
    my ($got, $codes, $what) = @_;
    my @codes = ref $codes ? @$codes : $codes;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ok scalar(grep { $_ == $got->{code} } @codes), "$what: $got->{code}"
        or diag "  instead of @codes: " . substr $got->{bytes} // '', 0, 600;
    return unless $got->{code};
    is_deeply [ChatTest::Contract::_problem($got->{answer})], [], 'a whole problem, and nothing internal';
    is $got->{answer}->header('X-Content-Type-Options'), 'nosniff', 'nosniff';
    return;
}

my $json   = '{"content":"hostile"}';
my $length = length $json;
my $before = stored();

subtest 'too large' => sub {
    refused(exchange([post_head('Content-Length: 65537')], half_close => 0), 413, 'announced, nothing sent');
    my $answer = exchange([post_head('Content-Length: 99999999999')]);
    refused($answer, 413, 'announced: 100 GB');
    cmp_ok $answer->{seconds}, '<', slow(), 'at once';
    refused(exchange([post_head('Content-Length: 99999999999999999999999')]), [400, 413], 'announced: more than 64 bits');
    refused(exchange([post_head('Content-Length: 65537') . 'x' x 65537]), 413, 'sent');
    my $expecting = exchange([post_head('Content-Length: 65537', 'Expect: 100-continue')]);
    refused($expecting, 413, 'Expect: 100-continue');
    unlike $expecting->{bytes}, qr/^HTTP.1.1 100/, 'is not told to go on';
    refused(exchange([close_head('Transfer-Encoding: chunked') . sprintf("%x\r\n%s\r\n0\r\n\r\n", 70000, 'x' x 70000)]), 413, 'chunked');
    my $most = '{"content":"y","pad":"' . 'x' x (65536 - 24) . '"}';
    is length $most, 65536, 'the largest';
    is exchange([close_head('Content-Length: 65536') . $most])->{code}, 201, 'is taken';
    refused(exchange([close_head('Content-Length: 65537') . "$most "]), 413, 'and a blank more is not');
    is exchange([close_head('Transfer-Encoding: chunked') . "8000\r\n" . substr($most, 0, 32768) . "\r\n8000\r\n"
        . substr($most, 32768) . "\r\n0\r\n\r\n"])->{code}, 201, 'the largest in chunks';
    refused(exchange([close_head('Transfer-Encoding: chunked') . "8000\r\n" . substr($most, 0, 32768) . "\r\n8001\r\n"
        . substr($most, 32768) . " \r\n0\r\n\r\n"]), 413, 'and a blank more');
    $before += 2;
};

subtest 'endless' => sub {
    my $chunk = "2000\r\n" . ' ' x 8192 . "\r\n";
    my $got   = exchange(sub { $_[0] ? $chunk : close_head('Transfer-Encoding: chunked') . $chunk });
    ok $got->{code} == 413 || !$got->{code}, "blanks in chunks: $got->{code}"; # a reset may overtake the answer
    cmp_ok $got->{sent}, '<', 20_000_000, "ended after $got->{sent} bytes";
    $got = exchange(sub { $_[0] ? 'x' x 8192 : close_head('Transfer-Encoding: chunked') . '1;ext=' });
    ok $got->{code} == 0 || $got->{code} == 400 || $got->{code} == 413, "a chunk extension: $got->{code}";
    cmp_ok $got->{sent}, '<', 20_000_000, "ended after $got->{sent} bytes";
    $got = exchange(sub { $_[0] ? "X-Trailer-$_[0]: y\r\n" : close_head('Transfer-Encoding: chunked') . "0\r\n" });
    ok $got->{code} == 0 || $got->{code} == 400 || $got->{code} == 413, "trailers: $got->{code}";
    cmp_ok $got->{sent}, '<', 20_000_000, "ended after $got->{sent} bytes";
    $got = exchange(sub { $_[0] ? "X-Header-$_[0]: y\r\n" : "POST $path HTTP/1.1\r\nHost: x\r\n" });
    ok $got->{code} == 0 || $got->{code} == 400, "headers: $got->{code}";
    cmp_ok $got->{sent}, '<', 20_000_000, "ended after $got->{sent} bytes";
    is stored(), $before, 'nothing was stored';
};

subtest 'truncated' => sub {
    for my $n (0, 1, 10, $length) {
        my $bytes = post_head('Content-Length: ' . ($length + 1)) . substr $json, 0, $n;

        refused(exchange([$bytes], half_close => 1), 400, "$n bytes of " . ($length + 1));
        vanish([$bytes]);
    }
    for my $tail ("15\r\n$json", "15\r\n$json\r\n", "15\r\n$json\r\n0", "20\r\n$json") {
        my $bytes = post_head('Transfer-Encoding: chunked') . $tail;

        refused(exchange([$bytes], half_close => 1), 400, 'chunks that do not end');
        vanish([$bytes]);
    }
    vanish([substr(post_head("Content-Length: $length"), 0, $_ * 20)]) for 0 .. 12;
    is get($talk->{member}, $talk->{path}, %here)->code, 200, 'served on';
    is stored(), $before, 'nothing was stored, although the bytes that came were JSON';
};

subtest 'chunked' => sub {
    my $in = sub { exchange([close_head('Transfer-Encoding: chunked') . $_[0]], half_close => 1) };

    is $in->("15\r\n$json\r\n0\r\n\r\n")->{code}, 201, 'one chunk';
    is $in->((map {"1\r\n$_\r\n"} split //, $json) . "0\r\n\r\n")->{code} , 400, 'a count instead of chunks';
    is $in->(join('', map {"1\r\n$_\r\n"} split //, $json) . "0\r\n\r\n")->{code}, 201, 'a byte in each';
    is $in->("0015;a=b\r\n$json\r\n0\r\nX-Trailer: y\r\n\r\n")->{code}, 201, 'zeros, extension, trailer';
    $before += 3;
    for my $size ('', 'zz', '-1', '-15', '+15', '0x15', '15 15', 'ffffffffffffffff', '7fffffffffffffff',
        '8000000000000000', '10000000000000015', '1' x 40, "\0", '15;' . 'x' x 9000)
    {
        refused($in->("$size\r\n$json\r\n0\r\n\r\n"), [400, 413], "chunk size '" . substr($size, 0, 40) . "'");
    }
    refused($in->("14\r\n$json\r\n0\r\n\r\n"), 400, 'a chunk longer than said');
    refused($in->("15\r\n${json}0\r\n\r\n"), 400, 'no line end after a chunk');
    is stored(), $before, 'nothing was stored';
};

subtest 'lengths and codings that contradict each other' => sub {
    refused(exchange([close_head("Content-Length: $length", 'Content-Length: 5') . $json]), 400, 'two lengths');
    refused(exchange([close_head("Content-Length: $length, 5") . $json]), 400, 'two in one line');
    for my $odd ('-1', '+21', '0x15', '21 ', '2 1', '', 'abc', '1e1', "21\t21") {
        my $got = exchange([close_head("Content-Length: $odd") . $json], half_close => 1);
        next if $odd eq '21 ' && $got->{code} == 201 && ++$before;
        refused($got, 400, "Content-Length: '$odd'");
    }
    for my $coding ('gzip', 'identity', 'chunked, gzip', 'gzip, chunked', 'chunked, chunked', 'xchunked', 'chunked;q=1') {
        refused(exchange([close_head("Transfer-Encoding: $coding") . "15\r\n$json\r\n0\r\n\r\n"]), [400, 501],
            "Transfer-Encoding: $coding");
    }
    my $both = exchange([post_head('Content-Length: 3', 'Transfer-Encoding: chunked') . "15\r\n$json\r\n0\r\n\r\n"
        . head(GET => '/api/conversations/unread/', 'Connection: close')]);
    ok $both->{code} == 400 || $both->{code} == 201 && @{$both->{answers}} <= 2, 'both: the chunks count, or nothing does';
    $before++ if $both->{code} == 201;
    is stored(), $before, 'nothing else was stored';
};

subtest 'a body that looks like a request' => sub {
    my $inner = head(POST => $path, 'Content-Type: application/json', "Content-Length: $length") . $json;
    my $last  = head(GET => '/api/conversations/unread/', 'Connection: close');

    for my $outer (['POST', '/api/conversations/nothing/'], ['PUT', $path], ['DELETE', '/api/conversations/'],
        ['GET', '/api/conversations/unread/'], ['POST', "/api/$talk->{path}read/"], ['POST', $path], ['OPTIONS', $path],
        ['POST', '/api/conversations/7/messages/'])
    {
        for my $type ('application/json', 'text/plain') {
            my $got = exchange([head(@$outer, "Content-Type: $type", 'Content-Length: ' . length $inner) . $inner . $last]);
            my @codes = map { $_->code } @{$got->{answers}};

            ok @codes == 2 && $codes[1] == 200 || @codes == 1 && $got->{closed},
                "$outer->[0] $outer->[1], $type: @codes";
            $got = exchange([head(@$outer, "Content-Type: $type", 'Transfer-Encoding: chunked')
                . sprintf("%x\r\n%s\r\n0\r\n\r\n", length $inner, $inner) . $last]);
            @codes = map { $_->code } @{$got->{answers}};
            ok @codes == 2 && $codes[1] == 200 || @codes == 1 && $got->{closed}, "in a chunk: @codes";
        }
    }
    is stored(), $before, 'it was never taken for one';
};

subtest 'trickled' => sub {
    my @slow = (
        ['nothing after the headers', post_head("Content-Length: $length")],
        ['half of it', post_head("Content-Length: $length") . substr $json, 0, 10],
        ['a chunk that does not come', post_head('Transfer-Encoding: chunked') . "15\r\n"],
        ['no last chunk', post_head('Transfer-Encoding: chunked') . "15\r\n$json\r\n"],
        ['headers that do not end', substr post_head("Content-Length: $length"), 0, 50],
        ['a byte in each fifth of a second', post_head("Content-Length: $length"), split //, substr $json, 0, 12],
    );
    my @runs = map { my ($what, @parts) = @$_; [$what, begin(\@parts)] } @slow;

    for my $run (@runs) {
        my $what = $run->[0];
        my $got  = finish($run->[1]);

        ok $got->{closed}, "$what: the connection is closed";
        cmp_ok $got->{seconds}, '<', 4 * $PATIENCE * slow(), 'in time';
        if ($what =~ /^headers/) { ok $got->{code} == 408 || $got->{code} == 400 || !$got->{code}, "answered $got->{code}" }
        else { refused($got, 408, $what) }
    }
    is stored(), $before, 'nothing was stored';
};

subtest 'compressed' => sub {
    my $packed = gzip $json;

    for my $coding ('gzip', 'x-gzip', 'deflate', 'br', 'GZIP', 'gzip, identity', 'identity, gzip', 'zstd') {
        refused(exchange([close_head("Content-Encoding: $coding", 'Content-Length: ' . length $packed) . $packed]), 415,
            "Content-Encoding: $coding");
        refused(exchange([head(POST => "/api/$talk->{path}read/", 'Content-Type: application/json', 'Connection: close',
            "Content-Encoding: $coding", 'Content-Length: ' . length $packed) . $packed]), 415, 'where a body is optional')
            if $coding eq 'gzip';
    }
    my $bomb = gzip ' ' x 50_000_000;
    refused(exchange([close_head('Content-Encoding: gzip', 'Content-Length: ' . length $bomb) . $bomb]), 415, 'a bomb');
    refused(exchange([close_head('Content-Length: ' . length $packed) . $packed]), 400, 'and not told');
    is exchange([close_head('Content-Encoding: identity', "Content-Length: $length") . $json])->{code}, 201, 'identity is none';
    $before++;
    is stored(), $before, 'nothing else was stored';
};

subtest 'long lines' => sub {
    my $get = sub { exchange([head(GET => $_[0], 'Connection: close', @_[1 .. $#_])], half_close => 1) };

    refused($get->('/api/conversations/', 'X-Long: ' . 'x' x 100_000), [400, 431], 'a header of 100 kB');
    refused($get->('/api/conversations/', 'X' x 100_000 . ': y'), [400, 431], 'a name of 100 kB');
    refused($get->('/api/conversations/', map {"X-$_: y"} 1 .. 500), [400, 431], '500 headers');
    for my $field ('Cookie', 'Origin', 'X-CSRFToken', 'If-None-Match', 'Accept', 'Host', 'Sec-Fetch-Site', 'Referer',
        'X-Request-Id', 'User-Agent', 'If-Modified-Since', 'Range', 'Accept-Encoding', 'Authorization')
    {
        my $got = $get->('/api/conversations/', "$field: " . 'x;=,"' x 1600);
        my %fine = map { $_ => 1 } 200, 400, 401, 403;
        ok $fine{$got->{code}}, "$field of 8 kB: $got->{code}";
        refused($got, $got->{code}, $field) if $got->{code} >= 400;
    }
    my $got = $get->('/api/conversations/?q=' . 'x' x 100_000);
    is $got->{code}, 414, 'a URL of 100 kB'; # before there is a path to know as ours
    unlike $got->{bytes}, $INSIDE, 'and tells nothing';
    refused($get->('/api/conversations/' . 'x' x 8000), 404, 'a path of 8 kB');
    refused($get->('/api/conversations/' . '7/' x 3900), 404, 'of many parts');
    refused($get->('/api/conversations/' . '9' x 8000 . '/'), 404, 'an id of 8000 digits');
    refused($get->('/api/conversations/?q=' . 'x' x 8000), 400, 'a name of 8 kB');
    refused($get->('/api/conversations/?cursor=' . 'A' x 8000), 400, 'a cursor of 8 kB');
    refused($get->('/api/conversations/?limit=' . '1' x 8000), 400, 'a limit of 8000 digits');
    refused($get->('/api/conversations/?updated_since=' . '2' x 8000), 400, 'a time of 8 kB');
    refused($get->("$path?before=" . '1' x 8000), 400, 'a bound of 8000 digits');
};

subtest 'queries' => sub {
    my $code = sub { my $got = exchange([head(GET => "/api/conversations/$_[0]", 'Connection: close')], half_close => 1);
        refused($got, $got->{code}, 'refused') if $got->{code} >= 400; return $got->{code} };

    is $code->('?' . join '&', map {"p$_="} 1 .. 1000), 200, '1000 parameters';
    is $code->('?' . join '&', map {"limit=$_"} map { $_ % 200 + 1 } 1 .. 700), 200, 'one 700 times';
    is $code->('?' . '&' x 8000), 200, 'only separators';
    is $code->('?' . '=' x 8000), 200, 'only equals signs';
    is $code->('?' . '&a[b][c]=d' x 500), 200, 'brackets';
    is $code->('?q=' . '%25' x 130), 200, 'percent signs';
    is $code->('?q=' . '_%25%5C' x 50), 200, 'wildcards';
    is $code->("?q='%20or%201=1;--"), 200, 'SQL';
    like $code->('?q=%'), qr/^(200|400)$/, 'a percent sign alone';
    like $code->('?q=%zz'), qr/^(200|400)$/, 'digits that are none';
    is $code->('?q=%00'), 400, 'a NUL';
    is $code->('?q=a%00b&limit=1'), 400, 'a NUL inside';
    is $code->('?q=%ff%fe'), 400, 'no UTF-8';
    is $code->('?q=%ed%a0%80'), 400, 'a surrogate';
    is $code->('?limit=%31'), 200, 'an encoded digit';
    is $code->('?limit=1%0a'), 400, 'a line end';
};

subtest 'JSON' => sub {
    my %wrong = (
        '64 kB of ['           => '[' x 65536,
        '64 kB of {'           => '{' x 65536,
        'objects in objects'   => '{"a":' x 10_000 . '1' . '}' x 10_000,
        'arrays in an object'  => '{"content":' . '[' x 30_000 . ']' x 30_000 . '}',
        'a number of 60 kB'    => '{"content":' . '9' x 60_000 . '}',
        'a fraction of 60 kB'  => '{"content":0.' . '9' x 60_000 . '}',
        'an exponent of 60 kB' => '{"content":1e' . '9' x 60_000 . '}',
        'quotes'               => '"' x 65_536,
        'backslashes'          => '{"content":"' . '\\' x 60_000,
        'escapes of NUL'       => '{"content":"' . '\\u0000' x 10_000 . '"}',
        'lone surrogates'      => '{"content":"' . '\\ud800' x 10_000 . '"}',
        'control characters'   => '{"content":"' . '\\u0001' x 10_000 . '"}',
        'blanks'               => ' ' x 65_536,
        'NULs'                 => "\0" x 65_536,
        'bytes that are no UTF-8' => "{\"content\":\"" . "\xff" x 60_000 . '"}',
        'a byte order mark'    => "\xef\xbb\xbf$json",
        'UTF-16'               => join('', map {"$_\0"} split //, $json),
        'commas'               => '{' . ',' x 65_000 . '}',
        'one name often'       => '{' . join(',', ('"a":1') x 10_000) . '}',
        'a content of 60 kB'   => '{"content":"' . 'x' x 60_000 . '"}',
        'combining characters' => '{"content":"x' . "\xcc\x81" x 30_000 . '"}',
        'names that begin alike' => '{' . join(',', map { sprintf '"%08d":1', $_ } 1 .. 5000) . '}',
    );

    for my $what (sort keys %wrong) {
        my $got = exchange([close_head('Content-Length: ' . length $wrong{$what}) . $wrong{$what}]);

        refused($got, 400, $what);
        cmp_ok $got->{seconds}, '<', slow(), 'quickly';
    }
    is stored(), $before, 'nothing was stored';
};

subtest 'methods and versions' => sub {
    my $line = sub { exchange(["$_[0]\r\nHost: chat.example\r\n$auth\r\nConnection: close\r\n\r\n"], half_close => 1) };

    refused($line->("TRACE $path HTTP/1.1"), 405, 'TRACE says nothing back');
    refused($line->("CONNECT $path HTTP/1.1"), [400, 405], 'CONNECT');
    refused($line->("get $path HTTP/1.1"), [400, 405, 501], 'small letters');
    refused($line->('X' x 200 . " $path HTTP/1.1"), [400, 405, 501], 'a method of 200 letters');
    is $line->("GET $path HTTP/1.0")->{code}, 200, 'HTTP/1.0';
    is $line->("GET $path HTTP/9.9")->{code}, 200, 'a version to come is taken by httpd as 1.1';
    is $line->("GET http://other.example$path HTTP/1.1")->{code}, 200, 'a whole URL';
    for my $odd ("GET $path HTTP/1.1 x", "GET  $path HTTP/1.1", "GET $path", "GET\t$path HTTP/1.1", "GET $path\\ HTTP/1.1",
        "\x16\x03\x01\x02\x00", "PRI * HTTP/2.0")
    {
        my $got = $line->($odd);

        ok $got->{code} == 0 || $got->{code} =~ /^(?:400|404|405|505)$/ || $got->{bytes} =~ /400 Bad Request/, "'$odd': $got->{code}";
        unlike $got->{bytes}, $INSIDE, 'tells nothing';
    }
};

subtest 'paths that mean another one' => sub {
    for my $target ('/api//conversations/', '/api/./conversations/', '/api/x/../conversations/', '/api/conversations//unread/',
        '/api/conversations/%75nread/', '/api/%63onversations/', '/api/conversations/..%2f..%2fetc/passwd', '/api/conversations/../../../etc/passwd',
        '/api/conversations/%2e%2e/%2e%2e/', '/api/conversations/;x=y', '/api/conversations/unread;x/', '/API/conversations/',
        '/api/conversations/%00', '/api/conversations/%c0%ae%c0%ae/', '/api/conversations\\unread/', '/api/conversations/7/messages/../../unread/')
    {
        # Nobody gets in by another spelling; who is logged in gets what the path means, or nothing.
        my $nobody = exchange(["GET $target HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"]);
        ok $nobody->{code} =~ /^(?:400|401|404)$/, "$target, nobody: $nobody->{code}";
        unlike $nobody->{bytes}, qr/unread_count|"conversations"/, 'sees nothing';
        my $member = exchange([head(GET => $target, 'Connection: close')], half_close => 1);
        ok $member->{code} =~ /^(?:200|400|404)$/, "a member: $member->{code}";
        unlike $member->{bytes}, $INSIDE, 'sees nothing of the inside';
    }
};

subtest 'after all that' => sub {
    is stored(), $before, 'nothing was stored that should not be';
    is say($talk, 'still there', %here)->code, 201, 'it serves';
    my ($died) = $httpd->said =~ /(.*exit signal.*|.*Memory allocation failed.*)/;
    is $died, undef, 'no child has died';
};

$httpd->stop;
my @lines = $httpd->unexpected(
    qr/\[core:|\[http:|AH00\d\d\d|AH01382|AH01609|AH02\d\d\d|AH10\d\d\d|\[reqtimeout:|\[auth|\[http_request:/);
is_deeply [@lines > 5 ? @lines[0 .. 4] : @lines], [], 'the module had nothing to complain of in its log';
done_testing;
