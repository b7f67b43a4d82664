use ChatTest;

my $church = church();
my $talk   = conversation(member('Ada'), $church);
my $ada    = $talk->{member};
is say($talk, 'hello')->code, 201, 'something to read';
wait_for_others();

my @paths = ('conversations/', 'conversations/unread/', $talk->{path}, "$talk->{path}messages/",
    "$talk->{path}messages/?limit=1", "$talk->{path}typing-status/", 'notifications/', 'conversations/openapi.json');

for my $path (@paths) {
    subtest $path => sub {
        my $first = get($ada, $path);
        my $etag  = $first->header('ETag');

        is $first->code, 200, 'answered';
        is get($ada, $path)->body, $first->body, 'the same bytes again';
        is get($ada, $path)->header('ETag'), $etag, 'and the same ETag';
        is $first->header('Content-Length'), length $first->body, 'Content-Length';

        my $unchanged = get($ada, $path, headers => {'If-None-Match' => $etag});
        is $unchanged->code, 304, 'If-None-Match: 304';
        is $unchanged->header('ETag'), $etag, 'with the ETag';
        is length $unchanged->body, 0, 'without a body';
        is get($ada, $path, headers => {'If-None-Match' => "\"x\", W/$etag, \"y\""})->code, 304,
            'in a list, weakly';
        is get($ada, $path, headers => {'If-None-Match' => '*'})->code, 304, 'any';
        is get($ada, $path, headers => {'If-None-Match' => '"other"'})->code, 200, 'another one: 200';

        my $head = ask($ada, HEAD => $path);
        is $head->code, 200, 'HEAD';
        is $head->header('ETag'), $etag, 'the same ETag';
        is $head->header('Content-Length'), length $first->body, 'the length of what GET would send';
        is $head->header('Content-Type'), $first->header('Content-Type'), 'the same type';
        is ask($ada, HEAD => $path, headers => {'If-None-Match' => $etag})->code, 304, 'HEAD: 304';
    };
}

subtest 'it changes with what it is of' => sub {
    my %before = map { $_ => get($ada, $_)->header('ETag') } @paths[0 .. 3];

    is say($talk, 'news', as => staff_of($church, 'Carol'))->code, 201, 'a message';
    for my $path (@paths[0 .. 3]) {
        my $answer = get($ada, $path, headers => {'If-None-Match' => $before{$path}});

        is $answer->code, 200, "$path is new";
        isnt $answer->header('ETag'), $before{$path}, 'with another ETag';
    }
};

subtest 'it is of what this person sees' => sub {
    my $carol = staff_of($church, 'Cora');
    my $mine  = get($ada, $talk->{path})->header('ETag');

    is get($carol, $talk->{path}, headers => {'If-None-Match' => $mine})->code, 200,
        'the other side sees something else';
    my ($one, $two) = (member('Tess'), member('Theo'));
    my ($first, $other) = map { get($_, 'conversations/unread/') } $one, $two;
    is $first->body, $other->body, 'who sees the same';
    isnt $first->header('ETag'), $other->header('ETag'), 'has an ETag of their own';
    is get($two, 'conversations/unread/', headers => {'If-None-Match' => $first->header('ETag')})->code, 200,
        'so that no browser takes the stored answer of another user for this one\'s';
};

done_testing;
