package ChatTest::Flood;

=head1 NAME

ChatTest::Flood - more requests at once than a polite client sends

    my $flood = ChatTest::Flood->of($url, $request, requests => 2000, connections => 64);
    is $flood->count(429), 1900;

The same bytes again and again over connections that stay open, one request under way on each, from
several processes, so that the client is no slower than the server. A connection that the server closes
between two requests, as a busy httpd may, is made anew. An answer is a hash of C<code>, C<seconds>,
C<headers> (lower case names) and C<body>.

=cut

use strict;
use warnings;
use IO::Select       ();
use IO::Socket::INET ();
use Cpanel::JSON::XS         ();
use List::Util       qw(min);
use POSIX            ();
use Socket           qw(IPPROTO_TCP TCP_NODELAY);
use Time::HiRes      qw(time);

# The bytes of a request with a JSON body. A header of undef is not sent.
sub request
{
    my ($class, $method, $path, $json, %headers) = @_;
    my $body  = defined $json ? Cpanel::JSON::XS->new->utf8->canonical->encode($json) : '';
    my %lines = (Host => 'x', 'Content-Type' => 'application/json', 'Content-Length' => length $body,
        %headers);

    return join "\r\n", "$method $path HTTP/1.1",
        (map {"$_: $lines{$_}"} grep { defined $lines{$_} } sort keys %lines), '', $body;
}

sub of
{
    my ($class, $url, $request, %options) = @_;
    my $requests    = $options{requests}    // 100;
    my $connections = $options{connections} // 1;
    my $processes   = $options{processes}   // min(4, $connections);
    my ($host, $port) = $url =~ m{//(.*):(\d+)} or die "no host and port in $url";
    my (@workers, @answers);

    for my $number (0 .. $processes - 1) {
        push @workers, _worker($host, $port, $request,
            _share($requests, $processes, $number), _share($connections, $processes, $number));
    }
    _line($_->{from}) for @workers; # all are connected
    my $begin = time;
    print {$_->{to}} "go\n" for @workers;
    for my $worker (@workers) {
        push @answers, @{Cpanel::JSON::XS->new->decode(_line($worker->{from}))};
    }
    my $seconds = time - $begin;
    waitpid $_->{pid}, 0 for @workers;
    return bless {answers => \@answers, seconds => $seconds}, $class;
}

sub answers { return @{$_[0]{answers}} }
sub seconds { return $_[0]{seconds} }
sub with { return grep { $_->{code} == $_[1] } @{$_[0]{answers}} }
sub count { return scalar $_[0]->with($_[1]) }

# How many of each: "201: 100, 429: 1900".
sub codes
{
    my ($self) = @_;
    my %codes;

    $codes{$_->{code}}++ for $self->answers;
    return join ', ', map {"$_: $codes{$_}"} sort keys %codes;
}

sub median_seconds
{
    my ($self, $code) = @_;
    my @sorted = sort { $a <=> $b } map { $_->{seconds} } $self->with($code);

    return $sorted[@sorted / 2];
}

sub _share
{
    my ($all, $processes, $number) = @_;

    return int($all / $processes) + ($number < $all % $processes ? 1 : 0);
}

sub _line { my $line = readline $_[0]; return $line // die 'a worker has died' }

sub _worker
{
    my ($host, $port, $request, $requests, $connections) = @_;

    pipe my $to_reader,   my $to_writer   or die $!;
    pipe my $from_reader, my $from_writer or die $!;
    $_->autoflush(1) for $to_writer, $from_writer;
    defined(my $pid = fork) or die $!;
    if (!$pid) {
        close $_ for $to_writer, $from_reader;
        my $fine = eval {
            my $connect = sub { _connect($host, $port) };
            my @sockets = map { $connect->() } 1 .. $connections;
            print {$from_writer} "connected\n";
            _line($to_reader);
            print {$from_writer} Cpanel::JSON::XS->new->encode(_send($request, $requests, $connect, @sockets)), "\n";
            close $from_writer;
        };
        print STDERR $@ unless $fine;
        POSIX::_exit($fine ? 0 : 1);
    }
    return {pid => $pid, to => $to_writer, from => $from_reader};
}

sub _connect
{
    my ($host, $port) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Timeout => 30)
        or die "no connection: $@";

    setsockopt $socket, IPPROTO_TCP, TCP_NODELAY, 1;
    return $socket;
}

sub _send
{
    my ($request, $requests, $connect, @sockets) = @_;
    my $select = IO::Select->new;
    my (%waiting, @answers); # by file number: what has come of the answer, and since when
    my $write = sub {
        my ($socket) = @_;

        $select->add($socket);
        $waiting{fileno $socket} = {text => '', begin => time};
        local $SIG{PIPE} = 'IGNORE';
        syswrite $socket, $request; # a connection that is closed is found out by reading
    };

    $write->($_) for @sockets[0 .. min($requests, scalar @sockets) - 1];
    my $left = $requests - $select->count;
    while ($select->count) {
        my @ready = $select->can_read(60) or die 'no answer within a minute';

        for my $socket (@ready) {
            my $at = $waiting{fileno $socket};

            if (!sysread $socket, $at->{text}, 65536, length $at->{text}) {
                die 'closed in the middle of an answer' if length $at->{text};
                $select->remove($socket);
                $write->($connect->());
                next;
            }
            my $answer = _take($at) or next;
            push @answers, $answer;
            if ($left-- > 0) { $write->($socket) }
            else { $select->remove($socket) }
        }
    }
    return \@answers;
}

# The answer, when all of it is here.
sub _take
{
    my ($at) = @_;
    my $end = index $at->{text}, "\r\n\r\n";

    return if $end < 0;
    my ($first, @lines) = split /\r\n/, substr $at->{text}, 0, $end;
    my %headers = map { /^([^:]+):\s*(.*)/ ? (lc $1, $2) : () } @lines;
    my $length = $headers{'content-length'} // die "an answer without Content-Length: $first";
    return if length($at->{text}) < $end + 4 + $length;
    return {code => (split ' ', $first)[1], seconds => time - $at->{begin}, headers => \%headers,
        body => substr $at->{text}, $end + 4};
}

1;
