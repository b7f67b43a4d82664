use ChatTest;
use ChatTest::Httpd ();
use ChatTest::Traffic ();

# httpd is restarted gracefully twenty times while people write and read as fast as they can: no request fails, and
# each WebSocket, closed with 1001, connects again, goes on from the last seq that it has, and gets each message once
# and in order.
my $RESTARTS = 20;
my $SENDERS  = 3;
my $LISTENERS = 6;

plan skip_all => 'httpd under a watcher has no time for this' if watched() >= 20;
my $httpd = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . <<'END' . join '', map {"ChatRateLimit $_ off\n"} qw(send read connect));
StartServers 2
ServerLimit 16
ThreadsPerChild 16
MaxRequestWorkers 64
END
ok $httpd->start, 'httpd starts' or diag $httpd->said;
my $traffic = ChatTest::Traffic->new($httpd);
my $church = church('Graceful');
my $carol  = staff_of($church, 'Carol');
my @talks  = map { begun(member("Sender $_"), $church) } 1 .. $SENDERS;

# Each sends on connections of its own, and on one that is kept.
sub fresh_sender
{
    my ($talk) = @_;

    return $traffic->worker($talk->{member}, fresh => sub {
        my ($n) = @_;

        return [POST => "$talk->{path}messages/", {content => "fresh $n", client_id => "fresh $n"}],
            [GET => "$talk->{path}messages/", undef, qr/"fresh $n"/];
    });
}

sub keeping_sender
{
    my ($talk) = @_;

    return $traffic->worker($talk->{member}, kept => sub {
        return [POST => "$talk->{path}messages/", {content => "kept $_[0]", client_id => "kept $_[0]"}];
    });
}

# They have what was begun before.
for my $n (0 .. $LISTENERS - 1) {
    my $talk = $talks[$n / 2 % @talks];

    $n % 2 ? $traffic->listen($carol, {map { $_->{id} => 1 } @talks}) : $traffic->listen($talk->{member}, {$talk->{id} => 1});
}
my @senders = ((map { fresh_sender($_) } @talks), (map { keeping_sender($_) } @talks));

my $restarted = 0;
for my $turn (1 .. $RESTARTS) {
    my $count = sub { return scalar(() = $httpd->said =~ /resuming normal operations/g) };
    my $before = $count->();
    my $opened = $traffic->opened;

    kill USR1 => $httpd->pid;
    $restarted += $traffic->listen_until(sub { $count->() > $before && $traffic->are_back($opened) });
    last if $restarted < $turn || grep { !$_->is_running } @senders;
}
is $restarted, $RESTARTS, 'httpd was restarted, and each time all WebSockets came back';

my $sent = 0;
for my $sender (@senders) {
    my $done = eval { $sender->stop };
    is $@, '', 'no request has failed, of ' . ($done // 0);
    $sent += $done // 0;
}
my $again = $traffic->tally->{'sent again'} // 0;
diag "$sent messages in $RESTARTS restarts; on kept connections $again were sent again";

my %stored = map { $_->{id} => scalar sql('select last_seq from chat.conversations where id = ?', $_->{id})->{last_seq} } @talks;
is eval { my $sum = 0; $sum += $_ - 1 for values %stored; $sum }, $sent, 'each message is stored once';
ok $traffic->listen_until(sub { $traffic->have_all(%stored) }), 'and has come to everybody';
is_deeply [$traffic->breaches], [], 'once, and in order' or diag join ' ', 'they were told', $traffic->told;
is_deeply [$traffic->close_codes], [1001], 'and all closes were announced';
$httpd->stop;
is_deeply [$httpd->unexpected(qr/AH00045/)], [], 'the log is quiet';
done_testing;
