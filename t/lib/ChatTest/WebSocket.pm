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

our $PATIENCE = 30 * ($ENV{CHAT_TEST_SLOW} || 1);

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

# A client of conversations/ws/, which holds every frame against what API.md says of it:
#
#   my $ws = ChatTest::Live->of($ada, site => $httpd->url);
#   my $answer = $ws->ask({type => 'send', conversation_id => 7, content => 'hello'});
#   my $frame = $ws->await('message', sub { $_->{message}{seq} == 3 });
#
# Frames of notifications wait apart, for await() and told(), so that they are in nobody's way elsewhere. So do
# those that ask to fetch anew without having been asked themselves, for await(): whoever has just been given a role
# may get one a moment later.
#
# of() makes the handshake as a person (undef: nobody) and, unless C<plain> is set, waits for hello and
# resumes nothing, so that from then on nothing is held back. Options as new(), and C<site>, C<root>,
# C<path> (instead of the usual one), C<query>, C<contract> (0: frames are held against nothing).
package ChatTest::Live;

use strict;
use warnings;
use Cpanel::JSON::XS    ();
use MIME::Base64 qw(encode_base64);
use Mojo::JSON  ();
use Mojo::Util  ();
use Time::HiRes qw(time);
use ChatTest    ();
use ChatTest::Contract ();

our @ISA = 'ChatTest::WebSocket';

my $JSON = Cpanel::JSON::XS->new->utf8->canonical;
my $REF  = 0;
my $MARKER = do { (my $file = $0) =~ s{.*/|[^\w.]}{}g; "$file.$$" }; # as ChatTest has it
my $CHECKED_MAX = 50; # of each type: it takes its time

# What each type of frame has besides it; those behind the bar it may have.
my %MEMBERS = (
    hello        => 'user_id user_tag heartbeat epoch attachments',
    message      => 'message conversation',
    read         => 'conversation_id up_to read_at by_me unread_count version',
    typing       => 'conversation_id is_typing typer',
    conversation => 'conversation',
    message_changed => 'message', message_deleted => 'conversation_id message_ids', conversation_deleted => 'conversation_id',
    notification => 'notification unread_count unread_messages unread_conversations as_member version',
    resync       => 'epoch | ref',
    ack          => 'ref message',
    error        => 'ref title status detail error code | errors retry_after',
    resumed      => '| ref has_changed unread_messages unread_conversations as_member version',
);
my %checked;

