use ChatTest;
use ChatTest::Httpd ();
use ChatTest::WebSocket ();
use File::Temp qw(tempdir);
use Time::HiRes qw(time sleep);

# httpd before a pgbouncer that gives each transaction whichever of three server processes is free: eight
# connections of two children share them. The suite's own httpd, without it, is a second host.
my $params = ChatTest::Config->suite->{vars}{database};
my %word   = $params =~ /(\w+)='?([^\s']+)/g;
my $dir    = tempdir('/var/tmp/mod_chat-pgbouncer-XXXXXX', CLEANUP => 1);
my ($program) = grep {-x} '/usr/sbin/pgbouncer', map {"$_/pgbouncer"} split /:/, $ENV{PATH};
my $owner = $$;
my $pid;
my $pooled = "host=$dir port=6432 dbname=$word{dbname} user=$word{user} passfile=$word{passfile}";
my ($password) = qx{cat '$word{passfile}'} =~ /([^:\n]+)$/;
my $usual  = ChatTest::Httpd->usual("DBDMin 4\nDBDKeep 4\nDBDMax 4\nDBDExptime 0\n") . "ChatRateLimit send off\nChatDatabaseWait 10000\n";
(my $plain = $usual) =~ s/ options='[^']*'//;

chmod 0755, $dir;
start_pgbouncer("connect_query='set statement_timeout = 5000; set lock_timeout = 4000; set jit = off; set plan_cache_mode = force_generic_plan; set enable_seqscan = off'");
END { stop_pgbouncer() if $owner && $owner == $$ }

my $church = church('Pool');
my $carol  = staff_of($church, 'Carol');
my @talks  = map { begun(member(), $church) } 1 .. 6;
my $httpd  = ChatTest::Httpd->new(database => $pooled, conf => "$plain\nChatDatabaseListen \"$params\"\n");
ok $httpd->start, 'httpd starts' or diag $httpd->said;
my %here = (site => $httpd->url);

subtest 'requests' => sub {
    my %asked;

    for my $round (1 .. 12) {
        my @answers = together(map {
            my $path = $_->{path};
            ([$_->{member}, GET => 'conversations/', %here], [$carol, GET => "${path}messages/", %here],
             [$_->{member}, GET => 'conversations/unread/', %here],
             [$_->{member}, POST => "${path}messages/", json => {content => "round $round", client_id => "r$round"}, %here],
             [$carol, POST => "${path}read/", %here], [$carol, GET => $path, %here])
        } @talks);
        $asked{$_->code}++ for @answers;
    }
    is_deeply [sort keys %asked], [200, 201], 'all are served' or diag join ', ', %asked;
    is $asked{201}, 72, 'and each message is stored once';
    my $shared = ChatTest::db($pooled);
    my ($pid, $prepared) = $shared->selectrow_array(q{select pg_backend_pid(), count(*) from pg_prepared_statements
        where name ~ '^(list|get|unread|post|mark)_\w+_[0-9a-f]{16}$'});
    cmp_ok $prepared, '>', 3, "with $prepared statements prepared in process $pid";
    my ($processes) = sql(q{select count(*) from pg_stat_activity where application_name = 'pooled'})->{count};
    cmp_ok $processes, '<=', 3, "over $processes processes";
    until_true {
        !sql(q{select count(*) from pg_stat_activity where application_name = 'pooled' and state <> 'idle'})->{count}
    } 'which nobody keeps';
};

subtest 'a statement that a process has forgotten' => sub {
    for my $round (1 .. 5) {
        ChatTest::db($pooled)->do('deallocate all') for 1 .. 3;
        my @answers = together(map { [$_->{member}, GET => "$_->{path}messages/", %here] } (@talks) x 2);
        is scalar(grep { $_->code == 200 } @answers), 12, "round $round";
    }
};

subtest 'what happens at either host is heard at both' => sub {
    my $talk = $talks[0];
    my @sockets = ((map { ChatTest::Live->of($carol, %here) } 1 .. 6), map { ChatTest::Live->of($carol) } 1 .. 2);

    for my $site ($httpd->url, undef, $httpd->url) {
        my $begin = time;
        my $id = say($talk, 'heard', site => $site)->json->{message}{id};
        is scalar(grep { !$_->await_message($id) } @sockets), 0, 'a message';
        cmp_ok time - $begin, '<', 1 * slow(), sprintf 'within %.2f s', time - $begin;
    }
    post($talk->{member}, "$talk->{path}typing/", {is_typing => Cpanel::JSON::XS::true}, %here);
    is scalar(grep { !$_->await('typing') } @sockets), 0, 'and who types';
    $_->leave for @sockets;
};

