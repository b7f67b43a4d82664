use ChatTest;

subtest '50 at once open one conversation' => sub {
    my $ada     = member('Ada');
    my $church  = church();
    my @answers = together(map { [$ada, POST => 'conversations/', json => {church_id => $church->{id}}] } 1 .. 50);

    is_deeply [sort map { $_->code } @answers], [(200) x 49, 201], 'one has created it';
    my %ids = map { $_->json->{conversation}{id} => 1 } grep { $_->json->{conversation} } @answers;
    is keys %ids, 1, 'all got the same';
    is sql('select count(*) from chat.conversations where church_id = ?', $church->{id})->{count}, 1, 'one row';
};

subtest '50 at once send one message' => sub {
    my $talk    = conversation();
    my @answers = together(map {
        [$talk->{member}, POST => "$talk->{path}messages/", json => {content => "try $_", client_id => 'same'}]
    } 1 .. 50);

    is_deeply [sort map { $_->code } @answers], [(200) x 49, 201], 'one has stored it';
    my %bodies = map { $_->body => 1 } @answers;
    is keys %bodies, 1, 'all got the same';
    is sql('select count(*) from chat.messages where conversation_id = ?', $talk->{id})->{count}, 1, 'one row';
    is sql('select church_unread from chat.conversations where id = ?', $talk->{id})->{church_unread}, 1,
        'counted once';
};

subtest '32 senders in one conversation' => sub {
    my $church = church();
    my $talk   = conversation(member('Ada'), $church);
    my @people = (($talk->{member}) x 16, map { staff_of($church, "Staff $_") } 1 .. 16);
    my @sent;

    for my $round (1 .. 4) {
        push @sent, together(map {
            [$people[$_], POST => "$talk->{path}messages/", json => {content => "$round.$_"}]
        } 0 .. 31);
    }
    is scalar(grep { $_->code == 201 } @sent), 128, 'all are stored';

    my @messages = @{messages_of($talk)};
    is_deeply [map { $_->{seq} } @messages], [1 .. 128], 'seq without a gap';
    my @ids = map { $_->{id} } @messages;
    is_deeply [sort { $a <=> $b } @ids], \@ids, 'ids grow with seq';
    my @times = map { $_->{created_at} } @messages;
    is_deeply [sort @times], \@times, 'and so does the time';
    my %seq = map { $_->{id} => $_->{seq} } @messages;
    is scalar(grep { $seq{$_->json->{message}{id}} == $_->json->{message}{seq} } @sent), 128,
        'every sender was told the truth';
    counters_are_counts($talk);
};

subtest 'counters stay equal to counts while all is done at once' => sub {
    my $church = church();
    my $talk   = conversation(member('Ada'), $church);
    my $carol  = staff_of($church, 'Carol');
    my @pair   = ($talk->{member}, $carol);
    my %allowed = (200 => 1, 201 => 1);

    for my $round (1 .. 6) {
        my @answers = together(
            (map { [$pair[$_ % 2], POST => "$talk->{path}messages/", json => {content => "$round.$_"}] } 1 .. 12),
            (map { [$pair[$_ % 2], POST => "$talk->{path}read/"] } 1 .. 6),
            (map { [$pair[$_ % 2], GET => 'conversations/'] } 1 .. 4),
            (map { [$carol, POST => "$talk->{path}block/", json => {blocked => Cpanel::JSON::XS::false}] } 1 .. 2),
        );
        is scalar(grep { !$allowed{$_->code} } @answers), 0, "round $round";
        counters_are_counts($talk);
    }
    my $last = messages_of($talk)->[-1];
    my $seen = get($carol, $talk->{path})->json->{conversation};
    is $seen->{last_message_id}, $last->{id}, 'the last message is the last';
    is $seen->{last_message}, $last->{content}, 'with its words';
};

sub counters_are_counts
{
    my ($talk) = @_;
    my ($row) = sql(q{
        select c.last_seq, c.member_unread, c.church_unread,
               (select count(*) from chat.messages m where m.conversation_id = c.id) as messages,
               (select count(*) from chat.messages m where m.conversation_id = c.id
                   and m.from_church and m.read_at is null) as for_member,
               (select count(*) from chat.messages m where m.conversation_id = c.id
                   and not m.from_church and m.read_at is null) as for_church,
               coalesce(c.member_newest_unread_id, 0) || ' ' || coalesce(c.church_newest_unread_id, 0) as newest,
               (select coalesce(max(m.id) filter (where m.from_church), 0) || ' '
                       || coalesce(max(m.id) filter (where not m.from_church), 0)
                from chat.messages m where m.conversation_id = c.id and m.read_at is null) as newest_unread
        from chat.conversations c where c.id = ?}, $talk->{id});

    is $row->{last_seq}, $row->{messages}, 'last_seq';
    is $row->{member_unread}, $row->{for_member}, 'member_unread';
    is $row->{church_unread}, $row->{for_church}, 'church_unread';
    is $row->{newest}, $row->{newest_unread}, 'the newest unread ones';
}

subtest 'many people at once' => sub {
    my $church = church();
    my @talks  = map { conversation(member("Person $_"), $church) } 1 .. 40;
    my @sent   = together(map { [$_->{member}, POST => "$_->{path}messages/", json => {content => 'hi'}] } @talks);

    is scalar(grep { $_->code == 201 } @sent), 40, 'each in their own conversation';
    my $staff = staff_of($church, 'Staff');
    is get($staff, 'conversations/')->json->{unread_count}, 40, 'all arrive';

    my @read = together(
        (map { [$staff, POST => "$_->{path}read/"] } @talks),
        (map { [$_->{member}, POST => "$_->{path}messages/", json => {content => 'one more'}] } @talks));
    is scalar(grep { $_->code < 300 } @read), 80, 'while they are read, more is written';
    is get($staff, 'conversations/unread/')->json->{unread_count},
        sql('select sum(church_unread) from chat.conversations where church_id = ?', $church->{id})->{sum},
        'the sum is the sum';

    my @marked = together(
        (map { [$staff, POST => 'notifications/read/', json => $_ % 4 ? {ids => [map { $_->{id} } @talks[$_ - 1 .. 39]]} : {all => Cpanel::JSON::XS::true}] } 1 .. 20),
        (map { [$_->{member}, POST => "$_->{path}messages/", json => {content => 'and more'}] } @talks));
    is scalar(grep { $_->code < 300 } @marked), 60, 'while notifications are marked, more is written';
    my $list = notifications_of($staff, 'limit=200');
    is @{$list->{notifications}}, 40, 'each has its notification';
    is $list->{unread_count}, grep({ !$_->{read_at} } @{$list->{notifications}}), 'those that are not marked are counted';
    my @newest = grep { $_->{body} ne 'and more' } @{$list->{notifications}};
    is @newest, 0, 'each shows the newest message';
    my @hidden = sql(q{select 1 from chat.notification_marks k join chat.conversations c on c.id = k.conversation_id
        where k.user_id = ? and k.read_up_to > c.church_newest_unread_id}, $staff->id);
    is @hidden, 0, 'nothing is marked that was not there';
};

done_testing;
