use ChatTest;
use ChatTest::Httpd ();
use ChatTest::WebSocket ();
use POSIX ();

# What clients and the server remember of the database is worth nothing when the database goes back, or
# another one takes its place: the epoch tells. With a PostgreSQL that nobody else uses, which is dumped,
# restored and promoted under an httpd that runs on.
my $postgresql = ChatTest::PostgreSQL->new;
my $params     = $postgresql->params;
$postgresql->migrate;
my $httpd = ChatTest::Httpd->new(database => $params, conf => "ChatCache shmcb\n" . ChatTest::Httpd->usual);
my %here  = (site => $httpd->url, statements => undef); # the cache may answer
ok $httpd->start, 'httpd starts' or diag $httpd->said;

sub here { return ChatTest::db($params) }
sub epoch { return here()->selectrow_array('select chat.current_epoch()') }

my ($ada, $carol) = map { stranger($_) } "ada$$", "carol$$";
my $church_id = here()->selectrow_array(q{insert into chat.churches (name) values ('Here') returning id});
my $talk = open_talk($ada);
get($carol, 'conversations/', %here);
here()->do(q{insert into chat.church_staff (church_id, user_id)
    select ?, u.id from chat.users u where u.username = ?}, undef, $church_id, $carol->{username});
post_here("number $_") for 1 .. 5;

subtest 'where the epoch stands' => sub {
    my $epoch = epoch();
    my $ws    = live($carol);

    like $epoch, qr/^[0-9a-f]{16}$/, 'its form';
    is $ws->{hello}{epoch}, $epoch, 'hello';
    is get($carol, $_, %here)->json->{epoch}, $epoch, $_
        for 'conversations/', 'notifications/', "$talk->{path}messages/";
    is epoch(), $epoch, 'it stays';
    $ws->leave;
};

subtest 'a resume from where the server has been' => sub {
    my $ws = live($carol);

    is_deeply answer_of($ws, {$talk->{id} => 4}), {type => 'resumed'}, 'from 4';
    is seqs($ws), '5', 'the rest comes';
    is_deeply answer_of($ws, {$talk->{id} => 4}, epoch()), {type => 'resumed'}, 'and with the epoch';
    is seqs($ws), '5', 'it comes';
    $ws->leave;
};

subtest 'a resume from where the server has not been' => sub {
    my %resync = (type => 'resync', epoch => epoch());
    my $ws     = live($carol);

    is_deeply answer_of($ws, {$talk->{id} => 9}), \%resync, 'from 9, of 5';
    my @sent = map { post_here("after $_")->{seq} } 1 .. 5;
    is seqs($ws, scalar @sent), "@sent", 'nothing is held back for one who had seen more';
    is_deeply answer_of($ws, {$talk->{id} => 8}, 'f' x 16), \%resync, 'of another epoch';
    is_deeply answer_of($ws, {}, 'f' x 16), \%resync, 'of another epoch, with nothing';
    is_deeply answer_of($ws, {$talk->{id} => 8}, 'x' x 100), \%resync, 'of one that was never given';
    my $last = post_here('and on')->{seq};
    is seqs($ws, 1), $last, 'nothing is held back';
    my $error = $ws->ask({type => 'resume', conversations => {}, epoch => 7});
    is "$error->{type} $error->{status} $error->{errors}[0]{field}", 'error 400 epoch', 'a number is no epoch';
    $ws->leave;
};

subtest 'renewed by hand' => sub {
    my %before = before();
    my $said   = qx{sql/migrate --renew-epoch "$params" 2>&1};

    is $?, 0, 'the command' or diag $said;
    like $said, qr/new epoch/, 'says so';
    everything_is_new(\%before);
};

subtest 'restored in its place' => sub {
    my $file = "$postgresql->{state}.dump";

    is system('pg_dump', '-Fc', '-n', 'chat', '-f', $file, $params), 0, 'a dump';
    my @lost = map { post_here("lost $_")->{seq} } 1 .. 4;
    my %before = before();
    my $ws     = $before{ws};

    is system("pg_restore --single-transaction --clean --if-exists -d '$params' '$file' >'$file.log' 2>&1"), 0, 'and back'
        or diag qx{cat '$file.log'};
    everything_is_new(\%before);
    my $again = live($carol);
    is answer_of($again, {$talk->{id} => $lost[-1]})->{type}, 'resync', 'what was lost is not resumed from';
    my @sent = map { post_here("restored $_")->{seq} } 1 .. 6;
    is $sent[0], $lost[0], 'its numbers are given again';
    is seqs($again, scalar @sent), "@sent", 'and all of them are heard';
    $again->leave;
};

