package Bench::Programs;

# Programs that a measurement runs, and those that it leaves running until the end; and small things
# that all of t/bench needs.
use strict;
use warnings;
use Exporter         qw(import);
use IO::Socket::INET ();
use POSIX            ();
use Time::HiRes      qw(sleep time);

our @EXPORT = qw(note run_program start_program stop_program stop_programs talk_to hear_from slurp spill indent
    quantile median free_port answers_at);

my $child;   # that run_program waits for
my %started; # process: its name
my $is_leaving;

sub note
{
    print STDERR @_, "\n";
}

# Runs a program in a way that Ctrl-C ends it, and gives its output; dies with that when it fails.
sub run_program
{
    my ($words, %opt) = @_;

    $child = open my $out, '-|';
    die "bench: $!\n" unless defined $child;
    if (!$child) {
        $SIG{$_} = "DEFAULT" for $is_leaving ? () : qw(INT TERM HUP);
        open STDERR, '>&', \*STDOUT;
        open STDIN, '<', '/dev/null';
        exec {$words->[0]} @$words or POSIX::_exit(127);
    }
    my $text = do { local $/; <$out> } // '';
    my $pid  = $child;
    waitpid $pid, 0;
    my $status = $?;
    undef $child;
    close $out;
    die "bench: $words->[0] failed", $status & 127 ? " (signal " . ($status & 127) . ')' : '', "\n", indent($text)
        if $status && !$opt{may_fail};
    return $text;
}

# Starts a program that stays, in a session of its own, until we are gone, however that comes. Its words go
# to the file `log`; with pipes, {to} and {from} of the answer lead to it. {pid} is its process.
sub start_program
{
    my ($words, %opt) = @_;
    my ($stdin, $to, $from, $stdout);

    if ($opt{pipes}) {
        pipe $stdin, $to   or die "bench: $!\n";
        pipe $from, $stdout or die "bench: $!\n";
        $to->autoflush(1);
    }
    my $pid = fork // die "bench: $!\n";
    if (!$pid) {
        $SIG{$_} = "DEFAULT" for qw(INT TERM HUP PIPE);
        POSIX::setsid();
        chdir $opt{in} or POSIX::_exit(126) if $opt{in};
        open STDIN, '<&', $stdin // do { open my $null, '<', '/dev/null'; $null };
        open STDERR, '>>', $opt{log} or POSIX::_exit(126);
        open STDOUT, '>&', $stdout // \*STDERR;
        exec qw(setpriv --pdeathsig TERM), @$words or POSIX::_exit(127);
    }
    $started{$pid} = $words->[0];
    return {pid => $pid, to => $to, from => $from, log => $opt{log}};
}

# Ends it and all that it has started.
sub stop_program
{
    my ($program) = @_;
    my $pid = $program->{pid};

    return unless delete $started{$pid};
    local $SIG{PIPE} = 'IGNORE'; # where it has ended by itself
    close $program->{to} if $program->{to};
    kill TERM => -$pid;
    for my $try (1 .. 100) {
        my $is_gone = waitpid($pid, POSIX::WNOHANG()) != 0;
        last if $is_gone && !kill 0 => -$pid;
        kill KILL => -$pid if $try == 80;
        sleep 0.05;
    }
}

sub stop_programs
{
    $is_leaving = 1;
    if ($child) {
        kill TERM => $child;
        waitpid $child, 0;
        undef $child;
    }
    stop_program({pid => $_}) for keys %started;
}

# One line to a program with pipes.
sub talk_to
{
    my ($program, $line) = @_;
    local $SIG{PIPE} = 'IGNORE';

    print {$program->{to}} "$line\n";
}

# One line from it, as words.
sub hear_from
{
    my ($program) = @_;
    my $line = readline $program->{from};

    die "bench: $started{$program->{pid}} has ended\n", indent(slurp($program->{log})) unless defined $line;
    return split ' ', $line;
}

sub slurp
{
    my ($name) = @_;

    open my $file, '<', $name or return '';
    local $/;
    return scalar <$file> // '';
}

sub spill
{
    my ($name, @text) = @_;

    open my $file, '>', $name or die "bench: $name: $!\n";
    print {$file} @text;
    close $file or die "bench: $name: $!\n";
    return $name;
}

sub indent
{
    return $_[0] =~ s/^/  /gmr;
}

sub quantile
{
    my ($part, $values) = @_;
    my @sorted = sort { $a <=> $b } @$values;

    return $sorted[$part * $#sorted + 0.5];
}

sub median
{
    my @sorted = sort { $a <=> $b } @_;

    return @sorted % 2 ? $sorted[$#sorted / 2] : ($sorted[@sorted / 2 - 1] + $sorted[@sorted / 2]) / 2;
}

sub free_port
{
    my ($first) = @_;

    for my $port ($first .. $first + 98) {
        return $port if IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 1, ReuseAddr => 1);
    }
    die "bench: no port is free from $first on\n";
}

# Whether somebody listens there within so many seconds.
sub answers_at
{
    my ($port, $seconds) = @_;

    for (my $end = time + $seconds; time < $end; sleep 0.1) {
        return 1 if IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port);
    }
    return 0;
}

1;
