use ChatTest;
use Encode ();
use Unicode::Normalize ();

my $talk = conversation(member('Ada'), church('Limits'));
my $path = "$talk->{path}messages/";

sub stored { return messages_of($talk, query => 'limit=1')->[0]{content} }
sub posting
{
    my ($body, %options) = @_;

    return ask($talk->{member}, POST => $path, body => $body, type => 'application/json', %options);
}

subtest 'what is stored comes back' => sub {
    my %text = (
        'two lines'             => ["one\ntwo", "one\ntwo"],
        'CR LF'                 => ["one\r\ntwo\r\n\r\nthree", "one\ntwo\n\nthree"],
        'CR'                    => ["one\rtwo", "one\ntwo"],
        'a tab'                 => ["a\tb", "a\tb"],
        'control characters'    => ["a\x01\x02\x1b[31mb\x7f\x{85}\x{9f}c", 'a[31mbc'],
        'blanks around'         => [" \t\n hello \r\n ", 'hello'],
        'Unicode blanks around' => ["\x{a0}\x{2003}\x{3000}hello\x{2028}\x{202f}", 'hello'],
        'blanks inside'         => ["a  b\x{a0}c", "a  b\x{a0}c"],
        'decomposed letters'    => ["e\x{301}tude A\x{30a}", "\x{e9}tude \x{c5}"],
        'a Hangul syllable'     => ["\x{1112}\x{1161}\x{11ab}", "\x{d55c}"],
        'emoji'                 => ["👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽", "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽"],
        'right to left'         => ['שלום עולם مرحبا', 'שלום עולם مرحبا'],
        'HTML'                  => ['<script>alert("&amp;")</script>', '<script>alert("&amp;")</script>'],
        'line separators'       => ["a\x{2028}b\x{2029}c", "a\x{2028}b\x{2029}c"],
        'what JSON escapes'     => ["quote \" slash / back \\ é", "quote \" slash / back \\ é"],
        'SQL'                   => ["'; drop table chat.users; -- %s \$1 \\x41", "'; drop table chat.users; -- %s \$1 \\x41"],
        'the last code points'  => ["\x{10fffd}\x{e000}", "\x{10fffd}\x{e000}"],
    );

    for my $name (sort keys %text) {
        my ($said, $wanted) = @{$text{$name}};
        my $answer = say($talk, $said);

        is $answer->code, 201, $name or next;
        is $answer->json->{message}{content}, $wanted, 'in the answer';
        is stored(), $wanted, 'and when read';
    }
};

subtest 'the length is counted in code points after cleaning' => sub {
    my @fits = (
        'x' x 1000, 'é' x 1000, '😀' x 1000, "e\x{301}" x 1000,
        "\r\n" x 10 . 'x' x 1000 . ' ' x 500, 'x' . "\r\n" x 998 . 'x', "x\x01" x 1000,
    );
    my @too_long = ('x' x 1001, 'é' x 1001, '😀' x 1001, 'x' . "\r\n" x 1000 . 'x', "x\n" x 1000 . 'x');

    for my $text (@fits) {
        is say($talk, $text)->code, 201, 'fits: ' . substr($text, 0, 4) =~ s/[\r\n\x01]/./gr;
    }
    is length say($talk, '😀' x 1000)->json->{message}{content}, 1000, 'and comes back whole';
    for my $text (@too_long) {
        my $answer = say($talk, $text);

        is $answer->code, 400, 'too long: ' . substr($text, 0, 4) =~ s/[\r\n]/./gr;
        is_deeply $answer->fields, ['content'], 'the field is named';
    }
};

subtest 'there must be something' => sub {
    for my $text ('', ' ', "\n\r\n\t", "\x{a0}\x{2003}\x{3000}", "\x01\x7f", "\x{85}") {
        my $answer = say($talk, $text);

        is $answer->code, 400, 'blank';
        is_deeply $answer->fields, ['content'], 'the field is named';
    }
    for my $wrong (undef, 1, Cpanel::JSON::XS::true, [], {}, ['x'], {content => 'x'}) {
        my $answer = post($talk->{member}, $path, {content => $wrong});

        is $answer->code, 400, 'no text: ' . Cpanel::JSON::XS->new->allow_nonref->encode($wrong);
        is_deeply $answer->fields, ['content'], 'the field is named';
    }
    is post($talk->{member}, $path, {})->code, 400, 'missing';
};