subtest 'only the data restored' => sub {
    my $file  = "$postgresql->{state}.data";
    my $epoch = epoch();

    is system('pg_dump', '-Fc', '-a', '-t', 'chat.epoch', '-f', $file, $params), 0, 'a dump';
    here()->do('truncate chat.epoch');
    is system('pg_restore', '-a', '-d', $params, $file), 0, 'and back';
    isnt epoch(), $epoch, 'another epoch';
};

subtest 'restored elsewhere' => sub {
    my $dump  = "$postgresql->{state}.dump";
    my $epoch = epoch();
    (my $other = $params) =~ s/dbname=\S+/dbname=elsewhere/;

    is system('pg_dump', '-Fc', '-f', $dump, $params), 0, 'a dump';
    here()->do('create database elsewhere');
    system("pg_restore -d '$other' '$dump' >'$dump.log' 2>&1");
    my $found = ChatTest::db($other)->selectrow_array('select chat.current_epoch()');
    like $found, qr/^[0-9a-f]{16}$/, 'it has an epoch';
    isnt $found, $epoch, 'another one';
    is epoch(), $epoch, 'this one stays';
    ChatTest::db($other)->disconnect;
};

subtest 'dumped while people write, restored into a new database' => sub {
    my $dump = "$postgresql->{state}.loaded.dump";
    (my $loaded = $params) =~ s/dbname=\S+/dbname=loaded/;
    my $url    = $httpd->url . "/api/$talk->{path}messages/";
    my $last   = sub { $_[0]->selectrow_array('select last_seq from chat.conversations where id = ?', undef, $talk->{id}) };
    my $before = $last->(here());
    my $writer = fork // die "fork: $!";

    exec 'sh', '-c', qq{while :; do curl -s -o /dev/null -u '$ada->{username}:x' --json '{"content":"on and on"}' '$url' || exit; done} or POSIX::_exit(127)
        unless $writer;
    until_true { $last->(here()) >= $before + 3 } 'somebody writes';
    my $acknowledged = $last->(here());
    is system('pg_dump', '-Fc', '-n', 'chat', '-f', $dump, $params), 0, 'a dump';
    my $dumped = $last->(here());
    until_true { $last->(here()) > $dumped } 'writing went on';
    kill TERM => $writer;
    waitpid $writer, 0;
    here()->do('create database loaded');
    is system("pg_restore --exit-on-error -d '$loaded' '$dump' >'$dump.log' 2>&1"), 0, 'restored';
    my $restored = ChatTest::db($loaded);
    cmp_ok $last->($restored), '>=', $acknowledged, 'it has what was acknowledged before the dump';
    cmp_ok $last->($restored), '<=', $dumped, 'and nothing from after it';
    is_deeply $restored->selectrow_arrayref('select count(*), min(seq), max(seq) from chat.messages where conversation_id = ?', undef, $talk->{id}),
        [$last->($restored), 1, $last->($restored)], 'without a gap';
    is_deeply $restored->selectall_arrayref('select * from chat.check()'), [], 'it is consistent';
    isnt $restored->selectrow_array('select chat.current_epoch()'), epoch(), 'and its epoch tells clients to fetch again';
    is system("sql/migrate '$loaded' >/dev/null 2>&1"), 0, 'chat-migrate has nothing against it';
    $restored->disconnect;
};

