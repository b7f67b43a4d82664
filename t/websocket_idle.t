use ChatTest;
use ChatTest::Httpd ();
use ChatTest::WebSocket ();
use Time::HiRes qw(sleep time);

# A child without WebSockets has nothing to wait for: its event loop sleeps until it is signalled. The
# feed's thread, which starts with the first commit or socket, wakes to delete old events, every 15 s.
plan(skip_all => 'valgrind runs one thread at a time, and switches by its own clock') if ($ENV{VARIANT} // '') eq 'memcheck';

my $SECONDS = 10;

# In a database of its own, where nobody else notifies.
my $suite = ChatTest::Config->suite->{vars};
my $name  = "chat_idle_$$";
my $owner = $$;
my $params = $suite->{database} =~ s/dbname=\S+/dbname=$name/r;

ChatTest::db()->do("create database $name");
END { drop() if defined $owner && $owner == $$ }
my $migrated = qx{sql/migrate "$params" 2>&1};
is $?, 0, 'a database' or diag $migrated;

my $httpd = ChatTest::Httpd->new(database => $params, conf => ChatTest::Httpd->usual . <<'END');
StartServers 1
ServerLimit 1
MaxRequestWorkers 25
END
ok $httpd->start, 'httpd starts' or diag $httpd->said;
my %here = (site => $httpd->url, statements => undef);
my ($ada, $carol) = (stranger(), stranger());

sub drop
{
    undef $owner;
    $httpd->stop if $httpd;
    ChatTest::db()->do("drop database if exists $name with (force)");
}

# Of the only child: the ids of its threads of this name.
sub threads
{
    my ($name) = @_;

    return map { m{^/proc/\d+/task/(\d+)/} ? $1 : () }
        grep { slurp($_) eq "$name\n" } glob '/proc/' . child() . '/task/*/comm';
}

sub child
{
    my ($pid) = split ' ', slurp("/proc/@{[$httpd->pid]}/task/@{[$httpd->pid]}/children");

    return $pid // 0; # none yet
}

sub slurp
{
    my ($path) = @_;

    open my $file, '<', $path or return '';
    local $/;
    return <$file> // '';
}

sub wakes
{
    my ($thread) = @_;
    my ($count) = slurp("/proc/@{[child()]}/task/$thread/status") =~ /^voluntary_ctxt_switches:\s*(\d+)/m;

    return $count;
}

sub wakes_in
{
    my ($seconds, $thread) = @_;
    my $before = wakes($thread);

    sleep $seconds;
    return wakes($thread) - $before;
}

my @loops;
until_true { (@loops = threads('chat-loop')) == 1 } 'the child has one event loop'; # when it has begun
my ($loop) = @loops;

subtest 'without a WebSocket' => sub {
    is wakes_in($SECONDS, $loop), 0, "no wake-up in $SECONDS s";
};

subtest 'a WebSocket that comes' => sub {
    my $before = wakes($loop);
    my $ws     = ChatTest::Live->of($ada, site => $httpd->url);

    ok $ws->resume({}), 'is served';
    cmp_ok wakes($loop), '>', $before, 'by this thread';
    cmp_ok wakes_in(3, $loop), '>', 3, 'which looks at the clock while there is one';
    $ws->leave;
};

subtest 'after it has gone' => sub {
    my $deadline = time + 30 * slow();

    sleep 0.5 while wakes_in(1, $loop) && time < $deadline; # it lingers, and its memory is given back
    is wakes_in($SECONDS, $loop), 0, "no wake-up in $SECONDS s";
    my ($feed) = threads('chat-feed');
    ok $feed, 'the feed goes on';
    cmp_ok wakes_in($SECONDS, $feed), '<=', 4, 'and wakes to delete old events';
};

subtest 'a commit' => sub {
    my $before = wakes($loop);

    ChatTest::db($params)->do(q{insert into chat.churches (name) values ('Home')});
    is get($carol, 'conversations/', %here)->code, 200, 'is made';
    my $opened = post($ada, 'conversations/', {church_id => 1}, %here);
    is $opened->code, 201, 'by a request';
    is wakes($loop), $before, 'and does not wake the event loop';
};

ok $httpd->stop, 'a loop that sleeps can be stopped';
is_deeply [$httpd->unexpected], [], 'its log is quiet';
done_testing;
