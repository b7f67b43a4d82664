use ChatTest;
use ChatTest::WebSocket ();

# Whoever clicks on "Message" has a conversation; the staff of the church see it from its first message on, whoever
# writes that, and before it nowhere.
my ($true, $false) = (Cpanel::JSON::XS::true, Cpanel::JSON::XS::false);
my $church = church('First');
my $carol  = staff_of($church, 'Carol');

sub list { return get($_[0], 'conversations/' . ($_[1] ? "?$_[1]" : ''))->json }
sub ids { return [map { $_->{id} } @{$_[0]{conversations}}] }

subtest 'an empty conversation is its member\'s alone' => sub {
    my $ada    = member('Ada');
    my $before = get($carol, 'conversations/');
    my $live   = {Ada => ChatTest::Live->of($ada), Carol => ChatTest::Live->of($carol)};
    my $talk   = conversation($ada, $church);

    is_deeply ids(list($ada)), [$talk->{id}], 'the member has it at once';
    is get($ada, $talk->{path})->code, 200, 'also by its id';
    is $live->{Ada}->await('conversation')->{conversation}{id}, $talk->{id}, 'and on the socket';

    is get($carol, 'conversations/')->body, $before->body, 'the list of the staff is the same';
    is get($carol, 'conversations/', headers => {'If-None-Match' => $before->header('ETag')})->code, 304, 'a 304';
    is_deeply ids(list($carol, $_)), [], "nor has it $_"
        for 'q=ada', 'unread=1', "church_id=$church->{id}", 'role=staff', 'updated_since=2020-01-01T00:00:00Z',
        "updated_since=" . $before->json->{sync};
    is get($carol, $_)->code, 404, "GET $_: 404"
        for $talk->{path}, "$talk->{path}messages/", "$talk->{path}typing-status/";
    is post($carol, "$talk->{path}$_->[0]/", $_->[1])->code, 404, "POST $_->[0]/: 404"
        for ['read'], ['typing', {is_typing => $true}];
    is_deeply notifications_of($carol)->{notifications}, [], 'there is no notification';
    is sql('select chat.unread_count(?, ?) as n', $carol->id, $talk->{id})->{n}, undef, 'and no number of unread ones';

    is post($ada, "$talk->{path}typing/", {is_typing => $true})->code, 200, 'the member types';
    sql('update chat.users set display_name = ? where id = ?', 'Ada Lovelace', $ada->id);
    $live->{Ada}->await('conversation'); # with the name
    is_deeply [map { $_->{type} } map {@$_} ChatTest::Live->until_fence($live->{Carol})], [], 'none of it is told to staff';

    my $sync = list($carol)->{sync};
    is say($talk, 'Good morning')->code, 201, 'the first message';
    my $frame = $live->{Carol}->await('message');
    is $frame->{message}{content}, 'Good morning', 'is told';
    my $seen = get($carol, $talk->{path})->json->{conversation};
    is_deeply $frame->{conversation}, $seen, 'with the whole conversation';
    is $seen->{church_name}, 'Ada Lovelace', 'as staff see it';
    is $seen->{unread_count}, 1, 'unread';
    is_deeply ids(list($carol, $_)), [$talk->{id}], "and the list has it, $_"
        for 'role=staff', 'q=lovelace', 'unread=1', "updated_since=$sync";
    is get($carol, "$talk->{path}messages/")->code, 200, 'it can be read';
};

subtest 'staff may write the first message, if they know the id' => sub {
    my $bob  = member('Bob');
    my $talk = conversation($bob, $church);

    is get($carol, $talk->{path})->code, 404, 'which they do not see';
    is say($talk, 'x', as => staff_of(church(), 'Stranger'))->code, 404, 'staff of another church may not';
    is say($talk, 'Welcome!', as => $carol)->code, 201, 'written';
    is get($carol, $talk->{path})->code, 200, 'seen from then on';
    is ids(list($carol))->[0], $talk->{id}, 'in the list as well';
    is list($bob)->{unread_count}, 1, 'and the member has something to read';
};

