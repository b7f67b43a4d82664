package ChatTest::WebSocket;

=head1 NAME

ChatTest::WebSocket - a peer that sends whatever frames it is told to, and reads strictly

    my $ws = ChatTest::WebSocket->new("$url/echo");
    $ws->send(TEXT, 'hello');
    is $ws->message, 'hello';
    $ws->write(ChatTest::WebSocket::frame(TEXT, 'x', masked => 0));
    is $ws->close_code, 1002;
    ok $ws->has_ended;

new() makes the handshake; options: C<method>, C<version> (of HTTP), C<headers> (instead of the usual
ones where they have the same name; undef: none), C<behind> (bytes glued to the handshake), C<before>
(bytes in front of it), C<tls>, C<bytes> (of the receive buffer), C<wait> (0: the answer is not read
yet). code() and header() tell the answer. frame() encodes one; options C<fin>, C<rsv>, C<masked>,
C<length> (what the header says instead of the truth), C<form> (7, 16 or 64: the form of the length).

What the server sends must be whole, unmasked and of the shortest form, or reading dies. Waiting ends
after C<$PATIENCE> seconds, and gives undef.

=cut

use strict;
use warnings;
use Errno            qw(EAGAIN EWOULDBLOCK EINTR);
use Exporter         qw(import);
use Digest::SHA      qw(sha1);
use IO::Select       ();
use IO::Socket::INET ();
use MIME::Base64     qw(encode_base64);
use Socket           qw(SOL_SOCKET SO_RCVBUF SO_LINGER IPPROTO_TCP TCP_NODELAY);
use Time::HiRes      qw(time);

our @EXPORT_OK = qw(CONTINUATION TEXT BINARY CLOSE PING PONG frame close_frame);

use constant {CONTINUATION => 0, TEXT => 1, BINARY => 2, CLOSE => 8, PING => 9, PONG => 10};

our $PATIENCE = 10 * ($ENV{CHAT_TEST_SLOW} || 1);

