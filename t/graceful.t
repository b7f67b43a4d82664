use ChatTest;
use ChatTest::Httpd ();
use ChatTest::WebSocket ();
use IO::Socket::INET ();
use MIME::Base64 qw(encode_base64);
use Time::HiRes  qw(time sleep);

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
my ($port) = $httpd->url =~ /(\d+)$/;
my $church = church('Graceful');
my $carol  = staff_of($church, 'Carol');
my @talks  = map { begun(member("Sender $_"), $church) } 1 .. $SENDERS;

# Begin, send, and read to the end: an answer, with its status and how the connection goes on, or undef.
sub exchange
{
    my ($socket, $request) = @_;
    my $in = '';

    local $SIG{PIPE} = 'IGNORE';
    print {$socket} $request or return;
    $socket->flush;
    while ($in !~ /\r\n\r\n/) {
        sysread $socket, $in, 65536, length $in or return;
    }
    my ($head, $body) = split /\r\n\r\n/, $in, 2;
    my ($length) = $head =~ /^Content-Length: (\d+)/mi or return;
    while (length $body < $length) {
        sysread $socket, $body, 65536, length $body or return;
    }
    return {status => $head =~ m{^HTTP/1\.1 (\d+)}, is_last => scalar($head =~ /^Connection: close/mi)};
}

sub plug { return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) || die "no connection: $@" }

sub bytes_of
{
    my ($talk, $method, $what, $json, $more) = @_;
    my $body = $json ? Cpanel::JSON::XS->new->encode($json) : '';

    return "$method /api/$talk->{path}$what HTTP/1.1\r\nHost: x\r\nAuthorization: Basic "
        . encode_base64("$talk->{member}{username}:x", '') . "\r\n$more"
        . ($json ? "Content-Type: application/json\r\nContent-Length: " . length($body) . "\r\n" : '') . "\r\n$body";
}

# A message and a page on a connection each: nothing is ever sent twice, and nothing may fail.
sub fresh_sender
{
    my ($talk) = @_;

    return in_background {
        my ($n) = @_;
        my $sent = exchange(plug(), bytes_of($talk, POST => 'messages/', {content => "fresh $n", client_id => "fresh $n"}, "Connection: close\r\n"));
        my $read = exchange(plug(), bytes_of($talk, GET => 'messages/', undef, "Connection: close\r\n"));

        die 'a message has failed: ' . ($sent ? $sent->{status} : 'no answer') if !$sent || $sent->{status} != 201;
        die 'a page has failed: ' . ($read ? $read->{status} : 'no answer') if !$read || $read->{status} != 200;
        1;
    };
}

# The same on connections that are kept. httpd closes those that are idle, and a request may be on its way then: HTTP
# has a client send it again on another one (RFC 9110, section 9.2.2; with its client_id a message may be), once, and
# only if the connection had been used before.
my $kept = $httpd->file('sent-again', '', 0666);
sub keeping_sender
{
    my ($talk) = @_;
    my ($socket, $is_used);

    return in_background {
        my ($n) = @_;
        my $request = bytes_of($talk, POST => 'messages/', {content => "kept $n", client_id => "kept $n"}, '');
        my $answer;

        ($socket, $is_used) = (plug(), 0) unless $socket;
        $answer = exchange($socket, $request);
        if (!$answer && $is_used) {
            $socket = plug();
            $answer = exchange($socket, $request);
            open my $out, '>>', $kept or die $!;
            print {$out} '.';
            close $out;
        }
        die 'a message has failed: ' . ($answer ? $answer->{status} : 'no answer') if !$answer || $answer->{status} !~ /^20[01]$/;
        ($socket, $is_used) = $answer->{is_last} ? () : ($socket, 1);
        1;
    };
}

# ---- Those who listen -------------------------------------------------------------------------

my @breaches;
my @told; # why a message may be missing
my %closes;

sub listener
{
    my ($person) = @_;

    return connect_again({person => $person, last => {}, opened => 0});
}

