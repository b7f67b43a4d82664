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
my @hosts = map { ChatTest::Httpd->new(conf => "${conf}ChatSecret file:secret\n") } 1 .. 2;
$_->file(secret => 'the same secret of all hosts, 1234567890') for @hosts;
ok $_->start, 'a host starts' or diag $_->said for @hosts;
my @at = map { {site => $_->url, statements => undef} } @hosts;

sub list { my ($person, $host) = @_; return get($person, 'conversations/', %{$at[$host]}) }
sub kept { my ($person, $host) = @_; return until_true { list($person, $host)->statements == 0 } "a list is kept at host $host", 60 }

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

# ---- what others write into the store ----

# One command, as redis wants it; its answer.
sub redis
{
    my @words = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die "no store: $@";
    binmode $socket;
    print {$socket} '*' . @words . "\r\n", map { '$' . length($_) . "\r\n$_\r\n" } @words;
    $socket->flush;
    return _redis_answer($socket);
}

sub _redis_answer
{
    my ($socket) = @_;
    my $line = <$socket>;
    die 'the store said nothing' unless defined $line;
    my ($kind, $rest) = $line =~ /^(.)(.*)\r\n\z/s;

    return $rest if $kind =~ /[+:]/;
    die "the store said $rest" if $kind eq '-';
    return [map { _redis_answer($socket) } 1 .. $rest] if $kind eq '*';
    return undef if $rest < 0;
    my $text = '';
    while (length $text < $rest + 2) {
        read($socket, $text, $rest + 2 - length $text, length $text) or die 'the store broke off';
    }
    return substr $text, 0, $rest;
}

# Where the list of a person is kept by host 0, and how.
sub entry_of
{
    my ($person) = @_;

    redis('FLUSHALL');
    kept($person, 0);
    my ($key) = grep { length redis(GET => $_) > 1 } @{redis(KEYS => '*')}; # a mark is one byte
    return ($key, redis(GET => $key));
}

subtest 'what one host has kept' => sub {
    redis('FLUSHALL');
    kept($ada, 0);
    until_true { # once its feed listens
        redis('FLUSHALL');
        kept($ada, 0);
        list($ada, 1)->statements == 0;
    } 'the other gives', 15;
};

subtest 'an entry that is not what this site has made' => sub {
    my $ben = conversation(member('Ben'), church('Other'))->{member};
    my ($adas, $ada_entry) = entry_of($ada);
    my ($bens, $ben_entry) = entry_of($ben);
    my $true = get($ben, 'conversations/')->body;
    my $last = length($ben_entry) - 1;
    my %forged = (
        'of somebody else'     => $ada_entry,
        'with another answer'  => $ben_entry =~ s/Other/Ohter/r,
        'without its end'      => substr($ben_entry, 0, $last),
        'without its code'     => substr($ben_entry, 0, -32),
        'with another code'    => substr($ben_entry, 0, $last) . chr(255 - ord substr $ben_entry, $last),
        'with more behind it'  => "$ben_entry ",
        'of nothing'           => 'x',
        'of nothing but zeros' => "\0" x 4096,
        'too long'             => "$ben_entry " x 2000,
    );

    isnt $adas, $bens, 'two users have two keys';
    kept($ben, 0);
    for my $what (sort keys %forged) {
        redis(SETEX => $bens, 60, $forged{$what});
        my $answer = list($ben, 0);
        is $answer->statements, 1, "$what: the database is asked";
        is $answer->body, $true, 'and says what is so';
    }
    is list($ben, 0)->statements, 0, 'what it said is kept again';
    my %children = map { $_ => 1 } map { /\[pid (\d+)/ } grep { /forged or damaged/ } split /\n/, $hosts[0]->said;
    my @lines = grep { /forged or damaged/ } split /\n/, $hosts[0]->said;
    cmp_ok scalar(@lines), '>=', 1, 'it is logged';
    is scalar(@lines), scalar(keys %children), 'once a minute by a child';
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

is_deeply [$_->unexpected(qr/socache_redis|ChatCache redis: .*requests use the database instead|redis/)], [], 'nothing else was logged' for @hosts;
done_testing;
