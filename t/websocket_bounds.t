use ChatTest;
use ChatTest::Httpd ();
use ChatTest::WebSocket qw(CONTINUATION TEXT PING frame close_frame);
use Time::HiRes qw(time sleep);

# What one socket can make the server keep, and do, whatever its peer sends: conf/chat.conf says how much
# memory that is, and this holds it against the memory of the child.
my $PROMISED = 640 * 1024; # for each socket, above what an idle one has
my $PEERS    = 24;
my $SLACK    = 6 * 1024 * 1024; # what a child may grow for other reasons: caches, arenas of its threads
my $own      = "bounds$$"; # its sessions, and nobody else's
my $usual    = ChatTest::Httpd->usual(undef, 60_000, $own);

plan skip_all => 'tools that watch memory take most of it' if watched() > 1;
my $httpd = ChatTest::Httpd->new(conf => <<"END");
$usual
StartServers 1
ServerLimit 1
MaxRequestWorkers 40
MinSpareThreads 1
MaxSpareThreads 40
AsyncRequestWorkerFactor 100
ChatRateLimit connect off
ChatRateLimit send off
ChatWebSocketMax 200 user=off address=off
# So that what a peer does not read waits here, and not in the kernel.
SendBufferSize 16384
END
ok $httpd->start, 'another httpd starts' or diag $httpd->said;

my $church = church('Bounded');
my $talk   = conversation(member('Ada'), $church);
my $ada    = $talk->{member};

sub child
{
    my $parent = $httpd->pid or return 0;

    open my $children, '<', "/proc/$parent/task/$parent/children" or return 0;
    my @pids = split ' ', readline($children) // '';
    return @pids == 1 ? $pids[0] : 0;
}

sub rss
{
    open my $status, '<', "/proc/@{[child()]}/status" or return 0;
    my ($kib) = map { /^VmRSS:\s*(\d+)/ ? $1 : () } readline $status;
    return 1024 * $kib;
}

sub mib { return sprintf '%.1f MB', $_[0] / 1e6 }

sub open_sockets
{
    my ($count, %options) = @_;
    my @sockets;

    push @sockets, ChatTest::Live->of($ada, site => $httpd->url, %options) for 1 .. $count;
    return @sockets;
}