subtest 'what is no JSON' => sub {
    my @bodies = (
        '', ' ', 'x', '{', '}', '{"content"', '{"content":}', '{"content":"x"', '{"content":"x"}}',
        '{"content":"x"} {}', '{"content":"x"}x', '{"content":"x",}', '{,}', "{'content':'x'}",
        '{content:"x"}', '"x"', '[]', '[{"content":"x"}]', 'null', '1', 'true',
        '{"content":"x"/**/}', "{\"content\":\"x\"//\n}", '{"content":NaN}', '{"content":Infinity}',
        '{"content":01}', '{"content":+1}', '{"content":.5}', '{"content":1.}', '{"content":0x1}',
        "{\"content\":\"a\nb\"}", "{\"content\":\"a\tb\"}", "{\"content\":\"a\x00b\"}",
        '{"content":"\\x41"}', '{"content":"\\u12"}', '{"content":"\\u12G4"}', '{"content":"\\"}',
        '{"content":"a\\u0000b"}', '{"content":"\\ud800"}', '{"content":"\\udc00"}',
        '{"content":"\\ud800\\u0041"}', '{"content":"\\ud83d"}', '{"content":"\\ude00\\ud83d"}',
        '{"content":"x","content":"y"}', '{"content":"x","conten\\u0074":"y"}',
        '{"content":"x","extra":{"a":1,"a":2}}',
        "\xef\xbb\xbf{\"content\":\"x\"}", "{\"content\":\"\xff\"}", "{\"content\":\"\xc0\xaf\"}",
        "{\"content\":\"\xed\xa0\x80\"}", "{\"content\":\"\xf4\x90\x80\x80\"}", "{\"content\":\"\xe2\x82\"}",
        '{"content":"x","a":' . '[' x 8 . ']' x 8 . '}', '{"a":' . '[' x 60_000,
        '{"a":' x 9 . '1' . '}' x 9, '{"content":tru}', '{"content":"x" "a":1}', '{"content" "x"}',
        "\x00", "{\"content\":\"x\"}\x00", '{"":"x"', '{"content":"x";}',
        "\xfe\xff\x00{\x00}", '{"content":-}', '{"content":1e}',
    );

    for my $body (@bodies) {
        my $answer = posting($body);

        is $answer->code, 400, '400: ' . (substr($body, 0, 40) =~ s/[^ -~]/./gr);
    }
    is posting('{"content":"deep","a":' . '[' x 7 . ']' x 7 . '}')->code, 201, 'eight levels are fine';
    is posting(" \r\n\t{ \"content\" :\n\"white space\" } \n")->code, 201, 'so is white space';
    is posting('{"content":"\\ud83d\\ude00 \\u00e9\\/","n":-1.5e+300,"m":12345678901234567890}')->code, 201,
        'so are pairs, escapes and large numbers';
    is stored(), '😀 é/', 'read as meant';
};

subtest 'the media type' => sub {
    my $json = '{"content":"typed"}';
    my @good = ('application/json', 'application/json; charset=utf-8', 'application/json;charset=UTF-8',
        'Application/JSON', 'application/json; charset="utf-8"');
    my @bad  = ('text/plain', 'application/x-www-form-urlencoded', 'text/json', 'application/jsonp',
        'application/json; charset=iso-8859-1', 'application', 'json', 'text/html', 'application/xml');

    is posting($json, type => $_)->code, 201, "$_ is JSON" for @good;
    is posting($json, type => $_)->code, 415, "$_ is not" for @bad;
    is ask($talk->{member}, POST => $path, body => $json)->code, 415, 'none at all is not either';
    is posting($json, headers => {'Content-Encoding' => 'gzip'})->code, 415, 'nothing compressed';
};

subtest 'the size of the body' => sub {
    my $room = 65536 - length '{"content":"x","pad":""}';
    my $body = sub { '{"content":"x","pad":"' . 'p' x $_[0] . '"}' };

    is posting($body->($room))->code, 201, 'as large as ChatMaxBody';
    is posting($body->($room + 1), fresh => 1)->code, 413, 'a byte more';
    is posting($body->(5_000_000), fresh => 1)->code, 413, 'much more';
    is say($talk, 'after')->code, 201, 'and the server goes on';

    my $small = '{"content":"1234567890"}';
    is posting($small, site => 'small')->code, 201, 'ChatMaxMessage 10: ten characters';
    is posting('{"content":"12345678901"}', site => 'small')->code, 400, 'eleven';
    is posting('{"content":"x","pad":"' . 'p' x 1100 . '"}', site => 'small', fresh => 1)->code, 413,
        'ChatMaxBody 1024';
};

subtest 'a body in chunks' => sub {
    my $auth = Mojo::Util::b64_encode("$talk->{member}{username}:x", '');
    my $head = "POST /api/$path HTTP/1.1\r\nHost: x\r\nAuthorization: Basic $auth\r\n"
        . "Content-Type: application/json\r\nConnection: close\r\n";

    my $answer = raw("${head}Transfer-Encoding: chunked\r\n\r\n"
        . "b\r\n{\"content\":\r\n8\r\n\"pieces\"\r\n1\r\n}\r\n0\r\n\r\n");
    is $answer->code, 201, 'is put together';
    is stored(), 'pieces', 'as it was sent';
    $answer = raw("${head}Transfer-Encoding: chunked\r\n\r\n"
        . join('', map {"2000\r\n" . ' ' x 0x2000 . "\r\n"} 1 .. 9) . "0\r\n\r\n");
    is $answer->code, 413, 'too many of them: 413';
    $answer = raw("${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n");
    is $answer->code, 400, 'no chunk: 400';
};
log_may_say(qr/AH0158[78]|AH02606|AH01590|AH00524/);

done_testing;