sub of
{
    my ($class, $person, %options) = @_;
    my $site = ChatTest::site(delete $options{site});
    my $root = delete $options{root} // '/api';
    my $path = delete $options{path} // "$root/conversations/ws/" . (exists $options{query} ? "?$options{query}" : '');
    my %headers = ('X-Test' => $MARKER, 'Sec-WebSocket-Protocol' => 'chat.v1', %{delete $options{headers} // {}});
    my $plain = delete $options{plain};
    my $contract = delete $options{contract} // 1;

    $headers{Authorization} //= 'Basic ' . encode_base64(Mojo::Util::encode('UTF-8', "$person->{username}:x"), '')
        if $person;
    my $self = $class->SUPER::new("$site$path", %options, headers => \%headers);
    @$self{qw(person inbox notifications resyncs acks contract)} = ($person, [], [], [], 0, $contract);
    return $self if $plain;
    die 'no hello: ' . $self->code unless $self->is_open && ($self->{hello} = $self->await('hello'));
    $self->resume({});
    return $self;
}

sub person { return $_[0]{person} }

sub say
{
    my ($self, $json) = @_;

    return $self->send(ChatTest::WebSocket::TEXT, $JSON->encode($json));
}

# Say it with a ref, and give the answer to it; what else comes waits in the inbox.
sub ask
{
    my ($self, $json, $seconds) = @_;
    my $ref = $json->{ref} // 'r' . ++$REF;

    $self->say({%$json, ref => $ref});
    return $self->_take_first(sub { $_->{type} =~ /^(?:ack|error|resumed|resync)$/ && ($_->{ref} // '') eq $ref }, $seconds);
}

sub post
{
    my ($self, $talk, $content, %more) = @_;

    return $self->ask({type => 'send', conversation_id => $talk->{id}, content => $content, %more});
}

# The frame that ends a resume: what it brought has come before it. With another epoch than hello's, if
# one is given; %more: what else the client says, as C<sync> and C<role>.
sub resume
{
    my ($self, $from, $seconds, $epoch, %more) = @_;

    return $self->ask({type => 'resume', conversations => $from, defined $epoch ? (epoch => $epoch) : (), %more}, $seconds);
}

# The first frame of that type, for which $where is true with $_, out of those that came and will come
# within $seconds; undef: none.
sub await
{
    my ($self, $type, $where, $seconds) = @_;

    return $self->_take_first(sub { $_->{type} eq $type && (!$where || $where->()) }, $seconds,
        {notification => $self->{notifications}, resync => $self->{resyncs}}->{$type});
}

sub await_message
{
    my ($self, $id, $seconds) = @_;

    return $self->await('message', sub { $_->{message}{id} == $id }, $seconds);
}

# All that has come so far, without the frames taken by others.
sub come
{
    my ($self) = @_;

    1 while $self->_receive(0);
    return splice @{$self->{inbox}};
}

# The frames of notifications that have come so far.
sub told
{
    my ($self) = @_;

    1 while $self->_receive(0);
    return splice @{$self->{notifications}};
}

# What has come to each of these sockets that nobody took, when all that was said and typed before this
# must have come: up to a message to its user and somebody typing for them, which are left out.
sub until_fence
{
    my ($class, @sockets) = @_;
    my %fences;

    for my $person (map { $_->{person} } @sockets) {
        $fences{$person->id} //= _fence($person);
    }
    return map { [$_->_up_to($fences{$_->{person}->id})] } @sockets;
}

# The church that types has another name each time, and so is told from those of earlier fences.
my $fences = 0;

sub _fence
{
    my ($person) = @_;
    my $talk  = $person->{fence} //= do {
        my $new = ChatTest::conversation($person, ChatTest::church('Fence'));

        ChatTest::say($new, 'first'); # from then on staff may type
        $new;
    };
    my $staff = $person->{fence}{staff} //= ChatTest::staff_of($talk->{church});
    my $name  = 'Fence ' . ++$fences;

    ChatTest::sql('update chat.churches set name = ? where id = ?', $name, $talk->{church}{id});
    ChatTest::post($staff, "$talk->{path}typing/", {is_typing => Cpanel::JSON::XS::false});
    return {talk => $talk, name => $name, id => ChatTest::say($talk, 'fence')->json->{message}{id}};
}

sub _up_to
{
    my ($self, $fence) = @_;

    $self->await('typing', sub { $_->{typer}{display_name} eq $fence->{name} })
        or Test::More::fail('the fence is seen');
    $self->await_message($fence->{id}) or Test::More::fail('the fence is heard of');
    return grep { !_is_about($_, $fence->{talk}{id}) } splice @{$self->{inbox}};
}

sub _is_about
{
    my ($frame, $id) = @_;
    my $about = $frame->{conversation_id} // ($frame->{message} // $frame->{conversation} // {})->{conversation_id}
        // ($frame->{conversation} // {})->{id} // 0;

    return $about == $id;
}

sub _take_first
{
    my ($self, $is_wanted, $seconds, $inbox) = @_;
    my $deadline = time + ($seconds // $ChatTest::WebSocket::PATIENCE);

    $inbox //= $self->{inbox};
    my $next = 0;

    while (1) {
        for (; $next < @$inbox; $next++) {
            local $_ = $inbox->[$next];
            return splice @$inbox, $next, 1 if $is_wanted->();
        }
        my $left = $deadline - time;
        return unless $self->_receive($left > 0 ? $left : 0);
    }
}

# One more frame into the inbox, pings answered on the way; false: none within $seconds, or the end.
sub _receive
{
    my ($self, $seconds) = @_;
    my $deadline = time + $seconds;

    while (my $frame = $self->next_frame($seconds)) {
        my ($opcode, $payload) = @$frame{qw(opcode payload)};

        $seconds = $deadline > time ? $deadline - time : 0;
        $self->send(ChatTest::WebSocket::PONG, $payload) if $opcode == ChatTest::WebSocket::PING;
        if ($opcode == ChatTest::WebSocket::TEXT) {
            my $json = Mojo::JSON::decode_json($payload);
            _complain($json, _breaches($json, $payload)) if $self->{contract};
            push @{$self->{
                $json->{type} eq 'notification'                      ? 'notifications'
                : $json->{type} eq 'resync' && !exists $json->{ref} ? 'resyncs'
                :                                                     'inbox'}}, $json;
            return 1;
        }
        if ($opcode == ChatTest::WebSocket::CLOSE) {
            $self->{closed} = length $payload ? unpack 'n', $payload : 1005;
            return 0;
        }
    }
    $self->{closed} //= 1006 if $self->{ended};
    return 0;
}

# The close code, when there is one within $seconds; frames before it go to the inbox.
sub closed
{
    my ($self, $seconds) = @_;
    my $deadline = time + ($seconds // $ChatTest::WebSocket::PATIENCE);

    until (defined $self->{closed}) {
        my $left = $deadline - time;
        last if $left <= 0;
        $self->_receive($left);
    }
    return $self->{closed};
}

sub leave
{
    my ($self) = @_;

    $self->write(ChatTest::WebSocket::close_frame(1000));
    return $self->vanish;
}

sub _breaches
{
    my ($json, $payload) = @_;
    my $type = $json->{type} // '';
    my $members = $MEMBERS{$type} // return "a frame of type '$type'";
    my @breaches = $payload =~ /[<>&]|\xe2\x80[\xa8\xa9]/ ? 'an unescaped < > & or line separator' : ();

    return @breaches if $checked{$type}++ >= $CHECKED_MAX;
    my ($must, $may) = map { [split ' ', $_ // ''] } split /\|/, $members, 2;
    my %allowed = map { $_ => 1 } 'type', @{$must // []}, @{$may // []};
    return (@breaches, (map {"$type without $_"} grep { !exists $json->{$_} } @{$must // []}),
        (map {"$type with $_"} grep { !$allowed{$_} } sort keys %$json), ChatTest::Contract::_times($json, ''),
        map { _unfit($_, $json->{lc $_}) } grep { $json->{lc $_} } 'Message', 'Conversation', 'Notification');
}

my %validators;
sub _unfit
{
    my ($schema, $json) = @_;
    my $validator = $validators{$schema} //= ChatTest::_openapi()->_validator({'$ref' => "#/components/schemas/$schema"});

    return map {"$schema: $_"} $validator->validate($json);
}

sub _complain
{
    my ($json, @breaches) = @_;

    return unless @breaches;
    Test::More::fail("a frame $json->{type} keeps the contract");
    Test::More::diag("  $_") for @breaches;
    Test::More::diag('  frame: ' . substr $JSON->encode($json), 0, 400);
    return;
}

1;
