use ChatTest;
use ChatTest::Httpd ();
use ChatTest::WebSocket ();

# What the feeds go by: rows of chat.events, which each feed must find exactly once although
# transactions end in another order than they began, late, or not at all.
my $params = ChatTest::Config->suite->{vars}{database};
my $church = church('Order');
my $carol  = staff_of($church, 'Carol');

# Sessions of their own, whose transactions stay open side by side.
my $session = 0;
sub session { return ChatTest::db("$params application_name=session" . ++$session) }

# As the feed asks, but for this church: with what an earlier snapshot did not show comes the next one.
sub look
{
    my ($db, $snapshot) = @_;
    my $rows = $db->selectall_arrayref(<<'END', undef, $$snapshot, $$snapshot, $church->{id});
select pg_current_snapshot()::text, e.message_id
from (select) one
left join chat.events e on (e.xid >= pg_snapshot_xmax(?::pg_snapshot)
        or e.xid = any (array(select pg_snapshot_xip(?::pg_snapshot))))
    and e.kind = 1 and e.conversation_id in (select c.id from chat.conversations c where c.church_id = ?)
order by e.id
END

    $$snapshot = $rows->[0][0];
    return grep {defined} map { $_->[1] } @$rows;
}

sub said_in
{
    my ($db, $talk, $what) = @_;

    return $db->selectrow_array('select (message).id from chat.send_message(?, ?, ?)', undef,
        $talk->{member}->id, $talk->{id}, $what);
}

# Rows older than a minute, and some that are young for long; the feeds take the old ones away by and
# by, which is looked at in the end. Those that somebody holds are young until they are held: other
# test files have feeds, too, which may look in between. A key share lock lets others change the time.
sql(q{insert into chat.events (kind, message_id, created_at)
      select 98, n, clock_timestamp() - interval '5 minutes' from generate_series(11, 100) n});
sql(q{insert into chat.events (kind, message_id, created_at)
      select 98, n, clock_timestamp() + interval '1 hour'
      from (select generate_series(1, 10) union all select generate_series(1001, 1100)) g (n)});
my $holder = session();
$holder->begin_work;
$holder->do('select from chat.events where kind = 98 and message_id <= 10 for key share');
sql(q{update chat.events set created_at = clock_timestamp() - interval '5 minutes' where kind = 98 and message_id <= 10});

subtest 'commits in another order' => sub {
    my $live  = ChatTest::Live->of($carol);
    my @talks = map { conversation(undef, $church) } 1 .. 8;
    my $plain = conversation(undef, $church);
    my $feed  = session();
    my ($snapshot) = $feed->selectrow_array('select pg_current_snapshot()::text');
    my @sessions = map { session() } @talks;
    my (@ids, @told);

    $live->come;
    $_->begin_work for @sessions;
    for my $at (0 .. $#talks) {
        push @ids, said_in($sessions[$at], $talks[$at], "begun as number $at");
        my $between = say($plain, "after number $at")->json->{message}{id};
        ok $live->await_message($between), "what is said after number $at is heard at once";
        push @told, look($feed, \$snapshot);
        is pop @told, $between, 'and the rule shows it';
        is_deeply \@told, [], 'and nothing that has not been committed';
    }
    my @order   = (5, 2, 7, 0, 3, 6, 1);
    my $undone  = 4;
    for my $at (@order) {
        is_deeply [look($feed, \$snapshot)], [], 'nothing new';
        $sessions[$at]->commit;
        is_deeply [look($feed, \$snapshot)], [$ids[$at]], "number $at is shown when it is committed";
        ok $live->await_message($ids[$at]), 'and heard';
        $sessions[$undone]->rollback if $at == 3;
    }
    is_deeply [look($feed, \$snapshot)], [], 'what was taken back is not shown';
    is_deeply [map { map { $_->{type} } @$_ } ChatTest::Live->until_fence($live)], [], 'nor heard, and nothing twice';
    $live->leave;
};

# A message in a part of a transaction that is kept, and in one that is not.
subtest 'parts of a transaction' => sub {
    my $live = ChatTest::Live->of($carol);
    my $talk = conversation(undef, $church);
    my ($db, $feed) = (session(), session());
    my ($snapshot) = $feed->selectrow_array('select pg_current_snapshot()::text');
    my @kept;

    $live->come;
    $db->begin_work;
    push @kept, said_in($db, $talk, 'before');
    $db->do('savepoint one');
    said_in($db, $talk, 'taken back');
    $db->do('rollback to savepoint one');
    $db->do('savepoint two');
    push @kept, said_in($db, $talk, 'in a part');
    $db->do('release savepoint two');
    is_deeply [look($feed, \$snapshot)], [], 'nothing is shown before the commit';
    $db->commit;
    is_deeply [look($feed, \$snapshot)], \@kept, 'what was kept is shown, in order';
    my @heard = map { $live->await('message', sub { $_->{message}{conversation_id} == $talk->{id} }) } @kept;
    is_deeply [map { $_->{message}{id} } @heard], \@kept, 'and heard in order';
    is_deeply [map { $_->{message}{seq} } @heard], [1, 2], 'without a gap';
    is_deeply [map { map { $_->{type} } @$_ } ChatTest::Live->until_fence($live)], [], 'and nothing else';
    $live->leave;
};