sub connect_again
{
    my ($self) = @_;
    my $ws = ChatTest::Live->of($self->{person}, site => $httpd->url, plain => 1);

    if (!$ws->is_open) {
        push @breaches, 'a handshake was answered with ' . $ws->code;
        return $self;
    }
    $self->{opened}++;
    $self->{ws} = $ws;
    if ($ws->await('hello')) {
        $ws->say({type => 'resume', conversations => $self->{last}});
    }
    elsif (defined $ws->{closed}) {
        note_close($self);
    }
    else {
        push @breaches, 'no hello';
    }
    return $self;
}

sub note_close
{
    my ($self) = @_;
    my $code = delete($self->{ws})->{closed};

    $closes{$code}++;
    push @breaches, "closed with $code" if $code != 1001;
}

# Whatever has come.
sub listen_to
{
    my ($self) = @_;

    return connect_again($self) if !$self->{ws};
    for my $frame ($self->{ws}->come) {
        push @told, Cpanel::JSON::XS->new->encode($frame) if $frame->{type} =~ /^(?:error|resync)$/;
        next if $frame->{type} ne 'message';
        my ($id, $seq) = @{$frame->{message}}{qw(conversation_id seq)};
        my $expected = ($self->{last}{$id} // 0) + 1;

        push @breaches, "$self->{person}{username}: message $seq of $id came instead of $expected" if $seq != $expected;
        $self->{last}{$id} = $seq;
    }
    note_close($self) if defined $self->{ws}{closed};
    return;
}

sub listen_until
{
    my ($is_over) = @_;
    my $deadline = time + 60 * slow();

    while (time < $deadline) {
        listen_to($_) for @_[1 .. $#_];
        return 1 if $is_over->();
        sleep 0.01;
    }
    return 0;
}

my @listeners = map { listener($_ % 2 ? $carol : $talks[$_ / 2 % @talks]{member}) } 0 .. $LISTENERS - 1;
$_->{last} = {map { $_->{id} => 1 } $_->{person} == $carol ? @talks : ()} for @listeners; # what was begun before
for my $listener (@listeners) {
    my ($own) = grep { $_->{member} == $listener->{person} } @talks;
    $listener->{last}{$own->{id}} = 1 if $own;
}
my @senders = ((map { fresh_sender($_) } @talks), (map { keeping_sender($_) } @talks));

my $restarted = 0;
for my $turn (1 .. $RESTARTS) {
    my $count = sub { return scalar(() = $httpd->said =~ /resuming normal operations/g) };
    my $before = $count->();
    my @opened = map { $_->{opened} } @listeners;
    my $all_are_back = sub { return !grep { !$listeners[$_]{ws} || $listeners[$_]{opened} == $opened[$_] } 0 .. $#listeners };

    kill USR1 => $httpd->pid;
    $restarted += listen_until(sub { $count->() > $before && $all_are_back->() }, @listeners);
    last if $restarted < $turn || grep { !$_->is_running } @senders;
}
is $restarted, $RESTARTS, 'httpd was restarted, and each time all WebSockets came back';

my $sent = 0;
for my $sender (@senders) {
    my $done = eval { $sender->stop };
    is $@, '', 'no request has failed, of ' . ($done // 0);
    $sent += $done // 0;
}
my $again = length ChatTest::Httpd::_slurp($kept);
diag "$sent messages in $RESTARTS restarts; on kept connections $again were sent again";

my %stored = map { $_->{id} => scalar sql('select last_seq from chat.conversations where id = ?', $_->{id})->{last_seq} } @talks;
is eval { my $sum = 0; $sum += $_ - 1 for values %stored; $sum }, $sent, 'each message is stored once';
ok listen_until(sub {
    !grep { my $self = $_; grep { exists $stored{$_} && $self->{last}{$_} != $stored{$_} } keys %{$self->{last}} } @listeners;
}, @listeners), 'and has come to everybody';
is_deeply [@breaches[0 .. ($#breaches > 9 ? 9 : $#breaches)]], [], 'once, and in order' or diag "they were told @told";
is_deeply [keys %closes], [1001], 'and all closes were announced';
$httpd->stop;
is_deeply [$httpd->unexpected(qr/AH00045/)], [], 'the log is quiet';
done_testing;
