use ChatTest;
use POSIX ();

# What the client has already: told by its tag and by nothing else.
my $talk = conversation(member('Ada'), church());
my $ada  = $talk->{member};
is say($talk, 'hello')->code, 201, 'something to read';
wait_for_others();

my @paths = ('conversations/', $talk->{path}, "$talk->{path}messages/", 'conversations/openapi.json');

sub date { return POSIX::strftime('%a, %d %b %Y %H:%M:%S GMT', gmtime(time + $_[0])) }

sub with
{
    my ($path, %headers) = @_;

    return get($ada, $path, headers => {map { tr/_/-/r => $headers{$_} } keys %headers})->code;
}

subtest 'a date alone says nothing' => sub {
    for my $path (@paths) {
        is get($ada, $path)->header('Last-Modified'), undef, "$path has no date";
        for my $since (date(0), date(-60), date(3600), 'Thu, 01 Jan 1970 00:00:00 GMT', 'no date', '') {
            is with($path, If_Modified_Since => $since), 200, "since '$since'";
        }
        is ask($ada, HEAD => $path, headers => {'If-Modified-Since' => date(0)})->code, 200, 'nor for HEAD';
        is with($path, If_Unmodified_Since => date(-3600)), 200, 'nor does the other one';
    }
};

subtest 'a date beside a tag is not looked at' => sub {
    for my $path (@paths) {
        my $tag = get($ada, $path)->header('ETag');

        is with($path, If_None_Match => $tag, If_Modified_Since => date(-86400)), 304, 'the tag, and long ago';
        is with($path, If_None_Match => '"other"', If_Modified_Since => date(0)), 200, 'another tag, and now';
    }
};

subtest 'a date does not hide what is new' => sub {
    my $path = "$talk->{path}messages/";
    my $tag  = get($ada, $path)->header('ETag');

    is say($talk, 'news')->code, 201, 'within the same second';
    is with($path, If_Modified_Since => date(0)), 200, 'is sent';
    is with($path, If_None_Match => $tag, If_Modified_Since => date(0)), 200, 'to who has the old tag';
    wait_for_others();
};

subtest 'tags' => sub {
    for my $path (@paths) {
        my $tag = get($ada, $path)->header('ETag');
        (my $word = $tag) =~ tr/"//d;
        my @same = ($tag, "W/$tag", '*', "\"a\", $tag", "$tag, \"a\"", "\"a\",$tag,\"b\"", "\"a\" , W/$tag ,\"b\"",
            "\"a, b\", $tag", "W/\"a\", \"$word-gzip\"", "\"$word-br\"", "W/\"$word-gzip\"",
            join(', ', (map {"\"tag-$_\""} 1 .. 200), $tag));
        my @other = ('""', '"a"', 'W/"a"', '"a", "b", W/"c"', "\"x$word\"", "\"${word}x\"", "\"$word-x\"",
            "\"-gzip\"", '"-gzip-gzip"', '"*"', '', ',', '"', '"-br"-br"', uc $tag);

        is with($path, If_None_Match => $_), 304, 'known: ' . brief($_) for @same;
        is with($path, If_None_Match => $_), 200, 'not known: ' . brief($_) for @other;
    }
};

subtest 'what 304 brings' => sub {
    for my $path (@paths) {
        my $whole = get($ada, $path);
        my $tag   = $whole->header('ETag');

        for my $method ('GET', 'HEAD') {
            my $answer = ask($ada, $method => $path, headers => {'If-None-Match' => "W/\"x\", W/$tag"});

            is $answer->code, 304, "$method: 304";
            is $answer->header($_), $whole->header($_), $_ for 'ETag', 'Cache-Control';
            is length $answer->body, 0, 'no body';
        }
    }
};

subtest 'what it must still be' => sub {
    for my $path (@paths) {
        my $tag = get($ada, $path)->header('ETag');
        my $word = $tag =~ tr/"//dr;

        for my $match ($tag, '*', "\"a\", $tag", "\"$word-gzip\"", "\"$word-br\"") {
            is with($path, If_Match => $match), 200, "$path: " . brief($match);
            is ask($ada, HEAD => $path, headers => {'If-Match' => $match})->code, 200, 'HEAD';
        }
        for my $match ("W/$tag", '"a"', '""', "\"x$word\"", uc $tag) {
            my $answer = get($ada, $path, headers => {'If-Match' => $match});

            is $answer->code, 412, "$path is not " . brief($match);
            is $answer->json->{code}, 'stale', 'with its code';
            is ask($ada, HEAD => $path, headers => {'If-Match' => $match})->code, 412, 'HEAD';
            is with($path, If_Match => $match, If_None_Match => $tag), 412, 'it is looked at first';
        }
        is with($path, If_Match => $tag, If_None_Match => $tag), 304, 'both are true';
        is with($path, If_Match => $tag, If_None_Match => '"a"'), 200, 'only one is';
    }
    is get($ada, 'conversations/0/', headers => {'If-Match' => '*'})->code, 404, 'what is not there is told as ever';
    is get(undef, 'conversations/', headers => {'If-Match' => '"a"'})->code, 401, 'as is who is not';
    is get($ada, 'conversations/?limit=0', headers => {'If-Match' => '"a"'})->code, 400, 'and what is wrong';
};

subtest 'only for reading' => sub {
    is post($ada, "$talk->{path}messages/", {content => 'x'}, headers => {'If-None-Match' => $_})->code, 201,
        "a message is not stopped by $_" for '*', '"a"';
    is get($ada, 'conversations/0/', headers => {'If-None-Match' => '*'})->code, 404, 'nor is a refusal hidden';
    is get(undef, 'conversations/', headers => {'If-None-Match' => '*'})->code, 401, 'nor the login';
};

done_testing;

sub brief { return length $_[0] > 90 ? substr($_[0], 0, 90) . '…' : $_[0] }
