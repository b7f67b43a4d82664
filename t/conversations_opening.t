use ChatTest;

my $ada    = member('Ada');
my $church = church('St. Anne');

subtest 'a member opens a conversation with a church' => sub {
    my $answer = post($ada, 'conversations/', {church_id => $church->{id}});
    my $talk   = $answer->json->{conversation};

    is $answer->code, 201, 'created';
    is_deeply [sort keys %{$answer->json}], ['conversation'], 'nothing but the conversation';
    is_deeply [sort keys %$talk], [sort qw(id church_id church_name church_avatar last_message
        last_message_time last_message_id last_message_from unread_count is_church_owner created_at updated_at
        version)],
        'with the fields of a member';
    is $talk->{church_id}, $church->{id}, 'church_id';
    is $talk->{church_name}, 'St. Anne', 'church_name';
    is $talk->{church_avatar}, $church->{logo_url}, 'church_avatar';
    is $talk->{last_message}, undef, 'no last message';
    is $talk->{last_message_id}, undef, 'no id of one';
    is $talk->{last_message_time}, $talk->{created_at}, 'its time is that of the conversation';
    is $talk->{unread_count}, 0, 'nothing unread';
    ok !$talk->{is_church_owner}, 'not seen as staff';
    is $talk->{updated_at}, $talk->{created_at}, 'not changed since';

    my $again = post($ada, 'conversations/', {church_id => $church->{id}});
    is $again->code, 200, 'opened again: it existed';
    is_deeply $again->json->{conversation}, $talk, 'the same conversation';
    is_deeply get($ada, "conversations/$talk->{id}/")->json, {conversation => $talk},
        'and the same when asked for';
};

subtest 'each member has their own' => sub {
    my $bob  = member('Bob');
    my $his  = conversation($bob, $church);
    my $hers = conversation($ada, $church);

    isnt $his->{id}, $hers->{id}, 'two members, two conversations';
    isnt conversation($ada, church())->{id}, $hers->{id}, 'another church, another conversation';
};

subtest 'church_id names a church that is there' => sub {
    my $closed = church('Closed', is_active => 0);

    for my $id (0x7fffffff, '9223372036854775807', $closed->{id}) {
        is post($ada, 'conversations/', {church_id => $id})->code, 404, "church $id: 404";
    }
    is sql('select count(*) from chat.conversations where church_id = ?', $closed->{id})->{count}, 0,
        'nothing was stored';
};

subtest 'church_id is a number' => sub {
    my @wrong = (
        undef, '', ' ', 'null', 'one', '1x', '0x1', '1.5', '-1', 0, '0', -1, 1.5,
        '9223372036854775808', '99999999999999999999', Cpanel::JSON::XS::true, [], {}, [$church->{id}],
    );

    for my $wrong (@wrong) {
        my $answer = post($ada, 'conversations/', {church_id => $wrong});

        is $answer->code, 400, '400 for ' . Cpanel::JSON::XS->new->allow_nonref->canonical->encode($wrong);
        is_deeply $answer->fields, ['church_id'], 'the field is named';
    }
    my $missing = post($ada, 'conversations/', {});
    is $missing->code, 400, '400 when it is missing';
    is_deeply $missing->fields, ['church_id'], 'the field is named';
    is post($ada, 'conversations/', undef, type => 'application/json')->code, 400, 'no body: 400';
};

subtest 'what else the body says is ignored' => sub {
    my $answer = post($ada, 'conversations/',
        {church_id => $church->{id}, subject => 'hi', nested => {a => [1, 2]}, member_id => 1});

    is $answer->code, 200, 'unknown members do no harm';
};

subtest 'a member whom the church blocked cannot open it' => sub {
    my $carol = staff_of($church, 'Carol');
    my $eve   = member('Eve');
    my $talk  = conversation($eve, $church);

    is post($carol, "$talk->{path}block/", {blocked => Cpanel::JSON::XS::true})->code, 200, 'blocked';
    is post($eve, 'conversations/', {church_id => $church->{id}})->code, 403, 'opening: 403';
    is get($eve, $talk->{path})->code, 200, 'seeing it is still allowed';
};

subtest 'staff are members of other churches, and not of their own' => sub {
    my $carol = staff_of($church, 'Carol');
    my $open  = sub { post($carol, 'conversations/', {church_id => $_[0]{id}}) };
    my $own   = $open->($church);

    is $own->code, 403, 'staff do not write to their own church';
    is $own->json->{code}, 'own_church', 'and are told why';
    is sql('select count(*) from chat.conversations where member_id = ?', $carol->id)->{count}, 0, 'nothing was stored';
    my $other = $open->(church());
    is $other->code, 201, 'but to another one';
    ok !$other->json->{conversation}{is_church_owner}, 'as its member';

    my $before = conversation($carol, my $later = church());
    staff_of($later, $carol);
    is $open->($later)->code, 200, 'what they had before they became staff is found';
    is say($before, 'still here')->code, 201, 'and goes on';
    ok !get($carol, $before->{path})->json->{conversation}{is_church_owner}, 'as its member';
};

done_testing;