subtest 'staff may block a member who has not written yet' => sub {
    my $eve  = member('Eve');
    my $talk = conversation($eve, $church);

    is post($carol, "$talk->{path}block/", {blocked => $true})->code, 200, 'blocked';
    is say($talk, 'x')->code, 403, 'so nothing is written';
    is get($carol, $talk->{path})->code, 404, 'and nothing is seen';
    is post($carol, "$talk->{path}block/", {blocked => $false})->code, 200, 'let in again';
    is say($talk, 'x')->code, 201, 'written';
};

subtest 'what was seen stays to be seen' => sub {
    my $talk = conversation(member('Gone'), $church);

    say($talk, 'not for long');
    sql('delete from chat.messages where conversation_id = ?', $talk->{id});
    is get($carol, $talk->{path})->json->{conversation}{last_message}, undef, 'although its only message was deleted';
};

subtest 'a list of one role' => sub {
    my $home = church('Home');
    my $away = church('Away');
    my $dave = staff_of($home, 'Dave');
    my $mine = conversation($dave, $away);
    my @ours = map { conversation(member("Visitor $_"), $home) } 1 .. 3;

    say($_, 'hello') for $mine, @ours;
    is_deeply ids(list($dave, 'role=member')), [$mine->{id}], 'as a member';
    is_deeply ids(list($dave, 'role=staff')), [map { $_->{id} } reverse @ours], 'as staff';
    is_deeply ids(list($dave, 'role=')), ids(list($dave)), 'an empty one is none';
    is_deeply ids(list($dave, 'role=member&q=away')), [$mine->{id}], 'with a search';
    is_deeply ids(list($dave, 'role=member&q=visitor')), [], 'of these only';
    is_deeply ids(list($dave, 'role=staff&unread=1')), [map { $_->{id} } reverse @ours], 'with what is unread';
    is_deeply ids(list($dave, 'role=member&unread=1')), [], 'for either role';
    is list($dave, 'role=member')->{unread_count}, 3, 'the number is over all';
    my $welcome = say($mine, 'welcome', as => staff_of($away, 'Ann'))->json->{message};
    my %unread  = map { $_ => get($dave, "conversations/unread/?role=$_")->json } '', 'member', 'staff';
    is_deeply [map { @{$unread{$_}}{qw(unread_count unread_messages unread_conversations)} } '', 'member', 'staff'],
        [4, 4, 4, 1, 1, 1, 3, 3, 3], 'and unread/ has it for each';
    is $unread{member}{version}, $unread{''}{version}, 'with the version of all';
    is_deeply [map { $_->{as_member} } @unread{'', 'member', 'staff'}, list($dave, 'role=staff')],
        [({unread_messages => 1, unread_conversations => 1}) x 4], 'and each answer says how much it is as a member';
    is get($dave, 'conversations/unread/?role=x')->code, 400, 'any other is none';
    read_all($mine);
    my $page = list($dave, 'role=staff&limit=2');
    like $page->{next}, qr/[?&]role=staff(&|$)/, 'next keeps it';
    is_deeply ids(get($dave, $page->{next})->json), [$ours[0]{id}], 'and leads on';
    my $sync = list($dave, 'role=member')->{sync};
    say($ours[1], 'more');
    is_deeply ids(list($dave, "role=member&updated_since=$sync")), [], 'what is new for the other role is not';
    say($mine, 'more');
    is_deeply ids(list($dave, "role=member&updated_since=$sync")), [$mine->{id}], 'what is new for this one is';
    for my $wrong (qw(owner Member 1 member+staff)) {
        my $answer = get($dave, "conversations/?role=$wrong");

        is $answer->code, 400, "role=$wrong: 400";
        is_deeply $answer->fields, ['role'], 'the field is named';
    }
};

done_testing;