# Whose role changes is told so by each host, and nobody else: what they may see is another list now.
subtest 'who becomes staff, or is not any more' => sub {
    my $other = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual);
    ok $other->start, 'a second host';
    my ($eve, $dan, $ida) = (member('Eve'), member('Dan'), member('Ida'));
    my ($first, $second) = (church('First'), church('Second'));
    my $of = sub { my ($person) = @_; map { ChatTest::Live->of($person, @$_) } [], [site => $other->url] };
    my (@eves, @dans, @idas) = ();
    push @eves, $of->($eve);
    push @dans, $of->($dan);
    push @idas, $of->($ida);
    my $told = sub {
        my ($what, @sockets) = @_;
        ok $_->await('resync'), $what for @sockets;
    };
    my $quiet = sub {
        my ($what, @sockets) = @_;
        is_deeply [map { map { $_->{type} } @$_ } ChatTest::Live->until_fence(@sockets)], [], $what;
    };

    staff_of($first, $eve);
    $told->('who becomes staff is told to fetch anew', @eves);
    sql('update chat.church_staff set user_id = ? where user_id = ?', $dan->id, $eve->id);
    $told->('who is replaced', @eves);
    $told->('and who replaces them', @dans);
    sql('update chat.church_staff set church_id = ? where user_id = ?', $second->{id}, $dan->id);
    $told->('who is moved to another church', @dans);
    sql('update chat.church_staff set user_id = user_id where user_id = ?', $dan->id);
    $quiet->('nobody, where nothing is changed', @dans, @eves);
    my $db = session();
    $db->begin_work;
    $db->do('delete from chat.church_staff where user_id = ?', undef, $dan->id);
    $db->rollback;
    $quiet->('nor when it is taken back', @dans);
    sql('delete from chat.church_staff where user_id = ?', $dan->id);
    $told->('who is staff no more', @dans);
    $quiet->('who has nothing to do with it is told nothing, ever', @idas);
    $_->leave for @eves, @dans, @idas;
    $other->stop;
    is_deeply [$other->unexpected], [], 'the log of the second host is quiet';
};

# Writers with transactions of all lengths, some given up; several feeds that look whenever they can.
subtest 'many at once' => sub {
    my @talks = map { conversation(undef, $church) } 1 .. 6;
    my @feeds = map { {db => session(), told => []} } 1 .. 3;
    my $ids   = join ',', map { $_->{id} } @talks;

    ($_->{snapshot}) = $_->{db}->selectrow_array('select pg_current_snapshot()::text') for @feeds;
    my @workers = map {
        my $talk = $_;
        in_background {
            my $db = ChatTest::db();

            $db->begin_work;
            for (0 .. int rand 3) {
                said_in($db, $talk, 'x');
                $db->do('select pg_sleep(?)', undef, rand 0.01) if rand() < 0.5;
            }
            rand() < 0.2 ? $db->rollback : $db->commit;
            1;
        };
    } @talks;
    until_true {
        push @{$_->{told}}, look($_->{db}, \$_->{snapshot}) for @feeds;
        @{$feeds[0]{told}} >= 300;
    } 'much is told', 30;
    cmp_ok $_->stop, '>', 5, 'a writer has written' for @workers;
    my @truth = map { $_->{id} } sql("select id from chat.messages where conversation_id in ($ids) order by id");
    for my $feed (@feeds) {
        push @{$feed->{told}}, look($feed->{db}, \$feed->{snapshot});
        is_deeply [sort { $a <=> $b } @{$feed->{told}}], \@truth,
            'each that was kept is told exactly once';
    }
    my ($phantoms) = map { $_->{count} } sql(
        "select count(*) from chat.events e where e.kind = 1 and e.conversation_id in ($ids)
         and not exists (select from chat.messages m where m.conversation_id = e.conversation_id and m.id = e.message_id)");
    is $phantoms, 0, 'and nothing that was not';
    my %at   = map { $_->{id} => $_ } sql("select id, conversation_id, seq from chat.messages where conversation_id in ($ids)");
    my %last = map { $_->{id} => 0 } @talks;
    my @disorder = grep { ++$last{$_->{conversation_id}} != $_->{seq} } map { $at{$_} // () } @{$feeds[0]{told}};
    is_deeply \@disorder, [], 'of each conversation in the order of seq';
};

subtest 'old events' => sub {
    my $count = 'select count(*) from chat.events where kind = 98 and message_id';

    get($carol, 'conversations/'); # a feed is there
    until_true { !sql("$count between 11 and 100")->{count} } 'go by and by', 40;
    is sql("$count > 1000")->{count}, 100, 'the young stay';
    is sql("$count <= 10")->{count}, 10, 'so do those that somebody holds, for whom nobody waits';
    $holder->commit;
    until_true { !sql("$count <= 10")->{count} } 'which go when they are free', 40;
    sql('delete from chat.events where kind = 98');
};

done_testing;