subtest 'a standby that is promoted' => sub {
    my $epoch = epoch();
    my $found = sub { scalar @{get($ada, "conversations/search/?q=$_[0]", %here)->json->{results} // []} };

    post_here('indexed in time');
    until_true { $found->('indexed+in+time') == 1 } 'a message is indexed';
    my $other = here()->clone; # who adds no words, until the server stops
    $other->begin_work;
    $other->do('select from chat.search_state for update');
    post_here('waits for its words');
    is here()->selectrow_array('select count(*) from chat.unindexed'), 1, 'another one waits for that';
    here()->disconnect;
    ChatTest::forget_db($params);
    $postgresql->stop;
    eval { $other->disconnect };
    open my $signal, '>', glob("$postgresql->{state}/postgresql/data") . '/standby.signal' or die $!;
    close $signal;
    $postgresql->start;
    ok here()->selectrow_array('select pg_is_in_recovery()'), 'as a standby';
    is epoch(), $epoch, 'it has the epoch of the server that it follows';
    until_true { get($carol, 'conversations/', %here)->code == 200 } 'it is read from';
    is get($carol, 'conversations/', %here)->json->{epoch}, $epoch, 'lists say so';
    is $found->('indexed+in+time'), 1, 'messages are searched in';
    is $found->('waits+for+its'), 0, 'as far as they were indexed';
    my $tag = get($carol, 'conversations/unread/', %here)->header('ETag');
    chomp(my $admin = qx{STATE='$postgresql->{state}' conf/instance database-params admin});
    is qx{psql -XAtq -d '$admin' -c 'select pg_promote()'}, "t\n", 'promoted';
    isnt epoch(), $epoch, 'it lives its own life';
    until_true { get($carol, 'conversations/', %here)->json->{epoch} eq epoch() } 'lists say so';
    until_true { $found->('waits+for+its') == 1 } 'the queue, which no standby has, is made up for';
    my $answer = get($carol, 'conversations/unread/', %here, headers => {'If-None-Match' => $tag});
    is $answer->code, 200, 'an ETag of before means nothing';
};

ok $httpd->said =~ /feed: the epoch of the database has changed/, 'the log says what happened';
$httpd->stop;
done_testing;

sub open_talk
{
    my ($person) = @_;
    my $opened = post($person, 'conversations/', {church_id => $church_id}, %here)->json->{conversation};

    return {id => $opened->{id}, path => "conversations/$opened->{id}/"};
}

sub post_here
{
    my ($content) = @_;
    my $answer = post($ada, "$talk->{path}messages/", {content => $content}, %here);

    is $answer->code, 201, 'posted' if $answer->code != 201;
    return $answer->json->{message};
}

sub live { return ChatTest::Live->of($_[0], site => $httpd->url) }

# Without its ref.
sub answer_of
{
    my ($ws, $from, $epoch) = @_;
    my $answer = $ws->resume($from, undef, $epoch) // {type => 'nothing'};

    delete $answer->{ref};
    return $answer;
}

# Of the messages that have come, or of the next so many.
sub seqs
{
    my ($ws, $count) = @_;
    my @frames = $count ? map { $ws->await('message') // () } 1 .. $count : $ws->come;

    return join ' ', map { $_->{message}{seq} } grep { $_->{type} eq 'message' } @frames;
}

# What clients have now: a socket, tags, a cursor, a sync, answers that httpd keeps.
sub before
{
    my %before = (epoch => epoch(), ws => live($carol));
    my @paths  = ('conversations/', 'conversations/unread/', $talk->{path}, "$talk->{path}messages/", 'notifications/');

    open_talk(stranger('more' . ++$before{$_} . $$ . time)) for 'talks';
    for my $path (@paths) {
        my $answer = get($carol, $path, %here);

        $before{tags}{$path} = $answer->header('ETag');
    }
    until_true {
        my $answer = get($carol, 'conversations/unread/', %here);
        !$answer->statements;
    } 'an answer is kept';
    my $list = get($carol, 'conversations/?limit=1', %here)->json;
    @before{qw(next sync)} = @$list{qw(next sync)};
    return %before;
}

sub everything_is_new
{
    my ($before) = @_;
    my $epoch = epoch();

    isnt $epoch, $before->{epoch}, 'the epoch is another one';
    is $before->{ws}->await('resync')->{epoch}, $epoch, 'a socket is told';
    is $before->{ws}->closed, 1001, 'and is to come again, for its user may be somebody else';
    for my $path (sort keys %{$before->{tags}}) {
        my $answer = get($carol, $path, %here, statements => undef,
            headers => {'If-None-Match' => $before->{tags}{$path}});

        is $answer->code, 200, "$path: an ETag of before means nothing";
        is $answer->json->{epoch}, $epoch, 'the epoch' if exists $answer->json->{epoch};
    }
    if ($before->{next}) {
        my $page = ask($carol, 'GET', $before->{next}, %here);
        is $page->code . ' ' . join(',', @{$page->fields}), '400 cursor', 'a cursor of before is refused';
    }
    my $list = get($carol, "conversations/?updated_since=$before->{sync}", %here)->json;
    is_deeply [map { $_->{id} } @{$list->{conversations}}],
        [map { $_->{id} } @{get($carol, 'conversations/', %here)->json->{conversations}}],
        'a sync of before brings the list from its beginning';
    isnt $list->{sync}, $before->{sync}, 'and another sync';
}
