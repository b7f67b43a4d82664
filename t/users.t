use ChatTest;
use ChatTest::WebSocket ();

# Who somebody is does not hang on what they are called.
my $church = church();
my $carol  = staff_of($church, 'Carol');
my $made   = 0;

sub unique { return join '-', $_[0], $$, ++$made, time }

# Somebody with that name whom Apache identifies so.
sub known { my ($name, $id) = @_; return {person => stranger($name), id => $id} }

sub as
{
    my ($who, $method, $path, %options) = @_;

    return ask($who->{person}, $method, $path, site => 'ids', statements => $options{statements} // [1, 3],
        headers => {'X-Id' => $who->{id}, $options{name} ? ('X-Name' => $options{name}) : ()},
        $options{json} ? (json => $options{json}) : ());
}

sub row { return scalar sql('select * from chat.users where external_id = ?', $_[0]) }

sub codes
{
    my ($who, $talk) = @_;

    return join ' ', map { as($who, GET => "conversations/$talk->{id}/$_")->code } '', 'messages/', 'typing-status/';
}

subtest 'who is renamed keeps their conversations' => sub {
    my ($id, $name, $later) = map { unique($_) } 'id', 'maria', 'mary';
    my $before = known($name, $id);
    my $talk   = as($before, POST => 'conversations/', json => {church_id => $church->{id}})->json->{conversation};

    is as($before, POST => "conversations/$talk->{id}/messages/", json => {content => 'between us'})->code, 201, 'she writes';
    is_deeply [@{row($id)}{qw(username display_name)}], [$name, $name], 'and is called by her name';

    my $after = known($later, $id);
    is codes($after, $talk), '200 200 200', 'she sees it under her new name';
    is_deeply [@{row($id)}{qw(username display_name)}], [$later, $later], 'by which she is called now';
    is as($after, GET => 'conversations/unread/')->statements, 1, 'one statement again';
    is get($carol, "conversations/$talk->{id}/")->json->{conversation}{church_name}, $later, 'staff see the new name';

    my $other = known($name, unique('id'));
    is as($other, GET => 'conversations/')->json->{conversations}[0], undef, 'who takes the old name has nothing';
    is codes($other, $talk), '404 404 404', 'and sees nothing';
    is codes($after, $talk), '200 200 200', 'which stays hers';
    isnt row($other->{id})->{id}, row($id)->{id}, 'they are two';
};

subtest 'a name that is taken before its owner has come by' => sub {
    my ($id, $other_id, $name, $later) = map { unique($_) } 'id', 'id', 'sam', 'samuel';
    my $talk = as(known($name, $id), POST => 'conversations/', json => {church_id => $church->{id}})->json->{conversation};

    is codes(known($name, $other_id), $talk), '404 404 404', 'another one of that name sees nothing';
    is row($id)->{username}, undef, 'the first is not called so any more';
    is row($id)->{display_name}, $name, 'but shown so still';
    is codes(known($later, $id), $talk), '200 200 200', 'and comes under a new name';
    is row($other_id)->{username}, $name, 'the other keeps theirs';
};

subtest 'thirty first requests at once, under a name that another had' => sub {
    my ($id, $other_id, $name) = map { unique($_) } 'id', 'id', 'max';

    is as(known($name, $other_id), GET => 'conversations/')->code, 200, 'another has the name';
    my @answers = together(map { [stranger($name), GET => 'conversations/', site => 'ids', statements => [1, 3],
        headers => {'X-Id' => $id}] } 1 .. 30);
    is scalar(grep { $_->code == 200 } @answers), 30, 'all are answered';
    is row($id)->{username}, $name, 'have one row, of that name';
    is row($other_id)->{username}, undef, 'which the other has no more';
};

subtest 'a name of their own choice stays' => sub {
    my ($id, $name, $later) = map { unique($_) } 'id', 'jo', 'joan';

    as(known($name, $id), GET => 'conversations/', name => 'Jo March');
    as(known($later, $id), GET => 'conversations/');
    is_deeply [@{row($id)}{qw(username display_name)}], [$later, 'Jo March'], 'when the user is renamed';
};

subtest 'nobody is somebody else for want of an id' => sub {
    my $name = unique('nemo');

    member('Nemo', username => $name);
    for my $id ('', "\xff\xfe", 'x' x 256, "a\tb") {
        my $answer = as(known($name, $id), GET => 'conversations/', statements => 0);
        is $answer->code, 403, 'refused';
        is $answer->json->{code}, 'unusable_user_id', 'with the reason';
        log_may_say(qr/ChatUserId has no value for this user/);
    }
    is as(known($name, unique('id')), GET => 'conversations/')->code, 200, 'with one they are let in';
    is sql('select count(*) from chat.users where external_id in (?, \'\')', $name)->{count}, 1, 'and none was made without';
};

# ---- ChatUserCase ----

