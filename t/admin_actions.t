use ChatTest;
use ChatTest::WebSocket ();

# What administrators do to many objects: what must be confirmed, what is told, what the audit log says.
my $boss   = {username => "boss-$$"}; # who is no user of the chat
my ($true, $false) = (Cpanel::JSON::XS::true, Cpanel::JSON::XS::false);
my $church = church('Acts');
my $eve    = staff_of($church, 'Eve');

sub act { my ($what, %json) = @_; return post($boss, "admin/$what/actions/", \%json) }
sub logged { return (sql('select * from chat.audit_log where username = ? order by id', $boss->{username}))[-1] }
sub members { my ($row) = @_; return Cpanel::JSON::XS->new->decode($row->{after}) }
sub talk { my ($name) = @_; my $talk = conversation(member($name), $church); say($talk, "hello from $name"); return $talk }

# A dry run, and then the same with its word.
sub confirmed
{
    my ($what, %json) = @_;
    my $would = act($what, %json, dry_run => $true);

    return ($would->json, act($what, %json, reason => "because $$", confirm => $would->json->{confirm}));
}

subtest 'block and unblock' => sub {
    my @talks = map { talk($_) } qw(Ada Ben);
    my @ids   = map { $_->{id} } @talks;
    my $ws    = ChatTest::Live->of($eve);
    my $answer = act('conversations', action => 'block', ids => [@ids, 999999999, $ids[0]]);

    is_deeply $answer->json, {done => 2, skipped => 1, audit_id => logged()->{id}, has_more => $false, after => undef}, 'what was done';
    is say($_, 'blocked')->code, 403, 'a blocked member cannot write' for @talks;
    ok $ws->await('conversation', sub { $_->{conversation}{id} == $ids[1] && $_->{conversation}{member_blocked} }), 'staff hear it';
    my $row = logged();
    is_deeply [@$row{qw(action object_kind object_id before reason)}], ['block', 'conversation', undef, undef, undef], 'one row of the audit log';
    is_deeply [sort { $a <=> $b } @{members($row)->{ids}}], [sort { $a <=> $b } @ids, 999999999], 'with the ids';
    is act('conversations', action => 'block', ids => \@ids)->json->{done}, 0, 'again there is nothing to do';
    is act('conversations', action => 'unblock', ids => \@ids, reason => 'enough')->json->{done}, 2, 'unblocked';
    is logged()->{reason}, 'enough', 'with a reason';
    is say($talks[0], 'free')->code, 201, 'they write again';
    act('conversations', action => 'mark_read', ids => [$ids[0]]);
    is logged()->{object_id}, $ids[0], 'of one alone it is said that it is about this one, so that it is in its history';
    $ws->leave;
};

subtest 'mark as read' => sub {
    my $talk = talk('Cid');
    my $id   = say($talk, 'an answer', as => $eve)->json->{message}{id};
    my $ws   = ChatTest::Live->of($talk->{member});

    is act('conversations', action => 'mark_read', ids => [$talk->{id}])->json->{done}, 1, 'both sides';
    is $ws->await('read', sub { $_->{by_me} })->{up_to}, $id, 'the member hears it';
    is get($_, $talk->{path})->json->{conversation}{unread_count}, 0, 'nothing is unread' for $eve, $talk->{member};
    is scalar(grep { !$_->{is_read} } @{messages_of($talk)}), 0, 'in any message';
    is_deeply [sql('select * from chat.check(?)', $talk->{id})], [], 'and all is right';
    is act('conversations', action => 'mark_read', ids => [$talk->{id}])->json->{done}, 0, 'nothing more';
    $ws->leave;
};

subtest 'messages' => sub {
    my $talk = talk('Dan');
    my @ids  = map { say($talk, "message $_")->json->{message}{id} } 1 .. 3;
    my $ws   = ChatTest::Live->of($talk->{member});
    my ($would, $answer) = confirmed('messages', action => 'delete', ids => [@ids[0, 2]]);

    is_deeply $would->{would}, {messages => 2, attachments => 0}, 'a dry run says what would be deleted';
    is_deeply [@$would{qw(at_least)}], [$false], 'exactly';
    is $answer->json->{done}, 2, 'done';
    is_deeply $ws->await('message_deleted')->{message_ids}, [@ids[0, 2]], 'the member hears it';
    is_deeply [map { $_->{id} } @{messages_of($talk)}[-1]], [$ids[1]], 'one is left';
    is logged()->{reason}, "because $$", 'the log has the reason';
    ok !exists members(logged())->{content}, 'and nothing of what was written';
    is_deeply [sql('select * from chat.check(?) where value <> ?', $talk->{id}, 'last_seq')], [], 'and all is right';

    sql("update chat.messages set flag = 'links' where id = ?", $ids[1]);
    is act('messages', action => 'unflag', ids => [$ids[1]])->json->{done}, 1, 'a flag is taken away';
    is $ws->await('message_changed')->{message}{id}, $ids[1], 'which is told';
    ok !messages_of($talk, as => $eve)->[-1]{flagged}, 'and staff do not see it any more';
    $ws->leave;
};

