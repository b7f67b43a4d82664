package ChatTest::Traffic;

=head1 NAME

ChatTest::Traffic - people who write, read and listen as fast as they can while something happens to their httpd

    my $traffic = ChatTest::Traffic->new($httpd);
    my $writer  = $traffic->worker($ada, fresh => sub { [POST => "$path/messages/", {content => "hello $_[0]"}] });
    my $talker  = $traffic->live_sender($ada, $talk, 'live');
    $traffic->listen($carol, {$talk->{id} => 1});
    $traffic->listen_until(sub { $something_has_happened }) or die;

A worker is a process of its own (in_background() of ChatTest): it does what its block asks for in round 0, 1, … until it
is stopped. What is asked is [method, path below /api/, JSON, pattern of the answer]. C<fresh>: on a connection each,
which is never used again; nothing is ever sent twice then. C<kept>: on one that is kept. httpd closes those that are
idle, and a request may be on its way then: HTTP has a client send it again on another one (RFC 9110, section 9.2.2; with
its client_id a message may be), once, and only if the connection had been used before.

Any answer but 200 and 201 is a failure. tally() tells how often each answer was given. C<contract>: as with ChatTest::Live.

Those who listen are WebSockets of this process: each must get each message of its conversations once and in order,
and comes back after 1001 with the last seq that it has; breaches() tells where this was otherwise.

=cut

use strict;
use warnings;
use Cpanel::JSON::XS ();
use IO::Socket::INET ();
use Socket qw(SOL_SOCKET SO_RCVTIMEO);
use MIME::Base64     qw(encode_base64);
use Time::HiRes      qw(time sleep);
use ChatTest         ();
use ChatTest::WebSocket ();

my $json = Cpanel::JSON::XS->new->utf8;

sub new
{
    my ($class, $httpd, %options) = @_;
    my ($port) = $httpd->url =~ /(\d+)$/;

    return bless {url => $httpd->url, port => $port, tally => $httpd->file('tally', '', 0666), listeners => [], breaches => [],
        told => [], closes => {}, %options}, $class;
}

# ---- Those who ask ----------------------------------------------------------------------------

# Begin, send, and read to the end: an answer, with its status and how the connection goes on, or undef.
sub _exchange
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
    return {status => $head =~ m{^HTTP/1\.1 (\d+)}, is_last => scalar($head =~ /^Connection: close/mi), body => $body};
}

sub _plug
{
    my ($self) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port}) || die "no connection: $@";

    # A server that does not answer is a failure, not the end of all tests.
    setsockopt $socket, SOL_SOCKET, SO_RCVTIMEO, pack 'l!l!', 120, 0 or die "setsockopt: $!";
    return $socket;
}

sub _bytes_of
{
    my ($person, $how, $method, $path, $what) = @_;
    my $body = $what ? $json->encode($what) : '';

    return "$method /api/$path HTTP/1.1\r\nHost: x\r\nAuthorization: Basic " . encode_base64("$person->{username}:x", '')
        . "\r\n" . ($how eq 'fresh' ? "Connection: close\r\n" : '')
        . ($what ? "Content-Type: application/json\r\n" : '') . ($method eq 'GET' ? '' : 'Content-Length: ' . length($body) . "\r\n")
        . "\r\n$body";
}

sub worker
{
    my ($self, $person, $how, $requests_of) = @_;

    return ChatTest::in_background {
        $self->_ask($person, $how, @$_) for $requests_of->(@_);
        1;
    };
}

sub _ask
{
    my ($self, $person, $how, $method, $path, $what, $pattern) = @_;
    my $bytes = _bytes_of($person, $how, $method, $path, $what);
    my $name  = "$method " . $path =~ s{\d+}{<id>}r =~ s{\?.*}{}r;
    my $answer = $how eq 'fresh' ? _exchange($self->_plug, $bytes) : $self->_exchange_kept($bytes);
    my $status = $answer ? $answer->{status} : 'no answer';

    $self->_count("$name $status");
    die "$name: $status" . ($answer ? ' ' . substr $answer->{body}, 0, 1000 : '')
        unless $status =~ /^20[01]$/ && (!$pattern || $answer->{body} =~ $pattern);
    return;
}

sub _exchange_kept
{
    my ($self, $bytes) = @_;
    my ($socket, $is_used) = @$self{qw(socket is_used)};
    my $answer;

    ($socket, $is_used) = ($self->_plug, 0) unless $socket;
    $answer = _exchange($socket, $bytes);
    if (!$answer && $is_used) {
        $socket = $self->_plug;
        $answer = _exchange($socket, $bytes);
        $self->_count('sent again');
    }
    @$self{qw(socket is_used)} = $answer && !$answer->{is_last} ? ($socket, 1) : ();
    return $answer;
}

