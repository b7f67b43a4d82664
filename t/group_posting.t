use ChatTest;
use DBD::Pg           ();
use ChatTest::Httpd   ();
use ChatTest::Metrics ();
use ChatTest::Upload  ();

# Messages that are sent at the same time are stored by one statement, those that are read at the same time are marked by
# one, and each sender or reader gets the answer that it would get alone. One child, so that all of them meet; a lock that
# another session holds makes them wait for each other.
my $LIMIT_MS = 2500; # of a statement, and of a lock
my $own      = "grouped$$"; # its sessions, and nobody else's
my $usual    = ChatTest::Httpd->usual("DBDMin 5\nDBDKeep 5\nDBDMax 5\nDBDExptime 0\n", $LIMIT_MS, $own);
my ($params) = $usual =~ /^DBDParams "(.*) application_name/m;
my $httpd    = ChatTest::Httpd->new(conf => $usual . ChatTest::Upload::files_conf() . <<"END" . join '', map {"ChatRateLimit $_ off\n"} qw(send read open upload));
ChatAttachmentUploads 64 user=64
StartServers 1
ServerLimit 4
ThreadLimit 100
ThreadsPerChild 100
MaxRequestWorkers 400
MinSpareThreads 1
MaxSpareThreads 400
<Location "/chat-metrics">
    SetHandler chat-metrics
</Location>
<VirtualHost *:\@port\@>
    ServerName usual.example
</VirtualHost>
<VirtualHost *:\@port\@>
    ServerName one.example
    DBDriver pgsql
    DBDParams "$params application_name=one"
    DBDMin 1
    DBDKeep 1
    DBDMax 1
</VirtualHost>
<VirtualHost *:\@port\@>
    ServerName hurried.example
    ChatDatabaseWait 300
    DBDriver pgsql
    DBDParams "$params application_name=narrow options='-c statement_timeout=3000 -c lock_timeout=3000'"
    DBDMin 1
    DBDKeep 1
    DBDMax 1
</VirtualHost>
<VirtualHost *:\@port\@>
    ServerName calm.example
    DBDriver pgsql
    DBDParams "$params application_name=narrow options='-c statement_timeout=3000 -c lock_timeout=3000'"
    DBDMin 1
    DBDKeep 1
    DBDMax 1
</VirtualHost>
<VirtualHost *:\@port\@>
    ServerName long.example
    ChatDatabaseWait 500
    DBDriver pgsql
    DBDParams "$params application_name=long options='-c statement_timeout=20000 -c lock_timeout=20000'"
    DBDMin 2
    DBDKeep 2
    DBDMax 2
</VirtualHost>
<VirtualHost *:\@port\@>
    ServerName off.example
    ChatGroupPosting off
</VirtualHost>
END
ok $httpd->start, 'httpd starts' or diag $httpd->said;

my $church  = church('Busy');
my $carol   = staff_of($church, 'Carol');
my @talks   = map { begun(member("Person $_"), $church) } 1 .. 40;
my $blocker = ChatTest::db()->clone;
my $round   = 0;

sub sending
{
    my ($talk, $content, %options) = @_;
    my $person = delete $options{as} // $talk->{member};
    my $host   = delete $options{host} // 'usual';
    my %json   = (content => $content, exists $options{client_id} ? (client_id => delete $options{client_id}) : ());

    return [$person, POST => "$talk->{path}messages/", json => \%json, site => $httpd->url, headers => {Host => "$host.example"}, %options];
}

sub reading
{
    my ($talk, %options) = @_;
    my $person = delete $options{as} // $talk->{member};
    my $host   = delete $options{host} // 'usual';
    my %json   = exists $options{up_to} ? (up_to => delete $options{up_to}) : ();

    return [$person, POST => "$talk->{path}read/", json => \%json, site => $httpd->url, headers => {Host => "$host.example"}, %options];
}

