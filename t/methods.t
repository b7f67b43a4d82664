use ChatTest;

my $talk = conversation(member('Ada'));
my $ada  = $talk->{member};
my %allow = (
    'conversations/'              => [qw(GET HEAD OPTIONS POST)],
    'conversations/search/'       => [qw(GET HEAD OPTIONS)],
    'conversations/unread/'       => [qw(GET HEAD OPTIONS)],
    'conversations/openapi.json'  => [qw(GET HEAD OPTIONS)],
    $talk->{path}                 => [qw(GET HEAD OPTIONS)],
    "$talk->{path}messages/"      => [qw(GET HEAD OPTIONS POST)],
    "$talk->{path}read/"          => [qw(OPTIONS POST)],
    "$talk->{path}typing/"        => [qw(OPTIONS POST)],
    "$talk->{path}typing-status/" => [qw(GET HEAD OPTIONS)],
    "$talk->{path}block/"         => [qw(OPTIONS POST)],
);

sub allowed { return [sort split /\s*,\s*/, $_[0]->header('Allow') // ''] }

for my $path (sort keys %allow) {
    subtest $path => sub {
        my $options = ask($ada, OPTIONS => $path);
        is $options->code, 204, 'OPTIONS: 204';
        is_deeply allowed($options), $allow{$path}, 'Allow';

        for my $method (qw(GET HEAD POST PUT PATCH DELETE PROPFIND SEARCH BREW)) {
            next if grep { $_ eq $method } @{$allow{$path}};
            my $answer = ask($ada, $method => $path);

            is $answer->code, 405, "$method: 405";
            is_deeply allowed($answer), $allow{$path}, 'Allow';
        }
        (my $bare = $path) =~ s{/$}{};
        is_deeply allowed(ask($ada, OPTIONS => $bare)), $allow{$path}, 'the slash may be missing';
    };
}

subtest 'the last slash' => sub {
    for my $path ('conversations/', 'conversations/unread/', $talk->{path}, "$talk->{path}messages/",
        "$talk->{path}typing-status/")
    {
        (my $bare = $path) =~ s{/$}{};
        my ($with, $without) = (get($ada, $path), get($ada, $bare));

        is $without->code, 200, "$bare";
        is $without->body, $with->body, 'says the same';
    }
    (my $bare = "$talk->{path}messages") =~ s{/$}{};
    is post($ada, $bare, {content => 'x'})->code, 201, 'for POST too';
    is get($ada, "$bare?limit=1")->code, 200, 'and with a query';
    is post($ada, 'conversations', {church_id => $talk->{church_id}})->code, 200, 'and the list';
};

subtest 'what is not there' => sub {
    my @paths = (
        'conversations/null/', 'conversations/undefined/', 'conversations/NaN/', 'conversations/0/',
        'conversations/-1/', 'conversations/1.5/', 'conversations/0x1/', 'conversations/1e3/',
        'conversations/9223372036854775808/', 'conversations/99999999999999999999999/',
        'conversations/%31x/', 'conversations/ /',
        'conversations/null/messages/', 'conversations/0/read/', 'conversations/abc/typing-status/',
        'conversations/unread/x/', 'conversations/x', 'conversations/openapi.yaml',
        "$talk->{path}message/", "$talk->{path}messages/1/", "$talk->{path}messages/x",
        "$talk->{path}Messages/", 'conversations/UNREAD/', "$talk->{path}typing-status/x/",
        'conversations/%D9%A1/', 'conversations/+1/',
    );

    for my $path (@paths) {
        for my $method (qw(GET POST DELETE)) {
            is ask($ada, $method => $path, $method eq 'POST' ? (json => {}) : ())->code, 404,
                "$method $path";
        }
        is ask($ada, HEAD => $path)->code, 404, 'HEAD';
    }
    is get($ada, 'conversations/9223372036854775807/')->code, 404, 'the largest id';
    is get($ada, sprintf 'conversations/%%%02x%s/', ord substr($talk->{id}, 0, 1), substr $talk->{id}, 1)
        ->code, 200, 'a digit may be encoded';
};

done_testing;
