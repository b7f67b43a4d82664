use ChatTest;
use ChatTest::Httpd ();
use ChatTest::WebSocket ();
use File::Basename qw(dirname);
use Time::HiRes    qw(time sleep);

# httpd closes the sockets of all requests that its workers have in hand when a child is stopped without grace.
# A worker that has given a socket to the hub has it in hand for a moment more, and for a long one when it is
# interrupted there; t/faults/shim.c makes it so. Who is greeted must be able to count on a close frame.
my $vars = ChatTest::Config->suite->{vars};
my $shim = dirname($vars->{chat_module}) . '/t/faults/shim.so';
plan(skip_all => 'httpd kills a child that stops so slowly') if watched() >= 20;
die "there is no $shim: run make prove\n" unless -e $shim;

my $httpd = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . <<"END");
LoadModule faults_module $shim
StartServers 1
ServerLimit 1
MaxRequestWorkers 40
ChatRateLimit connect off
END
my $report = $ENV{CHAT_FAULTS_LOG} = $httpd->file('faults', '');
ok $httpd->start, 'httpd starts' or diag $httpd->said;
my $ada = member('Ada');

# A handshake whose worker is slow to let go, and whose answer is not read yet.
sub offered
{
    my ($seconds) = @_;

    return ChatTest::Live->of($ada, site => $httpd->url, plain => 1, wait => 0, headers => {'X-Fault-Leave' => 1e3 * $seconds});
}

# Some of them, as soon as they are with the hub.
sub some_offered
{
    my ($seconds) = @_;
    my $before = number_of_leaves();
    my @ws     = map { offered($seconds) } 1 .. 3;

    until_true { number_of_leaves() == $before + @ws } 'the hub has them';
    return @ws;
}

sub number_of_leaves { return scalar(() = ChatTest::Httpd::_slurp($report) =~ /^leave /mg) }

subtest 'a worker that is slow to let go' => sub {
    my $usual = ChatTest::Live->of($ada, site => $httpd->url);
    my $begin = time;
    my ($ws)  = some_offered(0.7);

    ok $usual->resume({}), 'other sockets are served meanwhile';
    ok $ws->answer && $ws->is_accepted && $ws->await('hello'), 'the handshake is answered';
    cmp_ok time - $begin, '>=', 0.7, 'when it has';
    ok $ws->resume({}), 'and the socket can be used';
    $_->leave for $ws, $usual;
};

subtest 'stopped without grace' => sub {
    if (($ENV{VARIANT} // '') eq 'tsan') {
        $httpd->stop;
        plan(skip_all => 'of the sockets that httpd closes under its workers, ThreadSanitizer would tell');
    }
    my $usual = ChatTest::Live->of($ada, site => $httpd->url);
    my @ws    = some_offered(3);

    ok $httpd->stop, 'httpd stops';
    is $usual->closed, 1001, 'who was greeted is told';
    is_deeply [map { $_->answer } @ws], [0, 0, 0], 'who was not gets no answer';
};

subtest 'restarted with grace' => sub {
    ok $httpd->start, 'httpd starts again' or diag $httpd->said;
    my @ws = some_offered(1);

    ok $httpd->graceful, 'it restarts';
    is_deeply [map { $_->answer } @ws], [101, 101, 101], 'who was on the way is answered';
    is_deeply [map { $_->closed } @ws], [1001, 1001, 1001], 'and told';
};

is_deeply [$httpd->unexpected(qr/AH00045/)], [], 'the log of httpd is quiet'; # a worker that sleeps for so long
done_testing;
