use ChatTest;
use ChatTest::Httpd ();
use Compress::Zlib ();
use IO::Socket::INET ();

# Bodies that are not what Content-Length says: input filters of a site change them, and chunks may be broken.
my $max   = 4096;
my $httpd = ChatTest::Httpd->new(conf => <<'END' . "ChatMaxBody $max\nChatMaxMessage 4000\n" . ChatTest::Httpd->usual);
LoadModule filter_module @modules_dir@/mod_filter.so
LoadModule deflate_module @modules_dir@/mod_deflate.so
LoadModule sed_module @modules_dir@/mod_sed.so
<VirtualHost *:@port@>
    ServerName deflate.example
    <Location "/api">
        SetInputFilter DEFLATE
    </Location>
</VirtualHost>
<VirtualHost *:@port@>
    ServerName bounded.example
    <Location "/api">
        SetInputFilter DEFLATE
        DeflateInflateLimitRequestBody 2000
    </Location>
</VirtualHost>
<VirtualHost *:@port@>
    ServerName sed.example
    <Location "/api">
        SetInputFilter Sed
        InputSed "s/darn/d--- (removed by the site)/g"
        InputSed "s/gone//g"
    </Location>
</VirtualHost>
<VirtualHost *:@port@>
    ServerName both.example
    <Location "/api">
        SetInputFilter DEFLATE;Sed
        InputSed "s/darn/d---/g"
    </Location>
</VirtualHost>
<VirtualHost *:@port@>
    ServerName plain.example
</VirtualHost>
END
my $talk = conversation(my $ada = member('Ada'));
my $carol = staff_of($talk->{church}, 'Carol');
my %gzip  = (headers => {'Content-Encoding' => 'gzip'}, type => 'application/json');

ok $httpd->start, 'it starts' or diag $httpd->said;

