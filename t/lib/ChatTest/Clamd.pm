package ChatTest::Clamd;

=head1 NAME

ChatTest::Clamd - Debian's clamd with EICAR's signature alone

    my $clamd = ChatTest::Clamd->new; # not running yet
    $clamd->start or die $clamd->said;
    "ChatScan clamd:" . $clamd->socket;
    $clamd->stop;

It lives in a folder of its own, and ends with the object.

=cut

use strict;
use warnings;
use File::Temp         qw(tempdir);
use IO::Socket::UNIX   ();
use Time::HiRes        qw(time sleep);

sub new
{
    my ($class) = @_;
    my $folder = tempdir('clamd-XXXXXX', TMPDIR => 1, CLEANUP => 1);

    chmod 0755, $folder;
    return bless {folder => $folder, owner => $$}, $class;
}

sub socket { return "$_[0]{folder}/socket" }

# It listens before it answers.
sub _is_answering
{
    my ($self) = @_;
    my $socket = IO::Socket::UNIX->new(Peer => $self->socket) or return 0;

    print {$socket} "zPING\0";
    return (readline($socket) // '') =~ /^PONG/;
}

sub start
{
    my ($self) = @_;
    my $deadline = time + 120 * ($ENV{CHAT_TEST_SLOW} || 1);

    $self->{pid} = fork // die "fork: $!";
    if (!$self->{pid}) {
        open STDOUT, '>', "$self->{folder}/log";
        open STDERR, '>&', \*STDOUT;
        exec 't/clamd/run', $self->{folder} or POSIX::_exit(127);
    }
    while (time < $deadline && !waitpid $self->{pid}, 1) { # WNOHANG
        return 1 if $self->_is_answering;
        sleep 0.05;
    }
    return 0;
}

sub said { open my $log, '<', "$_[0]{folder}/log" or return "$!"; local $/; return scalar readline $log }

sub stop
{
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;

    kill TERM => $pid;
    waitpid $pid, 0;
    unlink $self->socket;
}

sub DESTROY
{
    my ($self) = @_;

    $self->stop if $self->{owner} == $$;
}

1;