# While another session holds a lock, until `seen` has been true, or for a while.
sub together_behind
{
    my ($lock, $seen, @requests) = @_;
    my $ticks = 0;
    my $is_seen = 0;
    my $timer;

    $blocker->begin_work;
    $blocker->do(@$lock);
    $timer = Mojo::IOLoop->recurring(0.05 => sub {
        $is_seen ||= $seen->() ? 1 : 0;
        return unless $is_seen || ++$ticks > 20 * 20 * slow();
        Mojo::IOLoop->remove($timer);
        $blocker->rollback;
    });
    my @answers = together(@requests);

    Mojo::IOLoop->remove($timer);
    if (!$blocker->{AutoCommit}) { # all were answered since the last look, and the lock is still held
        $is_seen ||= $seen->() ? 1 : 0;
        $blocker->rollback;
    }
    return ($is_seen, @answers);
}

sub codes
{
    my %codes;

    $codes{$_->code // 'none'}++ for @_;
    return join ' ', map {"$_: $codes{$_}"} sort keys %codes;
}

sub stored
{
    my ($content) = @_;

    return sql(q{select count(*) from chat.messages m join chat.conversations c on c.id = m.conversation_id
        where c.church_id = ? and m.content like ?}, $church->{id}, "$content%")->{count};
}

sub metrics { return ChatTest::Metrics->of($httpd->url) }

# All, and those that were for five or more.
sub statements_between
{
    my ($before, $after, $family, $label) = @_;
    my $many = 0;

    $many += $after->since($before, $family, $label => $_) for '5-16', '17-64';
    return ($after->since($before, $family), $many);
}

# Two messages that no group can take hold up the rest for a moment, which then is one group.
my @held = map { begun(member("Held $_"), $church) } 1 .. 2;
my @hold = ('select 1 from chat.conversations where id in (?, ?) for update', undef, map { $_->{id} } @held);
my @all  = ('select 1 from chat.conversations where church_id = ? for update', undef, $church->{id});

sub in_company
{
    my ($expected, @requests) = @_;
    my $name = 'held ' . ++$round;
    my ($seen, @answers) = together_behind(\@hold, $expected, (map { sending($_, $name) } @held), @requests);

    ok $seen, 'a conversation that somebody has locked holds up nobody else';
    like codes(splice @answers, 0, 2), qr/^(?:201: \d ?)?(?:503: \d)?$/, 'and those in it are stored in the end, or refused';
    return @answers;
}

subtest 'many at once' => sub {
    my ($before, $after, $statements, $many, @answers);
    my $first = 1;

    for my $try (1 .. 30) { # on a busy machine they may come one by one
        $before  = metrics();
        $first   = 2 * $try - 1;
        @answers = in_company(sub { stored('many') == 80 * $try },
            map { my $n = $_; map { sending($_, "many $n $_->{id}") } @talks } $first, $first + 1);
        is codes(@answers), '201: 80', 'all are stored';
        $after = metrics();
        ($statements, $many) = statements_between($before, $after, 'chat_send_statements_total', 'messages');
        last if $statements < 60 && $many;
    }
    cmp_ok $statements, '<', 60, "by $statements statements";
    cmp_ok $many, '>=', 1, 'some of them for many';
    cmp_ok $after->since($before, 'chat_send_wait_seconds_count'), '>', 0, 'some have waited';
    my @wrong = grep { my $talk = $talks[$_ % 40]; $answers[$_]->json->{message}{content} ne 'many ' . ($first + int $_ / 40) . " $talk->{id}" } 0 .. 79;
    is @wrong, 0, 'and each gets its own answer';
    my $run = 0;
    $run += $_->statements // 0 for @answers;
    cmp_ok $run, '<', 80, "requests report $run statements";
    for my $talk (@talks[0, 20, 39]) {
        my @messages = @{messages_of($talk)};
        is_deeply [map { $_->{seq} } @messages], [1 .. @messages], 'seq has no gap';
    }
};

subtest 'all in one conversation' => sub {
    my $talk    = begun(member('Ada'), $church);
    my @answers = in_company(sub { stored('one') == 60 },
        map { sending($talk, "one $_", client_id => "c$_", as => $_ % 3 ? $talk->{member} : $carol) } 1 .. 60);

    is codes(@answers), '201: 60', 'all are stored';
    my %seq = map { $_->json->{message}{seq} => 1 } @answers;
    is_deeply [sort { $a <=> $b } keys %seq], [2 .. 61], 'each has its own seq';
    my @again = together(map { sending($talk, "one $_", client_id => "c$_", as => $_ % 3 ? $talk->{member} : $carol) } 1 .. 60);
    is codes(@again), '200: 60', 'sent again, they are there';
    is_deeply [map { $_->json->{message}{id} } @again], [map { $_->json->{message}{id} } @answers], 'as the same messages';
};

sub sending_file
{
    my ($talk, $content, %options) = @_;
    my ($type, $body) = ChatTest::Upload::form(content => $content, attachment => {name => "$talk->{id}.txt", bytes => "file of $content"},
        exists $options{client_id} ? (client_id => delete $options{client_id}) : ());
    my ($person, $method, $path, undef, undef, @more) = @{sending($talk, '', %options)};

    return [$person, $method => $path, type => $type, body => $body, @more];
}

subtest 'files in company' => sub {
    my @some = @talks[0 .. 9];
    my (@answers, $statements);

    for my $try (1 .. 30) { # on a busy machine they may come one by one
        my $before = metrics();

        @answers = in_company(sub { stored("say $try") == 10 }, map { sending_file($_, "say $try $_->{id}") } @some);
        is codes(@answers), '201: 10', 'messages with a file each are stored';
        $statements = metrics()->since($before, 'chat_send_statements_total');
        last if $statements < 10;
    }
    cmp_ok $statements, '<', 10, 'some of them by one statement';
    is_deeply [map { $_->json->{message}{attachment}{name} } @answers], [map {"$_->{id}.txt"} @some], 'each has its own';
    for my $n (0, 9) {
        like get($some[$n]{member}, $answers[$n]->json->{message}{attachment}{url}, site => $httpd->url,
            headers => {Host => 'usual.example'})->body, qr/^file of say \d $some[$n]{id}$/, 'whole';
    }
};

subtest 'files that do not fit into a group' => sub {
    my ($talk, $other) = (begun(member('Fay'), $church), begun(member('Gus'), $church));
    my $files = sub { return sql('select count(*) from chat.attachments where conversation_id = ?', $_[0]{id})->{count} };
    my @twice = in_company(sub { stored('many') >= 1 }, (map { sending_file($talk, "own $_") } 1 .. 3),
        (map { sending_file($other, 'twice', client_id => 'twice') } 1 .. 3), sending($talks[0], 'many'));

    is codes(@twice[0 .. 2]), '201: 3', 'several of one sender, whose quota they have, are stored all the same';
    is $files->($talk), 3, 'each once';
    is codes(@twice[3 .. 5]), '200: 2 201: 1', 'one that was sent three times is stored once';
    is $files->($other), 1, 'with its file';
    is_deeply [map { $_->{seq} } @{messages_of($talk)}], [1 .. 4], 'seq has no gap';

    my $key = 'user ' . $talk->{member}->id;
    my ($seen, @answers) = together_behind(['select pg_advisory_xact_lock(7403, hashtext(?))', undef, $key],
        sub { stored('beside') == 10 }, sending_file($talk, 'held'), map { sending_file($_, "beside $_->{id}") } @talks[0 .. 9]);
    ok $seen, 'a quota that somebody has locked holds up nobody else';
    is codes(@answers[1 .. 10]), '201: 10', 'whose messages are stored';
    like codes($answers[0]), qr/^(?:201|503): 1$/, 'and its own when it is given back, or not';
};

subtest 'refusals in company' => sub {
    my ($closed, $blocked) = (church('Closed'), begun(member('Blocked'), $church));
    my $of_closed = begun(member('Ben'), $closed);
    my $gone      = begun(member('Gone'), $church);

    sql('update chat.churches set is_active = false where id = ?', $closed->{id});
    sql('update chat.conversations set member_blocked = true where id = ?', $blocked->{id});
    sql('update chat.users set is_active = false where id = ?', $gone->{member}->id);
    my $text    = qq{mixed "quotes", \\back\\slashes, {braces}, null and ünïcödé \x{1f44b}};
    my @answers = in_company(sub { stored('mixed') == 26 }, (map { sending($_, "$text $_->{id}") } @talks[0 .. 24]),
        sending($of_closed, 'mixed'), sending($blocked, 'mixed'), sending($gone, 'mixed'),
        sending($talks[0], 'mixed', as => $talks[1]{member}), sending($talks[0], 'mixed', as => stranger(), statements => undef),
        sending($blocked, 'mixed', as => $carol));

    is codes(@answers[0 .. 24, 30]), '201: 26', 'what is fine is stored';
    is_deeply [map { join ' ', $_->code, $_->json->{code} } @answers[25 .. 29]],
        ['403 church_inactive', '403 blocked', '403 user_inactive', '404 not_found', '404 not_found'], 'what is not is refused';
    is $answers[$_]->json->{message}{content}, "$text $talks[$_]{id}", 'letter by letter' for 0, 24;
    is $answers[30]->json->{message}{staff_name}, 'Carol', 'staff see who has written';
};

# Two that read what no group can take hold up the rest, as above.
sub read_in_company
{
    my ($expected, @requests) = @_;

    send_for($carol, map { [$_ => 1] } @held);
    my ($seen, @answers) = together_behind(\@hold, $expected, (map { reading($_) } @held), @requests);

    ok $seen, 'a conversation that somebody has locked holds up nobody else who reads';
    like codes(splice @answers, 0, 2), qr/^(?:200: \d ?)?(?:503: \d)?$/, 'and those in it are read in the end, or refused';
    return @answers;
}

# By SQL, as it is not what is tested here: so many messages for each.
sub send_for
{
    my ($person, @for) = @_;

    for (@for) {
        my ($talk, $count) = @$_;
        my $sender = $person // $talk->{member};

        sql('select chat.send_message(?, ?, n::text) from generate_series(1, ?) n', $sender->id, $talk->{id}, $count);
    }
}

sub unread_of { return sql("select sum($_[0]_unread) as count from chat.conversations where church_id = ?", $church->{id})->{count} }

sub unread_of_talks
{
    return sql(q{select sum(member_unread) as count from chat.conversations where id = any (?)}, '{' . join(',', map { $_->{id} } @_) . '}')->{count};
}

subtest 'many read at once' => sub {
    my ($before, $after, $statements, $many, @answers);

    for my $try (1 .. 30) { # on a busy machine they may come one by one
        send_for($carol, map { [$talks[$_] => 1 + $_ % 3] } 0 .. 39);
        $before     = metrics();
        @answers    = read_in_company(sub { unread_of_talks(@talks) == 0 }, map { reading($_) } @talks);
        is codes(@answers), '200: 40', 'all have read';
        $after      = metrics();
        ($statements, $many) = statements_between($before, $after, 'chat_read_statements_total', 'readers');
        last if $statements < 30 && $many;
    }
    cmp_ok $statements, '<', 30, "by $statements statements";
    cmp_ok $many, '>=', 1, 'some of them for many';
    cmp_ok $after->since($before, 'chat_read_wait_seconds_count'), '>', 0, 'some have waited';
    is $after->since($before, 'chat_send_statements_total'), 0, 'what is sent is counted apart';
    is_deeply [map { $_->json->{marked_read} } @answers], [map { 1 + $_ % 3 } 0 .. 39], 'each gets its own answer';
    my $run = 0;
    $run += $_->statements // 0 for @answers;
    cmp_ok $run, '<', 40, "requests report $run statements";
};

subtest 'both sides, and two of the staff' => sub {
    my $dora = staff_of($church, 'Dora');

    send_for($carol, map { [$_ => 2] } @talks[0 .. 9]);
    sql('select chat.mark_read(?, ?)', $carol->id, $_->{id}) for @talks[0 .. 9];
    send_for(undef, map { [$_ => 3] } @talks[0 .. 9]);
    my @bounds  = map { messages_of($_)->[-2]{id} } @talks[0 .. 9]; # the last but one that the member has sent
    my @answers = read_in_company(sub { unread_of_talks(@talks[0 .. 9]) == 0 },
        map { (reading($talks[$_]), reading($talks[$_], as => $carol, up_to => $bounds[$_]), reading($talks[$_], as => $dora)) } 0 .. 9);

    is codes(@answers), '200: 30', 'all have read';
    is_deeply [map { $answers[3 * $_]->json->{marked_read} } 0 .. 9], [(2) x 10], 'members, what the church has written';
    is_deeply [map { $answers[3 * $_ + 1]->json->{marked_read} + $answers[3 * $_ + 2]->json->{marked_read} } 0 .. 9], [(3) x 10],
        'and two of the staff together what the member has written';
    my $wrong = sql(q{select count(*) from chat.conversations c
        cross join lateral (select count(*) filter (where m.from_church) as of_member, count(*) filter (where not m.from_church) as of_church
                            from chat.messages m where m.conversation_id = c.id and m.read_at is null) m
        where c.church_id = ? and (c.member_unread, c.church_unread) is distinct from (m.of_member, m.of_church)}, $church->{id})->{count};
    is $wrong, 0, 'the numbers of unread messages are true';
    is unread_of('church'), sql('select sum(unread) as count from chat.unread_of_churches where church_id = ?', $church->{id})->{count}, 'and so is their sum';
};

subtest 'refusals of readers in company' => sub {
    my $gone = begun(member('Gone'), $church);

    sql('update chat.users set is_active = false where id = ?', $gone->{member}->id);
    send_for($carol, map { [$_ => 1] } @talks[0 .. 19]);
    my @answers = read_in_company(sub { unread_of_talks(@talks[0 .. 19]) == 0 }, (map { reading($_) } @talks[0 .. 19]),
        reading($gone), reading($talks[0], as => $talks[1]{member}), reading($talks[0], as => stranger(), statements => undef),
        reading($talks[2], up_to => 9_000_000_000_000_000));

    is codes(@answers[0 .. 19, 23]), '200: 21', 'who may read has read';
    is_deeply [map { join ' ', $_->code, $_->json->{code} } @answers[20 .. 22]], ['403 user_inactive', '404 not_found', '404 not_found'], 'who may not is refused';
    is_deeply [map { $answers[$_]->json->{marked_read} } 0, 19, 23], [1, 1, 0], 'and each knows what was marked';
};

subtest 'staff who wait for the sum of their church' => sub {
    my $other = church('Stuck');
    my $finn  = staff_of($other, 'Finn');
    my @stuck = map { begun(member("Stuck $_"), $other) } 1 .. 4;
    my $lock  = ['select 1 from chat.unread_of_churches where church_id = ? for update', undef, $other->{id}];

    send_for($carol, map { [$_ => 1] } @talks[0 .. 29]);
    send_for(undef, map { [$_ => 2] } @stuck);
    my ($seen, @answers) = together_behind($lock, sub { unread_of_talks(@talks[0 .. 29]) == 0 },
        (map { reading($_, as => $finn) } @stuck), map { reading($_) } @talks[0 .. 29]);

    ok $seen, 'hold up nobody else';
    is codes(@answers[4 .. 33]), '200: 30', 'who has read meanwhile';
    like codes(@answers[0 .. 3]), qr/^(?:200: \d ?)?(?:503: \d)?$/, 'and have read later, or are refused';
    is unread_of_talks(@talks[0 .. 29]), 0, 'all is marked';
};

subtest 'a statement that fails' => sub {
    my $other = church('Stuck');
    my @stuck = map { begun(member("Stuck $_"), $other) } 1 .. 4;
    my $lock  = ['select 1 from chat.unread_of_churches where church_id = ? for update', undef, $other->{id}];
    my ($seen, @answers) = together_behind($lock, sub { stored('despite') == 30 },
        (map { sending($_, 'never') } @stuck), map { sending($_, 'despite') } @talks[0 .. 29]);

    ok $seen, 'nobody else has to wait until the lock is given back';
    is codes(@answers[4 .. 33]), '201: 30', 'and they are stored';
    like codes(@answers[0 .. 3]), qr/^(?:201: \d ?)?(?:503: \d)?$/, 'those that it is about are stored later, or refused';
};

# Nobody who waits for one of these locks has another one that somebody who has it could wait for: of two churches, the
# sum that is locked first belongs to the conversation that is locked last.
subtest 'locks in one order' => sub {
    my ($first, $last) = (church('First'), church('Last'));
    my @two    = (begun(member('Ada'), $last), begun(member('Ben'), $first));
    my $ids    = '{' . join(',', map { $_->{id} } @two) . '}';

    sql(q{select chat.send_message(?, ?, 'unread')}, $_->{member}->id, $_->{id}) for @two;
    my $said   = '{' . join(',', map { messages_of($_)->[-1]{id} } @two) . '}';
    my $worker = ChatTest::db()->clone;
    my $pid    = $worker->{pg_pid};
    my $lock   = 'select 1 from chat.unread_of_churches where church_id = ? for update nowait';

    $blocker->begin_work;
    $blocker->do($lock, undef, $first->{id});
    for (['chat.delete_conversations(?, 1000)', $ids], ['chat.delete_messages(?, ?)', $ids, $said], ['chat.admin_mark_read(?, 1000)', $ids],
        ['chat.refresh_conversations(?)', $ids]) {
        my ($call, @arguments) = @$_;

        $worker->begin_work;
        # Bound values would be waited for.
        $worker->do('select ' . $call =~ s/\?/$worker->quote(shift @arguments)/ger, {pg_async => DBD::Pg::PG_ASYNC()});
        until_true { sql(q{select 1 from pg_stat_activity where pid = ? and wait_event_type = 'Lock'}, $pid) } "$call waits for a sum";
        ok eval { ChatTest::db()->do($lock, undef, $last->{id}); 1 }, 'and has none';
        $worker->pg_cancel;
        $worker->rollback;
    }
    $worker->do('set statement_timeout = 5000');
    ok !eval {
        $worker->do(q{select from chat.send_messages(?, ?, '{a,b,c}', '{a,b,c}', '{null,null,null}')}, undef,
            '{' . join(',', $two[0]{member}->id, $two[1]{member}->id, $carol->id) . '}', '{' . join(',', map { $_->{id} } @two, $talks[0]) . '}');
    }, 'a group fails when one of its sums is not given';
    is $worker->state, '55P03', 'before the time that a statement has is over';
    $blocker->rollback;
    $worker->disconnect;
};

subtest 'a statement that may take long' => sub {
    my $slow = begun(member('Slow'), $church);
    my $codes = '';

    # A child knows it when it has had a connection; which child is asked is not known here.
    for my $try (1 .. 5) {
        together(map { sending($slow, "known $try $_", host => 'long') } 1 .. 20);
        my $since = time;
        my ($seen, @answers) = together_behind(['select 1 from chat.conversations where id = ? for update', undef, $slow->{id}],
            sub { time >= $since + 4 }, map { sending($slow, "slow $try $_", host => 'long') } 1 .. 3);

        $codes = codes(@answers);
        last if $codes eq '201: 3';
    }
    is $codes, '201: 3', 'makes those after it wait as long';
};

subtest 'a connection that is lost' => sub {
    my $kill = sub {
        sql(q{select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = ?
              and wait_event_type = 'Lock' having count(*) > 1}, $own)
    };
    my ($seen, @answers) = together_behind(\@all, $kill, map { sending($_, 'lost', client_id => 'lost') } @talks);

    ok $seen, 'while statements run';
    like codes(@answers), qr/^(?:201: \d+ ?)?503: \d+$/, 'some are refused';
    my @again = together(map { sending($_, 'lost', client_id => 'lost') } @talks);
    is scalar(grep { $_->code =~ /^20[01]$/ } @again), 40, 'sent again, all are stored';
    is stored('lost'), 40, 'once';
};

subtest 'restarted gracefully' => sub {
    my $restarted = 0;
    my $waits = sub { sql(q{select count(*) from pg_stat_activity where application_name = ? and wait_event_type = 'Lock'}, $own)->{count} };
    my ($seen, @answers) = together_behind(\@all, sub { $waits->() && ($restarted ||= $httpd->graceful) },
        map { sending($_, 'restart') } @talks);

    ok $seen, 'while many wait';
    is codes(@answers), '201: 40', 'all are stored';
};

subtest 'one connection' => sub {
    my @answers = together(map { sending($_, 'narrow', host => 'one') } @talks);

    is codes(@answers), '201: 40', 'serves all';
};

# The hosts share a queue, but not a pool. The connection of one is occupied until its statement has taken too long.
subtest 'no connection comes free' => sub {
    my ($before, @hurried, @calm);

    for my $try (1 .. 5) { # which child has the occupied one is not known here
        $before = metrics();
        my (undef, undef, @answers) = together_behind(['select 1 from chat.conversations where id = ? for update', undef, $held[0]{id}], sub { 0 },
            sending($held[0], "occupies $try", host => 'hurried'), (map { sending($_, "hurried $try", host => 'hurried') } @talks[0 .. 29]),
            map { sending($_, "calm $try", host => 'calm') } @talks[30 .. 34]);

        @hurried = splice @answers, 0, 30;
        @calm    = @answers;
        last if 10 < grep { $_->code == 503 } @hurried;
    }
    my @refused = grep { $_->code == 503 } @hurried;
    cmp_ok scalar @refused, '>', 10, 'who is in a hurry is refused';
    is scalar(grep { $_->statements } @refused), 0, 'without having asked the database';
    cmp_ok metrics()->since($before, 'chat_sends_left_out_total'), '<=', 1 + @calm, 'nor waits once more when a group has waited in vain';
    is codes(@calm), '201: 5', 'who may wait longer is served';
};

subtest 'off' => sub {
    my $before  = metrics();
    my @answers = together(map { sending($_, 'alone', host => 'off') } @talks);

    is codes(@answers), '201: 40', 'each is stored by a statement of its own';
    is scalar(grep { $_->statements == 1 } @answers), 40, 'as the requests report';
    is metrics()->since($before, 'chat_send_statements_total'), 0, 'without a queue';
    send_for($carol, map { [$_ => 1] } @talks);
    @answers = together(map { reading($_, host => 'off') } @talks);
    is codes(@answers), '200: 40', 'and likewise for those who read';
    is metrics()->since($before, 'chat_read_statements_total'), 0, 'without one';
};

$blocker->disconnect;
log_may_say(qr/statement timeout|lock timeout|statement_timeout|terminat|connection to PostgreSQL|it is there again|took too long|no connection came free/);
my @complaints = grep { !/statement timeout|lock timeout|terminat|connection|it is there again|took too long/ } $httpd->unexpected;
is_deeply \@complaints, [], 'its log has nothing else';
$httpd->stop;
done_testing;
