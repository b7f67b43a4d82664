use ChatTest;

my $church = church();
my $carol  = staff_of($church, 'Carol');
my $talk   = conversation(member('Ada'), $church);

subtest 'a message is stored once however often it is sent' => sub {
    my $first = say($talk, 'hello', client_id => 'k1');

    is $first->code, 201, 'a member can speak';
    is $first->json->{message}{client_id}, 'k1', 'client_id comes back';
    for (1 .. 3) {
        my $again = say($talk, 'hello', client_id => 'k1');

        is $again->code, 200, 'saying it again is no error';
        is_deeply $again->json, $first->json, 'and gives the message stored first';
    }
    my $other = say($talk, 'something else', client_id => 'k1');
    is $other->code, 200, 'with other words too';
    is $other->json->{message}{content}, 'hello', 'the first ones count';
    is @{messages_of($talk)}, 1, 'one message';
    is get($carol, $talk->{path})->json->{conversation}{unread_count}, 1, 'counted once';
};

subtest 'it belongs to the sender and the conversation' => sub {
    my $other = conversation(member('Bob'), $church);

    is say($talk, 'from staff', as => $carol, client_id => 'k1')->code, 201, 'another sender';
    is say($other, 'elsewhere', client_id => 'k1')->code, 201, 'another conversation';
    is say($other, 'from staff', as => $carol, client_id => 'k1')->code, 201, 'both other';
};

subtest 'what it may be' => sub {
    my $last = 'z' x 64;

    for my $id ('a', '0', ' ', '~', "!\"#\$%&'()*+,-./:;<=>?\@[\\]^_`{|}", $last,
        'b7e0a1c2-6a0e-4a57-9f5d-0d8f6e1c2b3a')
    {
        my $answer = say($talk, 'x', client_id => $id);

        is $answer->code, 201, "'$id'" or next;
        is $answer->json->{message}{client_id}, $id, 'comes back';
    }
    is say($talk, 'x', client_id => '')->json->{message}{client_id}, undef, 'an empty one is none';
    for my $id ('z' x 65, "a\nb", "tab\t", "\x7f", 'é', '😀', 1, Cpanel::JSON::XS::true, [], {}) {
        my $answer = say($talk, 'x', client_id => $id);

        is $answer->code, 400, '400: ' . Cpanel::JSON::XS->new->allow_nonref->ascii->encode($id);
        is_deeply $answer->fields, ['client_id'], 'the field is named';
    }
    is say($talk, 'x', client_id => undef)->code, 201, 'null is none';
    is say($talk, 'x', client_id => undef)->code, 201, 'each time';
};

subtest 'a repeated message is answered even when nothing may be said any more' => sub {
    my $eve = conversation(member('Eve'), $church);

    is say($eve, 'in time', client_id => 'late')->code, 201, 'stored';
    is post($carol, "$eve->{path}block/", {blocked => Cpanel::JSON::XS::true})->code, 200, 'then blocked';
    is say($eve, 'in time', client_id => 'late')->code, 200, 'the client learns that it was stored';
    is say($eve, 'new', client_id => 'new')->code, 403, 'a new one is refused';
};

done_testing;
