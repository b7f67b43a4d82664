package Bench::Clocks;

# Who has used the processors.
use strict;
use warnings;
use Exporter    qw(import);
use POSIX       qw(sysconf _SC_CLK_TCK);
use Time::HiRes qw(sleep);
use Bench::Programs;

our @EXPORT = qw(%servers clocks used foreign resident_kb tree_of);

our %servers; # httpd, postgresql, and client, which is ours: the processes at the roots of their trees

my $TICKS = sysconf(_SC_CLK_TCK);

# Seconds of CPU so far: of the trees of httpd and PostgreSQL (with children that have ended), of the
# kernel's threads, of ourselves and our children, and of all there are; all: what there was to use.
sub clocks
{
    my ($expected) = @_;
    my $seen = '';

    # A backend that goes while we look would be counted twice, with its parent too: wait until the
    # processes stay, and are those of before.
    for (1 .. 40) {
        my $clocks = read_clocks();

        return $clocks if $clocks->{processes} eq $seen && $seen eq ($expected // $seen);
        $seen = $clocks->{processes};
        sleep 0.05;
    }
    return read_clocks();
}

# Between two looks at the clocks.
sub used
{
    my ($before, $after) = @_;

    return map { $_ => $after->{$_} - $before->{$_} } grep { $_ ne 'processes' } keys %$after;
}

sub foreign
{
    my (%used) = @_;
    my $known   = 0;
    $known += $used{$_} for qw(httpd postgresql client kernel own);
    my $percent = 100 * ($used{busy} - $known) / $used{all};

    return $percent < 0 ? 0 : $percent;
}

sub read_clocks
{
    my (%parent, %used, %ended, %sum, @processes);

    for my $file (glob '/proc/[0-9]*/stat') {
        my $line = slurp($file);
        my ($pid) = $line =~ /^(\d+)/ or next;
        my @field = split ' ', $line =~ s/^.*\) //sr;

        $parent{$pid} = $field[1];
        $used{$pid}   = $field[11] + $field[12];
        $ended{$pid}  = $field[13] + $field[14];
    }
    for my $pid (keys %parent) {
        $sum{kernel} += $used{$pid} if $pid == 2 || $parent{$pid} == 2;
        for my $server (keys %servers) {
            my %is_root = map { $_ => 1 } ref $servers{$server} ? @{$servers{$server}} : $servers{$server};

            next unless grep { $is_root{$_} } ancestors(\%parent, $pid);
            $sum{$server} += $used{$pid} + $ended{$pid};
            push @processes, $pid;
        }
    }
    my ($user, $nice, $system, $idle, $wait, $irq, $softirq, $steal) =
        slurp('/proc/stat') =~ /^cpu\s+(\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)/;
    my %seconds = map { $_ => ($sum{$_} || 0) / $TICKS } qw(httpd postgresql client kernel);
    $seconds{busy} = ($user + $nice + $system + $steal) / $TICKS; # interrupts belong to no process
    $seconds{all}  = ($user + $nice + $system + $idle + $wait + $irq + $softirq + $steal) / $TICKS;
    $seconds{own} += $_ for times;
    $seconds{processes} = join ' ', sort @processes;
    return \%seconds;
}

sub ancestors
{
    my ($parent, $pid) = @_;
    my @line;

    for (; $pid && @line < 50; $pid = $parent->{$pid}) {
        push @line, $pid;
    }
    return @line;
}

# The processes that descend from these, and these.
sub tree_of
{
    my @found = @_;

    for my $pid (@found) {
        push @found, map { split ' ', slurp($_) } glob "/proc/$pid/task/*/children";
    }
    return @found;
}

# The resident memory of processes, in kB.
sub resident_kb
{
    my $kb = 0;

    for my $pid (@_) {
        $kb += $1 if slurp("/proc/$pid/status") =~ /^VmRSS:\s+(\d+)/m;
    }
    return $kb;
}

1;