sub to
{
    my ($site, $path, $body, %options) = @_;

    return ask($options{as} // $ada, POST => "$talk->{path}$path/", body => $body, type => 'application/json',
        site => $httpd->url, fresh => 1, %options, headers => {Host => "$site.example", %{$options{headers} // {}}});
}

sub content { return qq({"content":"$_[0]"}) }
sub zipped { return Compress::Zlib::memGzip($_[0]) }
sub last_content { return messages_of($talk, query => 'limit=1')->[0]{content} }

subtest 'a compressed body, where the site inflates it' => sub {
    is to(deflate => messages => zipped(content('a' x 900)), %gzip)->code, 201, 'a message';
    is last_content(), 'a' x 900, 'whole';
    is to(deflate => messages => content('plain'))->code, 201, 'a plain one, too';
    is to(deflate => read => zipped('{"up_to":' . messages_of($talk)->[-1]{id} . ',"note":"' . 'a' x 900 . '"}'), %gzip,
        as => $carol)->json->{marked_read}, 2, 'where the body may be left out';
    is to(deflate => read => '', as => $carol)->code, 200, 'or is';
    is to(both => messages => zipped(content('darn it')), %gzip)->code, 201, 'through two filters';
    is last_content(), 'd--- it', 'both of which were at work';
};

subtest 'and elsewhere' => sub {
    for my $path ('messages', 'read') {
        my $answer = to(plain => $path => zipped(content('a' x 900)), %gzip);

        is $answer->code, 415, "$path: 415";
        is $answer->json->{code}, 'unsupported_coding', 'for its coding';
        is to(deflate => $path => content('x'), %gzip, headers => {'Content-Encoding' => 'br'})->code, 415,
            'as one that the filter does not know';
    }
    is to(deflate => messages => zipped(content('x')), %gzip, type => 'text/plain')->code, 415, 'of another type';
};

subtest 'a body that grows' => sub {
    is to(sed => messages => content('darn it'))->code, 201, 'a message';
    is last_content(), 'd--- (removed by the site) it', 'as the filter left it';
    is to(sed => messages => content('darn ' x 100))->code, 201, 'many times longer';
    is length(last_content()), 27 * 100 - 1, 'nothing is lost';
    is to(sed => messages => content('darn ' x 200))->code, 413, 'too long when it comes: 413';
    is to(sed => read => '{"up_to":null,"note":"darn"}', as => $carol)->code, 200, 'where it may be left out';
};

subtest 'a body that shrinks' => sub {
    my $word = 'gone' x 2000;

    is to(sed => messages => content("${word}left"))->code, 201, 'longer than it may be when sent';
    is last_content(), 'left', 'and not when it comes';
    is to(sed => messages => 'gone')->code, 400, 'to nothing';
};

subtest 'a body that inflates beyond measure' => sub {
    for my $bytes ($max + 1, 100_000, 5_000_000, 50_000_000) {
        for my $path ('messages', 'read') {
            my $answer = to(deflate => $path => zipped(content('a' x $bytes)), %gzip);

            is $answer->code, 413, "$path: $bytes bytes";
            is $answer->json->{code}, 'body_too_large', 'for its length';
        }
    }
    is to(bounded => messages => zipped(content('a' x 3000)), %gzip)->code, 413, 'the limit of mod_deflate counts as well';
    for my $broken (substr(zipped(content('a' x 900)), 0, 30), 'no gzip at all', "\x1f\x8b\x08\0\0\0\0\0\0\0\xff\xff\xff", "\x1f") {
        is to(deflate => messages => $broken, %gzip)->code, 400, 'what cannot be inflated: 400';
    }
};

# One request on a connection of its own; every answer that came on it until it ended, as bytes.
sub exchanged
{
    my ($site, $lines, $body) = @_;
    my ($port) = $httpd->url =~ /:(\d+)$/;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 10) or die $@;
    my $login  = Mojo::Util::b64_encode("$ada->{username}:x", '');

    print {$socket} join "\r\n", "POST /api/$talk->{path}messages/ HTTP/1.1", "Host: $site.example",
        'Content-Type: application/json', "Authorization: Basic $login", @$lines, '', $body;
    $socket->shutdown(1);
    local $/;
    return scalar readline $socket;
}

subtest 'chunks that are broken have one answer' => sub {
    my %bodies = (
        'no number'                => "zz\r\n{}\r\n0\r\n\r\n",
        'a second without number'  => "4\r\n{\"co\r\nqq\r\n",
        'a number without end'     => 'ffffffffffffffffffffffff',
        'a size beyond 64 bits'    => "ffffffffffffffffff\r\nx\r\n0\r\n\r\n",
        'a size below nothing'     => "-1\r\nx\r\n0\r\n\r\n",
        'no end of line after one' => "2\r\n{}x\r\n0\r\n\r\n",
        'an end that is missing'   => "2\r\n{}\r\n",
        'a chunk that is cut'      => "20\r\n{}",
        'nothing'                  => '',
    );

    for my $site ('plain', 'deflate', 'sed') {
        for my $name (sort keys %bodies) {
            my $all = exchanged($site, ['Transfer-Encoding: chunked'], $bodies{$name});

            is scalar(() = $all =~ m{HTTP/1\.1 \d\d\d }g), 1, "$site, $name: one status";
            like $all, qr{^HTTP/1\.1 4(?:00|13) }, 'which says that it is broken';
            is scalar(() = $all =~ /"request_id"/g), 1, 'and one body';
            my ($length) = $all =~ /^Content-Length: (\d+)/m;
            is length($all =~ s/.*?\r\n\r\n//sr), $length, 'of the length that it says' if defined $length;
        }
    }
};

subtest 'nor do those that nobody reads' => sub {
    for my $more ('Sec-Fetch-Site: cross-site', 'Content-Encoding: x') {
        my $all = exchanged('plain', ['Transfer-Encoding: chunked', $more], "zz\r\n{}\r\n0\r\n\r\n");

        is scalar(() = $all =~ /"request_id"/g), 1, "$more: one answer";
    }
};

subtest 'go on is said where the body is wanted, and nowhere else' => sub {
    my $json = content('x');
    my @head = ('Expect: 100-continue', 'Content-Length: ' . length $json);
    my %codes = map {
        my ($name, $site, @lines) = @$_;
        $name => [exchanged($site, [@head, @lines], $json) =~ m{HTTP/1\.1 (\d\d\d) }g]
    } (['wanted', 'plain'], ['inflated', 'deflate'], ['edited', 'sed'], ['foreign', 'plain', 'Sec-Fetch-Site: cross-site'],
        ['coded', 'plain', 'Content-Encoding: gzip']);

    is_deeply \%codes, {wanted => [100, 201], inflated => [100, 201], edited => [100, 201], foreign => [403],
        coded => [415]}, 'as each is';
};

is_deeply [$httpd->unexpected(qr/\[deflate:/, qr/AH0(?:1387|1390|1391|2482|1588|1589|1590|1591|0587|1586|1592)/)], [],
    'its log is quiet';
done_testing;
