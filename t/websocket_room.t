use ChatTest;
use ChatTest::Httpd ();
use ChatTest::WebSocket qw(TEXT frame close_frame);
use IO::Socket::INET ();
use Time::HiRes qw(time sleep);

# WebSockets leave room for plain HTTP, on the MPM's lines that Debian installs: as many as are let in, of
# many users or of one, open, half open, or left to themselves.
my $DEBIAN = <<'END';
ServerLimit 16
StartServers 2
MinSpareThreads 25
MaxSpareThreads 75
ThreadLimit 64
ThreadsPerChild 25
MaxRequestWorkers 150
MaxConnectionsPerChild 0
KeepAliveTimeout 5
LogLevel warn
END
my $REMOTEIP = <<'END';
LoadModule remoteip_module @modules_dir@/mod_remoteip.so
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
ChatRateLimit connect off
END
my ($EACH, $ALL, $OF_USER, $OF_ADDRESS) = (37, 222, 50, 111); # of 25 + 2 x 25 in each child, and 6 children

my $usual = ChatTest::Httpd->usual;
my $httpd = ChatTest::Httpd->new(conf => "$usual$REMOTEIP$DEBIAN");
ok $httpd->start, 'httpd starts on the lines of Debian' or diag $httpd->said;

# People who have been here, so that their handshakes do not make rows.
my @people = map { member("Person $_") } 1 .. 40;

sub comes
{
    my ($person, $address, %options) = @_;

    return eval {
        ChatTest::Live->of($person, plain => 1, site => $httpd->url, headers => {'X-Forwarded-For' => $address}, %options)
    };
}

# Seconds that a request on a connection of its own takes.
sub seconds_of_plain
{
    my $begin = time;

    is get($people[0], 'conversations/unread/', site => $httpd->url, fresh => 1, statements => undef)->code, 200, 'REST answers';
    return time - $begin;
}

sub plain_is_quick
{
    my ($what) = @_;
    my $longest = 0;

    for (1 .. 10) {
        my $seconds = seconds_of_plain();
        $longest = $seconds if $seconds > $longest;
    }
    cmp_ok $longest, '<', 1 * slow(), sprintf '%s: plain HTTP is served, after %.0f ms at most', $what, 1e3 * $longest;
}

# Handshakes one after the other; gives the sockets that are open, and notes how the others were refused.
sub open_as_many_as_go
{
    my ($tries, $options, $who) = @_;
    my %seen = (longest => 0);
    my @open;

    for my $i (1 .. $tries) {
        my $begin = time;
        my $ws    = comes($who->($i), %$options) or next;
        my $end   = $ws->code == 101 ? ($ws->await('hello', undef, 10 * slow()) ? 'open' : $ws->closed) : $ws->code;

        $seen{$end}++;
        $seen{longest} = time - $begin if time - $begin > $seen{longest};
        fail 'a refusal says when to come again' if $end eq '503' && !$ws->header('Retry-After');
        push @open, $ws if $end eq 'open';
    }
    note join ', ', map {"$_: $seen{$_}"} sort keys %seen;
    return (\%seen, @open);
}

subtest 'what is told at the start' => sub {
    my ($line) = $httpd->said =~ /(WebSockets: .*)/;

    like $line, qr/at most $EACH in each child \($ALL in total; per user: $OF_USER; per client address: $OF_ADDRESS\)/, 'how many there may be';
    like $line, qr/ThreadsPerChild 25, AsyncRequestWorkerFactor 2/, 'and why';
};