sub still_there
{
    my ($ws) = open_sockets(1);

    return ($ws->post($talk, 'still there?') // {type => 'nothing'})->{type};
}

# So many bytes of it go to each, as far as they are taken, until none has taken any for a while. Gives the
# largest growth of the child's memory that was seen meanwhile.
sub growth_while_sending
{
    my ($bytes, $max, @sockets) = @_;
    my $before = rss();
    my $most   = 0;
    my $quiet  = time;
    my %sent   = map { $_ => 0 } @sockets;

    while (time < $quiet + 1) {
        my $taken = 0;

        for my $ws (@sockets) {
            next if $sent{$ws} >= $max;
            my $n = $ws->write_some(substr $bytes, $sent{$ws} % length $bytes, 65536);
            $sent{$ws} = defined $n ? $sent{$ws} + $n : $max;
            $taken += $n // 0;
        }
        $quiet = time if $taken;
        my $now = rss() - $before;
        $most = $now if $now > $most;
        sleep 0.005 unless $taken;
    }
    return $most;
}

sub is_bounded
{
    my ($bytes, $max, $what) = @_;
    my @sockets = open_sockets($PEERS, bytes => 4096);
    my $grown   = growth_while_sending($bytes, $max, @sockets);

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    cmp_ok $grown, '<', $PEERS * $PROMISED + $SLACK, "$what: " . mib($grown) . " for $PEERS sockets";
    $_->vanish(reset => 1) for @sockets;
    is still_there(), 'ack', 'others are served';
}

# As many as it takes for memory to be as usual.
open_sockets($PEERS);
my $usual_rss = rss();

subtest 'a message in very many frames' => sub {
    # 60,000 of one byte, and as many of none: less than the limit of a message, and no end
    is_bounded(frame(TEXT, '"', fin => 0) . (frame(CONTINUATION, 'x', fin => 0) . frame(CONTINUATION, '', fin => 0)) x 60_000,
        60_000 * 13, 'frames of one byte');
};

subtest 'pings of a peer that reads no pongs' => sub {
    is_bounded(frame(PING, '') x 200_000, 1_200_000, 'empty');
    is_bounded(frame(PING, 'x' x 125) x 20_000, 2_620_000, 'long');
};

subtest 'commands while one is under way' => sub {
    my $other = db()->clone;

    $other->begin_work;
    $other->do('select 1 from chat.conversations where id = ? for update', undef, $talk->{id});
    my $send = Cpanel::JSON::XS->new->utf8->encode({type => 'send', conversation_id => $talk->{id}, content => 'x'});
    my @sockets = open_sockets($PEERS, bytes => 4096);
    $_->write(frame(TEXT, $send)) for @sockets;
    my $grown = growth_while_sending(frame(TEXT, '') x 200_000, 1_200_000, @sockets);
    cmp_ok $grown, '<', $PEERS * $PROMISED + $SLACK, 'empty ones: ' . mib($grown);
    $_->vanish(reset => 1) for @sockets;
    $other->rollback;
    is still_there(), 'ack', 'others are served';
};

subtest 'memory goes back' => sub {
    until_true { rss() < $usual_rss + $SLACK } 'when they have gone' or diag mib(rss()) . ' instead of ' . mib($usual_rss);
};

# How much of the time the busiest thread of a process wants a processor, whether it gets one or not.
sub wish_of
{
    my ($pid, $seconds) = @_;
    my $look = sub {
        my %ns;
        for my $file (glob "/proc/$pid/task/*/schedstat") {
            open my $in, '<', $file or next;
            my ($ran, $waited) = split ' ', readline($in) // '0 0';
            $ns{$file} = $ran + $waited;
        }
        return %ns;
    };
    my %before = $look->();
    my $begin  = time;

    sleep $seconds;
    my %after = $look->();
    my $most  = 0;
    for my $file (keys %after) {
        my $wish = ($after{$file} - ($before{$file} // 0)) / 1e9 / (time - $begin);
        $most = $wish if $wish > $most;
    }
    return $most;
}

subtest 'peers that vanish while their frames wait' => sub {
    my $other = db()->clone;
    my $send  = Cpanel::JSON::XS->new->utf8->encode({type => 'send', conversation_id => $talk->{id}, content => 'x'});

    for my $end ([1, 'with a reset'], [0, 'without'], [undef, 'half']) {
        my ($reset, $how) = @$end;
        my ($ws) = open_sockets(1);

        $other->begin_work;
        $other->do('select 1 from chat.conversations where id = ? for update', undef, $talk->{id});
        $ws->write(frame(TEXT, $send) x 3);
        # Until the first waits for the lock, and the next for the first, for which nothing is read.
        until_true { sql(q{select count(*) from pg_stat_activity where wait_event_type = 'Lock' and application_name = ?}, $own)->{count} }
            'a command is under way';
        defined $reset ? $ws->vanish(reset => $reset) : shutdown $ws->{socket}, 1;
        # One that goes round wants a processor all the time; one that waits for it among many others, now and then.
        my $wish = 1;
        for (1 .. 10) {
            $wish = wish_of(child(), 0.5);
            last if $wish < 0.5;
        }
        cmp_ok $wish, '<', 0.5, sprintf '%s: no thread goes round in circles (%.2f)', $how, $wish;
        $other->rollback;
        $ws->vanish;
    }
    is still_there(), 'ack', 'others are served';
};

is_deeply [$httpd->unexpected(qr{503 busy})], [], 'the log is quiet but for whom the lock kept waiting';
done_testing;