subtest 'the file of a message' => sub {
    my $talk = talk('Fay');
    my $id   = sql('select id from chat.messages where conversation_id = ?', $talk->{id})->{id};
    my $ws   = ChatTest::Live->of($talk->{member});
    sql('update chat.messages set has_attachment = true where id = ?', $id);
    my $file = sql("insert into chat.attachments (conversation_id, message_id, name, kind, content_type, size_bytes, sha256)
        values (?, ?, 'a.txt', 'other', 'text/plain', 1, sha256('a')) returning id", $talk->{id}, $id)->{id};
    my ($would, $answer) = confirmed('attachments', action => 'delete', ids => [$file]);

    is_deeply $would->{would}, {messages => 0, attachments => 1}, 'is one';
    is $answer->json->{done}, 1, 'deleted';
    is $ws->await('message_changed')->{message}{attachment}, undef, 'the message stays, without it';
    is messages_of($talk)->[0]{content}, 'hello from Fay', 'with its text';
    $ws->leave;
};

subtest 'conversations' => sub {
    my @talks = map { talk($_) } qw(Gil Hal);
    my $ws    = ChatTest::Live->of($talks[0]{member});
    my ($would, $answer) = confirmed('conversations', action => 'delete', ids => [map { $_->{id} } @talks]);

    is_deeply $would->{would}, {conversations => 2, messages => 2, attachments => 0}, 'with their messages';
    is_deeply [@{$answer->json}{qw(done skipped has_more)}], [2, 0, $false], 'deleted';
    is $ws->await('conversation_deleted')->{conversation_id}, $talks[0]{id}, 'the member hears it';
    is get($talks[1]{member}, $talks[1]{path})->code, 404, 'it is gone';
    is post($talks[0]{member}, 'conversations/', {church_id => $church->{id}})->code, 201, 'and can be opened anew';
    is members(logged())->{messages}, 2, 'the log counts messages';
    $ws->leave;
};

# A notifier of another file may claim what is due, and drop it: Eve has no address.
subtest 'deliveries' => sub {
    my $talk = talk('Ida');
    my $put  = q{insert into chat.outbox (conversation_id, user_id, kind, state, due_at, attempts, last_error, done_at)
        values (?, ?, 'email', ?, ?, 7, 'refused', case when ? = 'dead' then now() end) returning id};
    my @ids  = map { sql($put, $talk->{id}, $eve->id, 'dead', 'now', 'dead')->{id} } 1 .. 2;

    is_deeply act('deliveries', action => 'retry', ids => \@ids, dry_run => $true)->json->{would}, {deliveries => 1}, 'one of two';
    is_deeply [@{act('deliveries', action => 'retry', ids => \@ids)->json}{qw(done skipped)}], [1, 1], 'the last one of a reader is due again';
    my ($first, $last) = sql('select * from chat.outbox where id = any (?) order by id', \@ids);
    is_deeply [@$first{qw(state attempts last_error)}], ['dead', 7, 'refused'], 'not the one before';
    like join(' ', map { $_ // '' } @$last{qw(state attempts last_error)}), qr/^(?:due 0 |dropped 0 no address)$/, 'as if it was new';
    sql('delete from chat.outbox where id = any (?)', \@ids);
    @ids = map { sql($put, $talk->{id}, $eve->id, $_, 'infinity', $_)->{id} } qw(dead due);
    is_deeply act('deliveries', action => 'drop', ids => \@ids, dry_run => $true)->json->{would}, {deliveries => 2}, 'two can be dropped';
    is act('deliveries', action => 'drop', ids => \@ids)->json->{done}, 2, 'dropped';
    is_deeply [map { $_->{state} } sql('select state from chat.outbox where id = any (?)', \@ids)], ['dropped', 'dropped'], 'both';
    sql('delete from chat.outbox where id = any (?)', \@ids);
};

subtest 'a delivery that is retried while another one becomes due' => sub {
    my $talk = talk('Leo');
    my ($deciding, $retrying) = map { db(ChatTest::Config->suite->{vars}{database} . " connect_timeout=$_") } 20, 21; # of their own
    my $put  = q{insert into chat.outbox (conversation_id, user_id, kind, state, due_at, done_at)
        values (?, ?, 'email', ?, 'infinity', case when ? = 'dead' then now() end) returning id};
    my $dead = sql($put, $talk->{id}, $eve->id, 'dead', 'dead')->{id};

    $deciding->begin_work;
    $deciding->do($put, undef, $talk->{id}, $eve->id, 'due', 'due');
    my ($pid) = $retrying->selectrow_array('select pg_backend_pid()');
    my $query = $retrying->prepare('select chat.admin_retry(?)', {pg_async => DBD::Pg::PG_ASYNC()});
    $query->execute([$dead]);
    until_true { sql(q{select 1 as one from pg_stat_activity where pid = ? and wait_event_type = 'Lock'}, $pid) } 'it waits for the other one';
    $deciding->commit;
    $query->pg_result;
    is $query->fetchrow_array, 0, 'and is left as it was';
    $query->finish;
    is_deeply [map { $_->{state} } sql('select state from chat.outbox where conversation_id = ? order by id', $talk->{id})], ['dead', 'due'], 'one is due';
    sql('delete from chat.outbox where conversation_id = ?', $talk->{id});
};

subtest 'what takes several calls' => sub {
    my $talk = talk('Mia');
    my $next = talk('Nat');
    sql('insert into chat.messages (conversation_id, seq, sender_id, from_church, content, created_at) select $1, n, $2, false, $3, now() from generate_series(2, 5001) n',
        $talk->{id}, $talk->{member}->id, 'x');
    sql('update chat.conversations set last_seq = 5001 where id = ?', $talk->{id});
    my %json = (action => 'delete', ids => [$talk->{id}, $next->{id}], reason => 'r');
    my $part = act('conversations', %json, confirm => act('conversations', %json, dry_run => $true)->json->{confirm})->json;
    is_deeply [@$part{qw(done has_more after)}], [0, $true, undef], 'a part of the messages of the first';
    my ($until) = $part->{confirm} =~ /^(\d+)/;
    cmp_ok $until, '>', time + 300, 'with a new word';
    $part = act('conversations', %json, confirm => $part->{confirm}, after => undef)->json;
    is_deeply [@$part{qw(done has_more after)}], [1, $true, $talk->{id}], 'then the rest of it';
    $part = act('conversations', %json, confirm => $part->{confirm}, after => $part->{after})->json;
    is_deeply [@$part{qw(done has_more after)}], [1, $false, undef], 'then the second';
    ok !exists $part->{confirm}, 'without a word, as this is all';
    is scalar(() = sql('select from chat.conversations where id = any (?)', $json{ids})), 0, 'both are gone';
};

# What the audit log has of one object: its list, which the file has, too.
sub history
{
    my ($kind, $id) = @_;
    my $query = "object_kind=$kind&object_id=$id";
    my $items = get($boss, "admin/audit/?$query")->json->{items};

    is_deeply [map { $_->{id} } @{get($boss, "admin/audit/export/?format=json&$query", contract => 0)->json->{items}}], [map { $_->{id} } @$items], 'the file has the same';
    return [map {"$_->{action} $_->{id}"} @$items];
}

subtest 'the history of each' => sub {
    my @talks = map { talk($_) } qw(Ora Pip Quin);
    my @ids   = map { $_->{id} } @talks;
    my ($first, $second) = map { say($talks[0], $_)->json->{message}{id} } qw(one two);
    my $block = act('conversations', action => 'block', ids => [@ids[0, 1]])->json->{audit_id};
    my $free  = act('conversations', action => 'unblock', ids => [$ids[0]])->json->{audit_id};
    my (undef, $read) = confirmed('conversations', action => 'mark_read', filter => {member_id => $talks[1]{member}->id});
    my (undef, $gone) = confirmed('messages', action => 'delete', filter => {conversation_id => $ids[0]});
    $_ = $_->json->{audit_id} for $read, $gone;
    my $old = sql(q{insert into chat.audit_log (username, action, object_kind, after) values (?, 'block', 'conversation', jsonb_build_object('ids', ?::bigint[], 'done', 2))
        returning id}, $boss->{username}, [@ids[1, 2]])->{id};

    is_deeply history(conversation => $ids[0]), ["unblock $free", "block $block"], 'what was done to several is in that of each';
    is_deeply history(conversation => $ids[1]), ["block $old", "mark_read $read", "block $block"], 'and what was done to what a filter finds';
    is_deeply history(conversation => $ids[2]), ["block $old"], 'also what was done by an older version';
    is_deeply history(message => $_), ["delete $gone"], 'and to messages that are no more' for $first, $second;
    is_deeply [map { $_->{id} } @{get($boss, "admin/audit/?object_id=$ids[1]&action=mark_read")->json->{items}}], [$read], 'whatever it is, beside other filters';
    is get($boss, "admin/audit/?object_kind=conversation&object_id=$ids[1]")->json->{count}, 3, 'which is counted';
    # The file of an export has what its filter finds, as its row says some of these only.
    my (undef, $exported) = confirmed('conversations', action => 'export', filter => {church_id => $church->{id}, blocked => $true});
    $exported = $exported->json->{audit_id};
    is_deeply members(logged())->{ids}, [$ids[1]], 'an export says which';
    act('conversations', action => 'block', ids => [$ids[2]]);
    is_deeply [sort map { $_->{id} } @{get($boss, "admin/conversations/export/?format=json&selection=$exported", contract => 0)->json->{items}}], [sort @ids[1, 2]], 'and has what is found now';
};

subtest 'who has done it' => sub {
    my %folded = (site => 'folded');
    my $talk   = talk('Pam');
    my $id = post({username => "BOSS-F$$"}, 'admin/conversations/actions/', {action => 'mark_read', ids => [$talk->{id}]}, %folded)->json->{audit_id};
    is sql('select username from chat.audit_log where id = ?', $id)->{username}, "boss-f$$", 'is called as users are (ChatUserCase)';
    get({username => "BOSS-F$$"}, "admin/conversations/$talk->{id}/", %folded);
    is sql("select username from chat.audit_log where action = 'view' and object_id = ?", $talk->{id})->{username}, "boss-f$$", 'whatever it is';
};

subtest 'what must be confirmed' => sub {
    my $talk  = talk('Jim');
    my $other = talk('Kim');
    my %json  = (action => 'delete', ids => [$talk->{id}]);
    my $word  = act('conversations', %json, dry_run => $true)->json->{confirm};
    my %with  = (%json, reason => 'r', confirm => $word);

    is get($talk->{member}, $talk->{path})->code, 200, 'a dry run deletes nothing';
    is_deeply act('conversations', %with, reason => undef)->fields, ['reason'], 'a reason is needed';
    for my $wrong (undef, '', 'x', "x$word", substr($word, 0, -1), $word =~ s/^\d+/9999999999/r, $word =~ s/^\d+/1/r, $word =~ s/^\d+\.//r) {
        my $answer = act('conversations', %with, confirm => $wrong);
        is $answer->code . $answer->json->{code}, '409confirm', 'not with ' . ($wrong // 'none');
    }
    is act('conversations', %with, ids => [$other->{id}])->code, 409, 'nor for another one';
    is act('conversations', %with, ids => [$talk->{id}, $other->{id}])->code, 409, 'or one more';
    is act('messages', %with)->code, 409, 'or other objects';
    is post({username => "other-$$"}, 'admin/conversations/actions/', {%with})->code, 409, 'nor by another administrator';
    is get($_->{member}, $_->{path})->code, 200, 'all are still there' for $talk, $other;
    is act('conversations', %with)->json->{done}, 1, 'but with it';
};

subtest 'what is wrong is refused' => sub {
    my $count = () = sql('select 1 from chat.audit_log where username = ?', $boss->{username});
    my %wrong = (
        action  => [undef, '', 'x', 'export_all', 5, []],
        ids     => [undef, [], [0], ['x'], [-1], [1 .. 1001], 5, {}],
        reason  => ['x' x 501, 5],
        dry_run => ['true', 1, undef],
        after   => [-1, 'x', []],
        confirm => [5],
    );
    for my $name (sort keys %wrong) {
        for my $value (@{$wrong{$name}}) {
            my $answer = act('conversations', action => 'block', ids => [999999999], $name => $value);
            is $answer->code . " @{$answer->fields}", "400 $name", "$name: " . substr Cpanel::JSON::XS->new->allow_nonref->encode($value), 0, 40;
        }
    }
    is_deeply act('conversations', action => 'block')->fields, ['ids'], 'neither ids nor a filter';
    is_deeply act('conversations', action => 'block', ids => [1], filter => {blocked => $true})->fields, ['ids'], 'both';
    is_deeply act('conversations', action => 'block', filter => {})->fields, ['filter'], 'a filter without any';
    is_deeply act('messages', action => 'block', ids => [1])->fields, ['action'], 'the action of others';
    is post($boss, 'admin/conversations/actions/', {action => 'block', ids => [1]}, headers => {Origin => 'https://evil.example', 'Sec-Fetch-Site' => 'cross-site'})->code,
        403, 'from a foreign page';
    is get($boss, 'admin/conversations/actions/')->code, 405, 'GET';
    is scalar(() = sql('select 1 from chat.audit_log where username = ?', $boss->{username})), $count, 'and nothing is logged';
};

done_testing;