sub new
{
    my ($class, $url, %options) = @_;
    my ($host, $port, $path) = $url =~ m{^\w+://([^/:]+):(\d+)(/.*)} or die "no address: $url";
    my $key  = encode_base64(join('', map { chr rand 256 } 1 .. 16), '');
    my $self = bless {key => $key, in => '', code => 0, headers => {}}, $class;
    my %headers = (Host => "$host:$port", Upgrade => 'websocket', Connection => 'Upgrade',
        'Sec-WebSocket-Key' => $key, 'Sec-WebSocket-Version' => 13, %{$options{headers} // {}});
    my @lines = map { my $name = $_; map {"$name: $_"} ref $headers{$_} ? @{$headers{$_}} : $headers{$_} }
        grep { defined $headers{$_} } sort keys %headers;
    my $request = join "\r\n", join(' ', $options{method} // 'GET', $path, $options{version} // 'HTTP/1.1'),
        @lines, '', '';

    $self->{socket} = _connect($host, $port, \%options);
    $self->write(($options{before} // '') . $request . ($options{behind} // ''));
    $self->answer unless defined $options{wait} && !$options{wait};
    return $self;
}

sub _connect
{
    my ($host, $port, $options) = @_;
    my $socket;

    if ($options->{tls}) {
        require IO::Socket::SSL;
        $socket = IO::Socket::SSL->new(PeerAddr => $host, PeerPort => $port, SSL_verify_mode => 0,
            %{ref $options->{tls} ? $options->{tls} : {}}) or die "no TLS: $IO::Socket::SSL::SSL_ERROR";
    }
    elsif ($options->{bytes}) { # it must be set before connecting
        $socket = IO::Socket::INET->new(Proto => 'tcp') or die "no socket: $!";
        setsockopt $socket, SOL_SOCKET, SO_RCVBUF, $options->{bytes};
        $socket->connect(Socket::pack_sockaddr_in($port, Socket::inet_aton($host))) or die "no connection: $!";
    }
    else {
        $socket = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Timeout => $PATIENCE)
            or die "no connection: $@";
    }
    setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1;
    $socket->blocking(0);
    return $socket;
}

sub socket { return $_[0]{socket} }
sub code { return $_[0]{code} }
sub header { return $_[0]{headers}{lc $_[1]} }
sub is_open { return $_[0]{code} == 101 }

# Read the answer to the handshake; 0: there is none.
sub answer
{
    my ($self) = @_;

    until ($self->{in} =~ /\r\n\r\n/) {
        $self->_fill or return 0;
    }
    my ($head) = $self->{in} =~ /^(.*?\r\n)\r\n/s;
    substr $self->{in}, 0, length($head) + 2, '';
    ($self->{code}) = $head =~ m{^HTTP/\d\.\d (\d+)} or die "no answer: $head";
    $self->{headers} = {map { /^([^:]+):\s*(.*?)\s*$/ ? (lc $1, $2) : () } split /\r\n/, $head};
    return $self->{code};
}

# Whether the answer fits the key that was sent.
sub is_accepted
{
    my ($self) = @_;
    my $accept = encode_base64(sha1("$self->{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"), '');

    return $self->code == 101 && ($self->header('Sec-WebSocket-Accept') // '') eq $accept
        && lc($self->header('Upgrade') // '') eq 'websocket' && lc($self->header('Connection') // '') eq 'upgrade';
}

sub frame
{
    my ($opcode, $payload, %options) = @_;
    my $length = $options{length} // length $payload;
    my $form   = $options{form} // ($length < 126 ? 7 : $length < 65536 ? 16 : 64);
    my $masked = $options{masked} // 1;
    my $head   = chr(($options{fin} // 1) << 7 | ($options{rsv} // 0) << 4 | $opcode);

    $head .= $form == 7 ? pack 'C', $masked << 7 | $length
        : $form == 16 ? pack 'Cn', $masked << 7 | 126, $length
        :               pack 'CQ>', $masked << 7 | 127, $length;
    return $head . $payload unless $masked;
    my $key = $options{key} // pack 'N', rand 2**32;
    return $head . $key . ("$payload" ^ substr $key x (length($payload) / 4 + 1), 0, length $payload);
}

# undef: without a code.
sub close_frame
{
    my ($code, $reason) = @_;

    return frame(CLOSE, defined $code ? pack('n', $code) . ($reason // '') : '');
}

sub send
{
    my ($self, $opcode, $payload, %options) = @_;

    return $self->write(frame($opcode, $payload, %options));
}

# All of it, or false when the server has ended the connection. It reads meanwhile (unless C<deaf>), as
# the server may answer before it has got everything.
sub write
{
    my ($self, $bytes, %options) = @_;
    my $select = IO::Select->new($self->{socket});
    my $deadline = time + $PATIENCE;

    local $SIG{PIPE} = 'IGNORE';
    while (length $bytes) {
        my $n = syswrite $self->{socket}, $bytes, 1 << 20;
        if ($n) {
            substr $bytes, 0, $n, '';
            next;
        }
        return 0 unless $!{EAGAIN} || $!{EWOULDBLOCK} || $!{EINTR};
        return 0 if time > $deadline;
        $select->can_write(0.05);
        $self->_take unless $options{deaf};
    }
    return 1;
}

# As much as goes without waiting: the number of bytes, 0 for none now, undef when it has ended.
sub write_some
{
    my ($self, $bytes) = @_;

    local $SIG{PIPE} = 'IGNORE';
    my $n = syswrite $self->{socket}, $bytes;
    return $n if $n;
    return $!{EAGAIN} || $!{EWOULDBLOCK} ? 0 : undef;
}

# What is there already.
sub _take
{
    my ($self) = @_;

    return 0 if $self->{ended};
    my $n = sysread $self->{socket}, $self->{in}, 1 << 18, length $self->{in};
    return $n if $n;
    return -1 if !defined $n && ($!{EAGAIN} || $!{EWOULDBLOCK} || $!{EINTR});
    $self->{ended} = defined $n ? 'closed' : 'reset';
    return 0;
}

# Wait for more.
sub _fill
{
    my ($self, $seconds) = @_;
    my $deadline = time + ($seconds // $PATIENCE);

    while (1) {
        my $n = $self->_take;
        return $n if $n >= 0;
        my $left = $deadline - time;
        return 0 if $left <= 0;
        IO::Select->new($self->{socket})->can_read($left);
    }
}

# The next frame that came: a hash of opcode and payload; undef at the end, or after $seconds.
sub next_frame
{
    my ($self, $seconds) = @_;
    my $deadline = time + ($seconds // $PATIENCE);
    my $frame;

    until ($frame = $self->_parse) {
        my $left = $deadline - time;
        $self->_fill($left > 0 ? $left : 0) or return;
    }
    return $frame;
}

sub _parse
{
    my ($self) = @_;
    my $in = \$self->{in};

    return if length $$in < 2;
    my ($first, $length) = unpack 'CC', $$in;
    my $head = $length == 127 ? 10 : $length == 126 ? 4 : 2;
    die sprintf 'the server sent a bad frame: %02x %02x', $first, $length
        if $length & 0x80 || $first & 0x70 || !($first & 0x80) || !($first & 0x0f);
    return if length $$in < $head;
    $length = unpack 'n', substr $$in, 2, 2 if $head == 4;
    $length = unpack 'Q>', substr $$in, 2, 8 if $head == 10;
    die 'a length that is not minimal' if $head == 4 && $length < 126 || $head == 10 && $length < 65536;
    return if length $$in < $head + $length;
    my $payload = substr $$in, $head, $length;
    substr $$in, 0, $head + $length, '';
    return {opcode => $first & 0x0f, payload => $payload};
}

# The next text or binary message, or undef.
sub message
{
    my ($self, $seconds) = @_;

    while (my $frame = $self->next_frame($seconds)) {
        return $frame->{payload} if $frame->{opcode} == TEXT || $frame->{opcode} == BINARY;
        return if $frame->{opcode} == CLOSE;
    }
    return;
}

# The code of the close frame that comes next, or after other frames: 1005 when it has none, as RFC 6455
# numbers it, and 1006 when there is no close frame.
sub close_code
{
    my ($self, $seconds) = @_;

    while (my $frame = $self->next_frame($seconds)) {
        next if $frame->{opcode} != CLOSE;
        $self->{reason} = substr $frame->{payload}, 2 if length $frame->{payload} > 2;
        return length $frame->{payload} ? unpack 'n', $frame->{payload} : 1005;
    }
    return 1006;
}

sub close_reason { return $_[0]{reason} // '' }

# Whether the server ends TCP, and sends nothing more before.
sub has_ended
{
    my ($self, $seconds) = @_;

    $self->_fill($seconds);
    return $self->{ended} && !length $self->{in};
}

# Leave without a word; with a reset, as a process that is killed with unread data.
sub vanish
{
    my ($self, %options) = @_;
    my $socket = delete $self->{socket} or return;

    setsockopt $socket, SOL_SOCKET, SO_LINGER, pack 'II', 1, 0 if $options{reset};
    close $socket;
    return;
}

1;
