use ChatTest;

my $church = church('Gate');
my $carol  = staff_of($church, 'Carol');
my $talk   = conversation(member('Eve'), $church);
my $eve    = $talk->{member};
my $path   = "$talk->{path}block/";
my ($true, $false) = (Cpanel::JSON::XS::true, Cpanel::JSON::XS::false);

subtest 'a blocked member can read and not write' => sub {
    is say($talk, 'before')->code, 201, 'speaks';
    is_deeply post($carol, $path, {blocked => $true})->json, {success => $true, blocked => $true},
        'blocked';
    is_deeply post($carol, $path, {blocked => $true})->json, {success => $true, blocked => $true},
        'once more';
    is say($talk, 'after')->code, 403, 'sending: 403';
    is post($eve, "$talk->{path}typing/", {is_typing => $true})->code, 403, 'typing: 403';
    is post($eve, 'conversations/', {church_id => $church->{id}})->code, 403, 'opening: 403';
    is get($eve, $talk->{path})->code, 200, 'seeing it';
    is @{messages_of($talk)}, 1, 'and its messages';
    is get($eve, 'conversations/')->code, 200, 'and the list';
    is read_all($talk)->code, 200, 'marking as read';
    is get($eve, "$talk->{path}typing-status/")->code, 200, 'and who types';
};

subtest 'staff see it, and the member does not' => sub {
    ok get($carol, $talk->{path})->json->{conversation}{member_blocked}, 'in the conversation';
    my ($entry) = grep { $_->{id} == $talk->{id} } @{get($carol, 'conversations/')->json->{conversations}};
    ok $entry->{member_blocked}, 'in the list';
    ok !exists get($eve, $talk->{path})->json->{conversation}{member_blocked}, 'not to the member';
};

subtest 'staff go on' => sub {
    is say($talk, 'from us', as => $carol)->code, 201, 'staff may write';
    is get($eve, $talk->{path})->json->{conversation}{unread_count}, 1, 'the member may read it';
};

subtest 'it is this church only' => sub {
    my $other = conversation($eve, church());

    is say($other, 'elsewhere')->code, 201, 'another church hears them';
    is say(conversation(member('Bob'), $church), 'me')->code, 201, 'another member is heard';
};

subtest 'and back' => sub {
    is_deeply post($carol, $path, {blocked => $false})->json, {success => $true, blocked => $false},
        'unblocked';
    is say($talk, 'again')->code, 201, 'speaks again';
    is get($carol, $talk->{path})->json->{conversation}{member_blocked}, $false, 'staff see that';
    is post($eve, 'conversations/', {church_id => $church->{id}})->code, 200, 'opens again';
};

subtest 'who may' => sub {
    is post($eve, $path, {blocked => $true})->code, 403, 'not the member';
    is post(member(), $path, {blocked => $true})->code, 404, 'not an outsider';
    is post(staff_of(church(), 'Dave'), $path, {blocked => $true})->code, 404, 'nor staff of another';
    is say($talk, 'still')->code, 201, 'nothing happened';
    my $own = conversation(member('Olaf'), $church);
    staff_of($church, $own->{member});
    is post($own->{member}, "$own->{path}block/", {blocked => $true})->code, 403,
        'nor staff in their own conversation';
};

subtest 'the body' => sub {
    for my $wrong (undef, 'true', 1, 0, [], {}) {
        my $answer = post($carol, $path, {blocked => $wrong});

        is $answer->code, 400, '400: ' . Cpanel::JSON::XS->new->allow_nonref->encode($wrong);
        is_deeply $answer->fields, ['blocked'], 'the field is named';
    }
    is post($carol, $path, {})->code, 400, 'it is required';
};

done_testing;