subtest 'idle sockets of many users' => sub {
    my ($seen, @open) = open_as_many_as_go(160, {}, sub { ($people[$_[0] % @people], "192.0.2." . $_[0] % 200) });

    # Who takes a connection is for the children to settle: a full one may take all the others, although another has room.
    cmp_ok scalar @open, '>=', $EACH, scalar(@open) . ' were let in';
    cmp_ok scalar @open, '<=', $ALL, 'not more than is said';
    cmp_ok $seen->{503} // 0, '>', 0, 'others are told that there is no room';
    cmp_ok $seen->{longest}, '<', 2 * slow(), sprintf 'all quickly: the longest took %.0f ms', 1e3 * $seen->{longest};
    plain_is_quick('with all of them open');

    # Connections that wait for another request take room, too, until they have waited long enough.
    my @waiting = map { my $socket = IO::Socket::INET->new(PeerAddr => $httpd->url =~ s{.*//}{}r); $socket->syswrite("GET / HTTP/1.1\r\nHost: x\r\n\r\n"); $socket } 1 .. 20;
    plain_is_quick('and others that keep their connection');
    undef @waiting;

    $_->write(substr frame(TEXT, 'never whole'), 0, 3) for @open;
    plain_is_quick('in the middle of a frame');
    shutdown $_->{socket}, 1 for @open;
    plain_is_quick('half closed');
    $_->vanish for @open;
    until_true { my $ws = comes($people[1], '192.0.2.1'); $ws && $ws->code == 101 } 'who leaves makes room';
};

subtest 'handshakes that nobody waits for' => sub {
    my @sockets = map { comes($people[$_ % @people], '192.0.2.' . $_ % 200, wait => 0) // () } 1 .. 300;

    plain_is_quick('and all under way at once');
    $_->vanish(reset => 1) for splice @sockets, 0, 100;
    plain_is_quick('and some reset');
    $_->write(close_frame(1000)) for @sockets;
    plain_is_quick('and the others closing, and staying');
    $_->vanish for @sockets;
};

$httpd->stop;
is_deeply [$httpd->unexpected], [], 'its log is quiet';

# Of two children, which share their connections by chance.
subtest 'one user' => sub {
    my $few = ChatTest::Httpd->new(conf => "$usual${REMOTEIP}ChatWebSocketMax auto user=12\n");
    my $come = sub {
        my ($person, $i) = @_;
        my $ws = ChatTest::Live->of($person, plain => 1, site => $few->url, headers => {'X-Forwarded-For' => "192.0.2.$i"});
        return ($ws->await('hello') ? 'open' : $ws->closed, $ws);
    };
    my (@ends, @sockets);

    ok $few->start, 'another httpd, with two children';
    for my $i (1 .. 20) {
        my ($end, $ws) = $come->($people[0], $i);
        push @ends, $end;
        push @sockets, $ws if $end eq 'open';
    }
    is_deeply \@ends, [('open') x 12, (1013) x 8], 'a user has twelve in both together, the others come later';
    is +($come->($people[1], 1))[0], 'open', 'somebody else may come';
    $_->leave for splice @sockets, 0, 3;
    until_true { (my $end, $sockets[9]) = $come->($people[0], 30); $end eq 'open' } 'who leaves makes room';
    like $few->said, qr/its user has too many: see ChatWebSocketMax, user=/, 'the log says why';
    cmp_ok scalar(() = $few->said =~ /has too many/g), '<=', 2, 'once a minute in each child';

    my $let_in  = sub { grep { defined } map { my ($end, $ws) = eval { $come->($people[0], $_) }; ($end // '') eq 'open' ? $ws : undef } 1 .. $_[0] };
    my ($child) = keys %{{$few->served_by}};
    kill KILL => $child;
    until_true { !-d "/proc/$child" } 'a child is killed'; # and the kernel has closed its sockets
    my @left = grep { !$_->has_ended(0.2) } @sockets; # those of the other child
    until_true { push @left, $let_in->(1); @left >= 12 } 'those of a child that was killed count no more';
    my @more = $let_in->(5);
    is scalar @more, 0, 'and the others do';
    $_->vanish for @left;
};

subtest 'addresses' => sub {
    my $few = ChatTest::Httpd->new(conf => "$usual${REMOTEIP}ChatWebSocketMax auto user=off address=2\n");
    my $come = sub {
        my $ws = ChatTest::Live->of($people[$_[1]], plain => 1, site => $few->url, headers => {'X-Forwarded-For' => $_[0]});
        return ($ws->await('hello') ? 'open' : $ws->closed, $ws);
    };
    my @open;

    ok $few->start, 'another httpd, with two children, lets in two of each';
    for my $case (
        ['192.0.2.1',                 'open'], ['192.0.2.1',               'open'], ['192.0.2.1',         1013, 'a third'],
        ['::ffff:192.0.2.1',          1013,    'the same in the other family'],
        ['192.0.2.2',                 'open',  'another one'],
        ['2001:db8:0:1::1',           'open'], ['2001:db8:0:1:ffff::2',    'open', 'one network of IPv6'],
        ['2001:db8:0:1:1234:5678::',  1013,    'a third of it'],
        ['2001:db8:0:2::1',           'open',  'the next network'],
        )
    {
        my ($address, $expected, $what) = @$case;
        my ($end, $ws) = $come->($address, scalar @open);

        is $end, $expected, "$address: " . ($what // $expected);
        push @open, $ws;
    }
    $_->vanish for @open;
};

sub configtest { return ChatTest::Httpd->new(conf => "$usual$DEBIAN$_[0]\n")->configtest }

subtest 'configtest' => sub {
    my ($fine, $words) = configtest('ChatWebSocketMax 10000');
    ok $fine, 'more than there is room for is no error';
    like $words, qr/ChatWebSocketMax 10000 leaves no connections for plain HTTP.*accepts 75 in total.*57 is used.*raise AsyncRequestWorkerFactor/,
        'but told, with what to do';
    ($fine, $words) = configtest("ChatWebSocketMax 10000\nAsyncRequestWorkerFactor 800");
    ok $fine && $words !~ /leaves no connections/, 'with a larger factor there is' or diag $words;
    for my $lines ('', 'ChatWebSocketMax auto', 'ChatWebSocketMax auto user=5', 'ChatWebSocketMax 50 user=off address=off', 'AsyncRequestWorkerFactor 2.5') {
        ($fine, $words) = configtest($lines);
        ok $fine && $words !~ /chat/, $lines || 'nothing' or diag $words;
    }
};

subtest 'what is configured, and is too much' => sub {
    my $greedy = ChatTest::Httpd->new(conf => "$usual${DEBIAN}ChatWebSocketMax 10000\n");

    ok $greedy->start, 'httpd starts';
    like $greedy->said, qr/at most 57 in each child/, 'with what there is room for';
    is scalar(() = $greedy->said =~ /leaves no connections for plain HTTP/g), 1, 'and says so once';
};

done_testing;
