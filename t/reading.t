use ChatTest;

my $church = church();
my $carol  = staff_of($church, 'Carol');
my $talk   = conversation(member('Ada'), $church);
my $path   = "$talk->{path}read/";

sub unread { return get($_[0], 'conversations/unread/')->json->{unread_count} }
sub counted { return get($_[0], $talk->{path})->json->{conversation}{unread_count} }

subtest 'the other side reads' => sub {
    is say($talk, $_)->code, 201, "says $_" for qw(one two three);
    is counted($carol), 3, 'unread for staff';
    is counted($talk->{member}), 0, 'not for whom said it';
    is_deeply read_all($talk)->json, {success => Cpanel::JSON::XS::true, marked_read => 0},
        'reading own messages marks nothing';
    is counted($carol), 3, 'nothing changed';

    my @messages = @{messages_of($talk)};
    my $part = post($carol, $path, {up_to => $messages[1]{id}});
    is_deeply $part->json, {success => Cpanel::JSON::XS::true, marked_read => 2}, 'up to the second';
    is counted($carol), 1, 'one is left';
    my @now = @{messages_of($talk)};
    is_deeply [map { $_->{is_read} ? 1 : 0 } @now], [1, 1, 0], 'the sender sees which';
    is $now[0]{read_at}, $now[1]{read_at}, 'read at one time';
    cmp_ok $now[0]{read_at}, 'ge', $now[1]{created_at}, 'after they were written';
    is $now[2]{read_at}, undef, 'the last is not read';

    is read_all($talk, as => $carol)->json->{marked_read}, 1, 'then all';
    is read_all($talk, as => $carol)->json->{marked_read}, 0, 'and nothing again';
    is counted($carol), 0, 'nothing is left';
    is messages_of($talk)->[0]{read_at}, $now[0]{read_at}, 'read_at stays what it was';
};

subtest 'a church reads as one' => sub {
    my $mate = staff_of($church, 'Colin');

    is say($talk, 'for all of you')->code, 201, 'said';
    is counted($mate), 1, 'unread for one';
    is read_all($talk, as => $carol)->json->{marked_read}, 1, 'another one reads';
    is counted($mate), 0, 'read for all';
    is say($talk, 'for you', as => $mate)->code, 201, 'answered';
    is counted($carol), 0, 'what staff say is not unread for staff';
    is read_all($talk, as => $carol)->json->{marked_read}, 0, 'nor marked by them';
    is counted($talk->{member}), 1, 'it is for the member';
    is read_all($talk)->json->{marked_read}, 1, 'who reads it';
};

subtest 'the sum over all conversations' => sub {
    my $bob = member('Bob');
    my @his = map { conversation($bob, church()) } 1 .. 3;

    is unread($bob), 0, 'none';
    for my $n (0 .. 2) {
        my $staff = staff_of($his[$n]{church}, 'Staff');

        say($his[$n], "$_", as => $staff) for 0 .. $n;
    }
    is unread($bob), 6, 'all together';
    is read_all($his[2])->json->{marked_read}, 3, 'one is read';
    is unread($bob), 3, 'the others stay';
    is get($bob, 'conversations/')->json->{unread_count}, 3, 'the list says the same';
};

subtest 'the body' => sub {
    is say($talk, 'again')->code, 201, 'said';
    my $id = messages_of($talk)->[-1]{id};

    is post($carol, $path, {up_to => 1})->json->{marked_read}, 0, 'an id before all';
    is post($carol, $path, {up_to => "$id"})->json->{marked_read}, 1, 'a string of digits';
    is post($carol, $path, {})->code, 200, 'an empty object';
    is post($carol, $path, {up_to => undef})->code, 200, 'null is all';
    is post($carol, $path, {up_to => '9223372036854775807'})->code, 200, 'the largest id';
    say($talk, 'not seen yet');
    is post($carol, $path, {up_to => '9223372036854775807'})->json->{marked_read}, 0, 'of a message that was never written, nothing';
    is post($carol, $path, {})->json->{marked_read}, 1, 'it is still unread';
    for my $wrong ('x', '', 0, -1, 1.5, Cpanel::JSON::XS::true, [], '9223372036854775808') {
        my $answer = post($carol, $path, {up_to => $wrong});

        is $answer->code, 400, '400: ' . Cpanel::JSON::XS->new->allow_nonref->encode($wrong);
        is_deeply $answer->fields, ['up_to'], 'the field is named';
    }
    is ask($carol, POST => $path, body => '{', type => 'application/json')->code, 400, 'no JSON';
};

subtest 'reading moves nothing in the list' => sub {
    my $before = get($carol, $talk->{path})->json->{conversation}{updated_at};

    is say($talk, 'x')->code, 201, 'said';
    my $after = get($carol, $talk->{path})->json->{conversation}{updated_at};
    cmp_ok $after, 'gt', $before, 'a message moves it';
    is read_all($talk, as => $carol)->json->{marked_read}, 1, 'reading';
    is get($carol, $talk->{path})->json->{conversation}{updated_at}, $after, 'does not';
};

done_testing;