subtest 'server processes end, and pgbouncer too' => sub {
    for my $round (1 .. 3) {
        my @pids = map { $_->{pid} }
            sql(q{select pid, pg_terminate_backend(pid) from pg_stat_activity where application_name = 'pooled'});
        until_true { !grep { -d "/proc/$_" } @pids } @pids . ' processes are gone';
        my @answers = together(map { [$_->{member}, GET => 'conversations/', %here, statements => undef] } @talks);
        is scalar(grep { $_->code == 200 } @answers), 6, 'nobody notices';
    }
    stop_pgbouncer();
    is get($carol, 'conversations/', %here, statements => undef)->code, 503, 'without pgbouncer: 503';
    start_pgbouncer();
    until_true { get($carol, 'conversations/', %here, statements => undef)->code == 200 } 'service resumes by itself';
    is say($talks[1], 'again', %here, statements => undef)->code, 201, 'writing too';
};

is_deeply [$httpd->unexpected(qr/\[dbd:|connection to|server closed|mod_dbd gave no connection|pgbouncer/)], [], 'its log is quiet';
$httpd->stop;

subtest 'with nothing set for it' => sub {
    my $naive = ChatTest::Httpd->new(database => $pooled, conf => $plain);
    ok $naive->start, 'httpd starts' or diag $naive->said;
    my $ws = ChatTest::Live->of($carol, site => $naive->url);
    my $begin = time;
    my $id = say($talks[2], 'from elsewhere')->json->{message}{id};

    ok $ws->await_message($id), 'what another host stores is heard';
    cmp_ok time - $begin, '<', 1.6 * slow(), sprintf 'within %.2f s', time - $begin;
    until_true { $naive->said =~ /feed: .* pooler.*ChatDatabaseListen/ } 'the log says what to do about LISTEN';
    until_true { $naive->said =~ /through a pooler.*statement_timeout.*plan_cache_mode/ } 'and about settings';
    is_deeply [$naive->unexpected(qr/pooler/)], [], 'and nothing else';
    $ws->leave;
};

subtest 'options, which pgbouncer refuses' => sub {
    my $refused = ChatTest::Httpd->new(database => $pooled, conf => $usual);
    ok $refused->start, 'httpd starts' or diag $refused->said;
    until_true { $refused->said =~ /cannot be reached.*unsupported startup parameter: options/ } 'the log names it';
    is get($carol, 'conversations/', site => $refused->url, statements => undef)->code, 503, 'and 503 until then';
};

subtest 'transactions above read committed' => sub {
    stop_pgbouncer();
    start_pgbouncer(q{connect_query='set default_transaction_isolation = serializable'});
    my $refused = ChatTest::Httpd->new(database => $pooled, conf => $plain);
    ok $refused->start, 'httpd starts' or diag $refused->said;
    is get($carol, 'conversations/', site => $refused->url, statements => undef)->code, 503, 'nothing is served';
    like $refused->said, qr/pooler.*above read committed.*default_transaction_isolation = 'read committed'/,
        'and the log says what to do';
};
stop_pgbouncer();
done_testing;

# As root it must become another user, who is also PostgreSQL's.

sub start_pgbouncer
{
    my ($settings) = @_;
    my @as = $> == 0 ? (-u => 'postgres') : ();

    die 'pgbouncer is missing: conf/install-packages test' unless $program;
    write_file('users', qq{"$word{user}" "$password"\n});
    write_file('pgbouncer.ini', <<"END");
[databases]
$word{dbname} = host=$word{host} application_name=pooled @{[$settings // '']}
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = $dir
auth_type = scram-sha-256
auth_file = $dir/users
pool_mode = transaction
default_pool_size = 3
max_client_conn = 100
END
    chown((getpwnam 'postgres')[2, 3], $dir, glob "$dir/*") if $> == 0;
    defined($pid = fork) or die $!;
    if (!$pid) {
        open STDERR, '>', "$dir/log";
        open STDOUT, '>&', \*STDERR;
        exec $program, '-q', @as, "$dir/pgbouncer.ini" or POSIX::_exit(127);
    }
    until_true { -S "$dir/.s.PGSQL.6432" } 'pgbouncer is there';
}

sub stop_pgbouncer
{
    return unless $pid;
    ChatTest::db($pooled)->disconnect if $owner;
    ChatTest::forget_db($pooled);
    kill INT => $pid;
    local $?;
    waitpid $pid, 0;
    undef $pid;
}

sub write_file
{
    my ($name, $text) = @_;

    open my $out, '>', "$dir/$name" or die "$dir/$name: $!";
    print {$out} $text;
    close $out;
    chmod 0600, "$dir/$name";
}