sub spellings
{
    my ($name) = @_;

    return ($name, uc $name, ucfirst $name, "  $name ", join('', map { /[a-z]/ ? chr(ord($_) + 0xfee0) : $_ } split //, $name));
}

subtest 'names that differ in case are one user where they are folded' => sub {
    my $name    = unique('mallory');
    my @folded  = (site => 'folded', statements => [1, 3], fresh => 1);
    my @people  = map { stranger($_) } spellings($name);
    my @answers = map { get($_, 'conversations/', @folded) } @people;

    is_deeply [map { $_->code } @answers], [(200) x @people], 'each is answered';
    is_deeply [map { $_->statements } @answers[1 .. $#answers]], [(1) x $#answers], 'and nothing written for a spelling';
    is sql('select count(*) from chat.users where external_id = ?', $name)->{count}, 1, 'they have one row';
    is sql('select count(*) from chat.users where lower(btrim(normalize(username, nfkc))) = ?', $name)->{count}, 1, 'and no other';

    my $talk = post($people[0], 'conversations/', {church_id => $church->{id}}, @folded)->json->{conversation};
    post($carol, "conversations/$talk->{id}/block/", {blocked => Cpanel::JSON::XS::true});
    is_deeply [map { post($_, "conversations/$talk->{id}/messages/", {content => 'x'}, @folded)->code } @people],
        [(403) x @people], 'a block holds for each';
    is post($people[1], 'conversations/', {church_id => church()->{id}}, @folded)->code, 201, 'what may be done twice';
    is post($people[2], 'conversations/', {church_id => church()->{id}}, @folded, statements => 0)->code, 429, 'is not done a third time';
};

subtest 'and letters beyond ASCII, whatever the locale' => sub {
    my @groups = (["\x{e9}tienne", "\x{c9}TIENNE", "E\x{301}tienne"], ['istanbul', 'ISTANBUL'], ["stra\x{df}e", 'STRASSE'],
        ["\x{3c3}\x{3af}\x{3c3}\x{3c5}\x{3c6}\x{3bf}\x{3c2}", "\x{3a3}\x{38a}\x{3a3}\x{3a5}\x{3a6}\x{39f}\x{3a3}"]);

    for my $names (@groups) {
        my $end = unique('');

        is get(stranger("$_$end"), 'conversations/', site => 'folded', statements => [1, 3])->code, 200, $_ for @$names;
        is sql('select count(*) from chat.users where external_id like ?', "%$end")->{count}, 1, 'are one user';
    }
};

subtest 'who is known under another spelling from before' => sub {
    my $name = unique('Ada');
    my $ada  = member('Ada', username => $name);
    my $talk = conversation($ada, $church);

    is get(stranger($name), $talk->{path}, site => 'folded', statements => [1, 4])->code, 200, 'is found by it once';
    is get(stranger(lc $name), $talk->{path}, site => 'folded')->code, 200, 'and then by each';
    is sql('select external_id from chat.users where id = ?', $ada->id)->{external_id}, lc $name, 'for good';
};

# ---- what a site says by SQL ----

subtest 'who is renamed where names identify' => sub {
    my ($name, $later) = map { unique($_) } 'eve', 'evelyn';
    my $eve  = member('Eve', username => $name);
    my $talk = conversation($eve, $church);
    my $ws   = ChatTest::Live->of($eve);

    sql('select chat.move_user(?, ?)', $name, $later);
    is $ws->closed, 1008, 'her sockets are closed';
    is get(stranger($later), $talk->{path}, statements => [1, 3])->code, 200, 'her conversation is there under the new name';
    is get(stranger($name), $talk->{path}, statements => [1, 3])->code, 404, 'and not for who has the old one';
};

# Which the events do not tell of here, as they would some moments late.
subtest 'a socket does nothing for who has its user\'s name now' => sub {
    my $name  = unique('ivy');
    my $ivy   = member('Ivy', username => $name);
    my @ws    = map { ChatTest::Live->of($ivy) } 1 .. 3;
    my $admin = ChatTest::db(qx{STATE='@{[ChatTest::Config->suite->{vars}{serverroot}]}' conf/instance database-params admin} =~ s/\n//r);

    $admin->do('set session_replication_role = replica');
    $admin->do('update chat.users set external_id = ?, username = null where id = ?', undef, unique('ivy'), $ivy->id);
    $admin->do('reset session_replication_role');
    my $talk = conversation(member('Other Ivy', username => $name), $church);
    my $asks = {conversation_id => $talk->{id}};
    for ({type => 'send', content => 'x', %$asks}, {type => 'read', %$asks}, {type => 'typing', is_typing => Cpanel::JSON::XS::true, %$asks}) {
        my $ws     = shift @ws;
        my $answer = $ws->ask($_);
        is "$answer->{type} $answer->{code}", 'error user_inactive', "$_->{type} is refused";
        is $ws->closed, 1008, 'and the socket closed';
    }
    is_deeply messages_of($talk), [], 'nothing was written';
};

subtest 'who is gone' => sub {
    my $name = unique('gone');
    my $gone = member('Gone', username => $name);
    my $talk = begun($gone, $church);
    my $ws   = ChatTest::Live->of($gone);

    sql('insert into chat.church_staff (church_id, user_id) values (?, ?)', church()->{id}, $gone->id);
    sql('select chat.retire_user(?)', $name);
    is $ws->closed, 1008, 'their sockets are closed';
    is get($gone, $talk->{path}, statements => [1, 3])->code, 404, 'whoever comes under that name is another';
    isnt sql('select id from chat.users where external_id = ?', $name)->{id}, $gone->{id}, 'with a row of their own';
    is sql('select count(*) from chat.church_staff where user_id = ?', $gone->{id})->{count}, 0, 'staff of nothing';
    is get($carol, $talk->{path})->json->{conversation}{church_name}, 'Gone', 'the conversation keeps its member';
};

done_testing;
