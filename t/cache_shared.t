use ChatTest;
use ChatTest::Httpd ();
use File::Temp ();
use IO::Socket::INET ();
use POSIX ();
use Time::HiRes qw(time sleep);

# ChatCache in a store that hosts share: what a user does at one host shows at the other at once. And
# when the store goes away nothing but speed is lost.
my $port = ChatTest::Httpd::_free_port();
my $home = File::Temp->newdir;
my $redis = start_redis();

sub start_redis
{
    defined(my $pid = fork) or die $!;
    if (!$pid) {
        open STDOUT, '>', "$home/log" or die $!;
        open STDERR, '>&', \*STDOUT or die $!;
        exec qw(redis-server --bind 127.0.0.1 --port), $port, '--save', '', '--appendonly', 'no', '--dir', "$home"
            or POSIX::_exit(127);
    }
    until_true { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) } 'the store is there', 15;
    return $pid;
}

sub stop_redis { kill TERM => $redis; waitpid $redis, 0; undef $redis; return }
END { local $?; stop_redis() if $redis }

my $conf = 'LoadModule socache_redis_module @modules_dir@/mod_socache_redis.so' . "\n"
    . ChatTest::Httpd->usual . "ChatRateLimitMode off\nChatCache redis:127.0.0.1:$port\n";
my @hosts = map { ChatTest::Httpd->new(conf => $conf) } 1 .. 2;
ok $_->start, 'a host starts' or diag $_->said for @hosts;
my @at = map { {site => $_->url, statements => undef} } @hosts;

sub list { my ($person, $host) = @_; return get($person, 'conversations/', %{$at[$host]}) }
sub kept { my ($person, $host) = @_; return until_true { list($person, $host)->statements == 0 } "a list is kept at host $host", 15 }

my $church = church('Shared');
my $carol  = staff_of($church, 'Carol');
my $talk   = conversation(member('Ada'), $church);
my $ada    = $talk->{member};

subtest 'what a user does at one host' => sub {
    my $late = 0;

    kept($ada, 0);
    kept($ada, 1);
    for my $n (1 .. 60) {
        my $host = $n % 2;
        say($talk, "number $n", %{$at[$host]});
        $late++ unless list($ada, 1 - $host)->json->{conversations}[0]{last_message} eq "number $n";
        list($ada, $_) for 0, 1;
    }
    is $late, 0, 'shows at the other at once';
    kept($carol, $_) for 0, 1;
    read_all($talk, as => $carol, %{$at[0]});
    is list($carol, 1)->json->{unread_count}, 0, 'so does what they read';
};

subtest 'without the store' => sub {
    kept($ada, 0);
    stop_redis();
    is say($talk, 'goes on', %{$at[0]})->code, 201, 'people write';
    is list($ada, $_)->json->{conversations}[0]{last_message}, 'goes on', "and read at host $_" for 0, 1;
    cmp_ok scalar(list($ada, 0)->statements), '>=', 1, 'from the database';
    $redis = start_redis();
    until_true { list($ada, 0)->statements == 0 } 'it is used again when it is back', 30;
};

is_deeply [$_->unexpected(qr/socache_redis|ChatCache redis: .*the database is asked instead|redis/)], [], 'nothing else was logged' for @hosts;
done_testing;
