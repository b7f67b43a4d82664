use ChatTest;

my $church = church('St. Mark');
my $carol  = staff_of($church, 'Carol');
my $talk   = conversation(member('Ada', avatar_url => 'https://a.example/ada.png'), $church);
my @fields = sort qw(id conversation_id seq content created_at is_sent_by_user sender_name avatar
    is_read read_at client_id attachment);

subtest 'a member says something' => sub {
    my $answer  = say($talk, 'hello');
    my $message = $answer->json->{message};

    is $answer->code, 201, 'created';
    is_deeply [sort keys %$message], \@fields, 'with these fields';
    is $message->{conversation_id}, $talk->{id}, 'conversation_id';
    is $message->{seq}, 1, 'seq';
    is $message->{content}, 'hello', 'content';
    is $message->{is_sent_by_user}, Cpanel::JSON::XS::true, 'is_sent_by_user';
    is $message->{sender_name}, 'Ada', 'sender_name';
    is $message->{avatar}, 'https://a.example/ada.png', 'avatar';
    is $message->{is_read}, Cpanel::JSON::XS::false, 'not read';
    is $message->{read_at}, undef, 'so not at any time';
    is $message->{client_id}, undef, 'client_id';
    is $message->{attachment}, undef, 'attachment';
    is_deeply messages_of($talk), [$message], 'the page shows the same';
};

subtest 'staff see it from their side' => sub {
    my ($message) = @{messages_of($talk, as => $carol)};

    is_deeply [sort keys %$message], \@fields, 'with the same fields';
    is $message->{is_sent_by_user}, Cpanel::JSON::XS::false, 'not theirs';
    is $message->{sender_name}, 'Ada', 'by the member';
};

subtest 'staff answer in the name of the church' => sub {
    my $message = say($talk, 'welcome', as => $carol)->json->{message};
    my $mate    = staff_of($church, 'Colin');

    is $message->{seq}, 2, 'seq goes on';
    is $message->{sender_name}, 'St. Mark', 'sender_name';
    is $message->{avatar}, $church->{logo_url}, 'avatar';
    is $message->{staff_name}, 'Carol', 'staff_name, to fellow staff';
    is $message->{is_sent_by_user}, Cpanel::JSON::XS::true, 'sent by her';

    my $member = messages_of($talk)->[1];
    ok !exists $member->{staff_name}, 'the member does not learn who it was';
    is $member->{sender_name}, 'St. Mark', 'but which church';
    is $member->{is_sent_by_user}, Cpanel::JSON::XS::false, 'not sent by the member';

    my $seen = messages_of($talk, as => $mate)->[1];
    is $seen->{staff_name}, 'Carol', 'a fellow sees the name';
    is $seen->{is_sent_by_user}, Cpanel::JSON::XS::false, 'and that it was not himself';
};

subtest 'the conversation follows' => sub {
    my $mine   = get($talk->{member}, $talk->{path})->json->{conversation};
    my $theirs = get($carol, $talk->{path})->json->{conversation};
    my $last   = messages_of($talk)->[-1];

    is $mine->{last_message}, 'welcome', 'last_message';
    is $mine->{last_message_id}, $last->{id}, 'last_message_id';
    is $mine->{last_message_time}, $last->{created_at}, 'last_message_time';
    is $mine->{unread_count}, 1, 'unread for the member';
    is $theirs->{unread_count}, 1, 'unread for staff';
    cmp_ok $mine->{updated_at}, 'gt', $talk->{updated_at}, 'updated_at has grown';
};

subtest 'into a church that was closed' => sub {
    my $closing = church('Closing');
    my $staff   = staff_of($closing, 'Last');
    my $old     = conversation(member('Olga'), $closing);

    is say($old, 'before')->code, 201, 'open';
    sql('update chat.churches set is_active = false where id = ?', $closing->{id});
    is say($old, 'after')->code, 403, 'closed for the member';
    is say($old, 'after', as => $staff)->code, 403, 'and for staff';
    is get($old->{member}, $old->{path})->code, 200, 'the conversation can be read';
    is @{messages_of($old)}, 1, 'and its messages';
    is read_all($old, as => $staff)->code, 200, 'and marked';
};

subtest 'a staff member in their own conversation speaks as member' => sub {
    my $own   = conversation(member('Olaf'), $church);
    staff_of($church, $own->{member});
    my $said  = say($own, 'as myself')->json->{message};

    is $said->{sender_name}, 'Olaf', 'by name';
    ok !exists $said->{staff_name}, 'and not as staff';
    is get($carol, $own->{path})->json->{conversation}{unread_count}, 1, 'unread for the others';
};

done_testing;