# Messages over a WebSocket, each acknowledged before the next. One that a graceful restart came between is sent again,
# with its client_id.
sub live_sender
{
    my ($self, $person, $talk, $words) = @_;
    my $ws;

    return ChatTest::in_background {
        my ($n) = @_;

        while (1) {
            my $answer = ($ws //= $self->_connect($person)) && $ws->post($talk, "$words $n", client_id => "$words $n");
            my $code   = $answer ? $answer->{status} // $answer->{type} : 'closed ' . ($ws ? $ws->{closed} // 'not' : 1001);

            $self->_count("WebSocket $code");
            return 1 if $code eq 'ack';
            die "a message over a WebSocket: $code" if $code ne 'closed 1001';
            undef $ws;
        }
    };
}

# undef: closed with 1001 before it was greeted.
sub _connect
{
    my ($self, $person) = @_;
    my $ws = ChatTest::Live->of($person, site => $self->{url}, plain => 1, contract => 0);

    die 'a handshake was answered with ' . $ws->code unless $ws->is_open;
    return $ws if $ws->await('hello');
    die 'no hello, but ' . ($ws->{closed} // 'nothing') unless ($ws->{closed} // 0) == 1001;
    return;
}

sub _count
{
    my ($self, $what) = @_;

    open my $out, '>>', $self->{tally} or die $!;
    print {$out} "$what\n";
    close $out;
    return;
}

# How often each answer was given, by all workers.
sub tally
{
    my ($self) = @_;
    my %count;

    open my $in, '<:utf8', $self->{tally} or die $!;
    chomp, $count{$_}++ while readline $in;
    return \%count;
}

# ---- Those who listen -------------------------------------------------------------------------

# `last`: the last seq that they have, by conversation.
sub listen
{
    my ($self, $person, $last) = @_;
    my $listener = {person => $person, last => {%$last}, opened => 0};

    push @{$self->{listeners}}, $listener;
    return $self->_connect_again($listener);
}

sub _connect_again
{
    my ($self, $listener) = @_;
    my $ws = ChatTest::Live->of($listener->{person}, site => $self->{url}, plain => 1, contract => $self->{contract});

    if (!$ws->is_open) {
        push @{$self->{breaches}}, 'a handshake was answered with ' . $ws->code;
        return;
    }
    $listener->{opened}++;
    $listener->{ws} = $ws;
    if ($ws->await('hello')) {
        $ws->say({type => 'resume', conversations => $listener->{last}});
    }
    elsif (defined $ws->{closed}) {
        $self->_note_close($listener);
    }
    else {
        push @{$self->{breaches}}, 'no hello';
    }
    return;
}

sub _note_close
{
    my ($self, $listener) = @_;
    my $code = delete($listener->{ws})->{closed};

    $self->{closes}{$code}++;
    push @{$self->{breaches}}, "closed with $code" if $code != 1001;
    return;
}

# Whatever has come.
sub _listen_to
{
    my ($self, $listener) = @_;

    return $self->_connect_again($listener) if !$listener->{ws};
    for my $frame ($listener->{ws}->come) {
        push @{$self->{told}}, $json->encode($frame) if $frame->{type} =~ /^(?:error|resync)$/;
        next if $frame->{type} ne 'message';
        my ($id, $seq) = @{$frame->{message}}{qw(conversation_id seq)};
        my $expected = ($listener->{last}{$id} // 0) + 1;

        push @{$self->{breaches}}, "$listener->{person}{username}: message $seq of $id came instead of $expected" if $seq != $expected;
        $listener->{last}{$id} = $seq;
    }
    $self->_note_close($listener) if defined $listener->{ws}{closed};
    return;
}

# All of them listen, until the block is true; or false after a minute, three on a busy machine.
sub listen_until
{
    my ($self, $is_over) = @_;
    my $deadline = time + 60 * ChatTest::slow();

    while (time < $deadline) {
        $self->_listen_to($_) for @{$self->{listeners}};
        return 1 if $is_over->();
        sleep 0.01;
    }
    return 0;
}

# Whether all have a connection, which is another one than at the time of opened().
sub opened { return [map { $_->{opened} } @{$_[0]{listeners}}] }

sub are_back
{
    my ($self, $opened) = @_;
    my $listeners = $self->{listeners};

    return !grep { !$listeners->[$_]{ws} || $listeners->[$_]{opened} == $opened->[$_] } 0 .. $#$listeners;
}

# Whether they have got all of these conversations, up to the seq of each.
sub have_all
{
    my ($self, %seqs) = @_;

    return !grep { my $last = $_->{last}; grep { exists $seqs{$_} && $last->{$_} != $seqs{$_} } keys %$last } @{$self->{listeners}};
}

# The first ten; and what the server had told them, which may say why.
sub breaches { my @breaches = @{$_[0]{breaches}}; return @breaches[0 .. ($#breaches > 9 ? 9 : $#breaches)] }
sub told { return @{$_[0]{told}} }
sub close_codes { return sort keys %{$_[0]{closes}} }

1;
