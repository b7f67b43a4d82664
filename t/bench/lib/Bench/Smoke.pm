package Bench::Smoke;

# Finds in two minutes what has become much dearer: t/bench/run smoke, a part of make test. Most of the time goes into
# making a million messages to search, which the next run finds.
#
# Times say nothing on a machine that others use as well, so only ratios are looked at, of slices of a second
# next to each other, and of them the median. The floors are about half of what was seen when they were
# written: they are for a statement that lost its index, a copy too many, an answer built twice, and not for
# five per cent. What falls short is measured again before it counts.
use strict;
use warnings;
use Bench::Programs;

my $CONNECTIONS = 16;
my $SLICES      = 3;  # in each attempt
my $ATTEMPTS    = 3;
my $SOCKETS     = 5000;
my $LISTENERS   = 1000;
my $ASKED       = 3;  # requests of each kind, whose statements are counted

# Each: what it is, its sense and bound, and what has to be measured for it.
my @CHECKS = (
    ['page of 50: CPU of the limit by that of the request', '>=', 0.25, \&of_limit, 'page'],
    ['list of 10: CPU of the limit by that of the request', '>=', 0.25, \&of_limit, 'list'],
    ['send: CPU of the limit by that of the request',       '>=', 0.35, \&of_limit, 'send-off'],
    ['page of 50: httpd by httpd with the statement alone', '<=', 3, \&of_bare, 'page', 'bare-page'],
    ['a 304, in pages of 50',                               '<=', 1.3,  \&of_each_other, 'page-304', 'page'],
    ['a frame to one of 1000: httpd by a no-op request',     '<=', 1,    \&of_noop, 'sockets-many-plain', 'noop'],
    ['kB of each idle socket',                              '<=', 11,   \&kb, 'sockets-idle-plain'],
);

# Searches: PostgreSQL's CPU with so many messages by that with so few.
my @SEARCHED = (1_000_000, 10_000);
my @SEARCHES = (
    ['member of 3 conversations', 2.2],
    ['staff',                     3],
    ['staff, two words',          3.7],
    ['staff, three letters',      3.2],
    ['staff of 50 churches',      5.2],
);

# measure: a function of a case's name and its row; tries: of the cases, what to ask; ask: sends such a
# request, and gives its status; statements: for each request sent so, how many it needed; search: gives a Bench::Search
# whose data are there
sub new
{
    my ($class, %self) = @_;

    return bless {%self, count => 0, failed => 0}, $class;
}

sub cases
{
    return map { @$_[4 .. $#$_] } @CHECKS;
}

# TAP; gives the exit status.
sub run
{
    my ($self) = @_;
    local $| = 1;

    printf "1..%d\n", 1 + @CHECKS + @SEARCHES;
    $self->look_at_statements;
    $self->look_at($_) for @CHECKS;
    $self->{searcher} = $self->{search}->(@SEARCHED);
    $self->look_at(["search, $_->[0]: CPU with $SEARCHED[0] messages by that with $SEARCHED[1]", '<=', $_->[1], \&of_growth, $_->[0]])
        for @SEARCHES;
    return $self->{failed} ? 1 : 0;
}

sub look_at
{
    my ($self, $check) = @_;
    my ($what, $sense, $bound, $value_of, @names) = @$check;
    my ($value, $is_met, @seen);

    for my $attempt (1 .. $ATTEMPTS) {
        my @slices = map { $value_of->($self, @names) } 1 .. ($value_of == \&kb ? 1 : $SLICES);

        $value  = median(@slices);
        $is_met = $sense eq '>=' ? $value >= $bound : $value <= $bound;
        push @seen, join ' ', map { sprintf '%.2f', $_ } @slices;
        last if $is_met;
    }
    $self->tell($is_met, "$what $sense $bound", sprintf('saw %.2f (%s)', $value, join '; ', @seen),
        sprintf '%s is %.2f, in %d attempts; it should be %s %s. Something has become much dearer: see make bench',
        $what, $value, scalar @seen, $sense, $bound);
}

# A request is one statement; whoever adds a second one should know it.
sub look_at_statements
{
    my ($self) = @_;
    my (@wrong, %asked);

    for my $try (@{$self->{tries}}) {
        $self->{ask}->($try) for 1 .. $ASKED;
        $asked{$try->[1] =~ s/\?.*//sr} += $ASKED;
    }
    my $expected = $ASKED * @{$self->{tries}};
    my @lines    = $self->{statements}->($expected);
    for my $line (@lines) {
        my ($statements, $method, $path) = split ' ', $line;
        push @wrong, "$method $path: $statements" if $statements ne '1';
    }
    $self->tell(@lines == $expected && !@wrong, 'every request is one statement',
        sprintf('saw %d requests of %d kinds', scalar @lines, scalar @{$self->{tries}}),
        @wrong ? "these need other than one statement: @wrong" : "of $expected requests " . @lines . ' were logged');
}

sub tell
{
    my ($self, $is_met, $name, $seen, $complaint) = @_;

    printf "%s %d - %s\n", $is_met ? 'ok' : 'not ok', ++$self->{count}, $name;
    print STDERR "# $name: $seen\n"; # where prove shows it
    return if $is_met;
    $self->{failed}++;
    print STDERR "# $complaint\n";
}

# ---- What is measured ----------------------------------------------------------------------------

sub of_limit
{
    my ($self, $name) = @_;
    my $limit = $self->measure($name, 'pgbench');
    my $m     = $self->measure($name, $CONNECTIONS);

    return $limit->{pg_us} / ($m->{httpd_us} + $m->{pg_us});
}

sub of_bare
{
    my ($self, @names) = @_;
    my ($one, $bare) = map { $self->measure($_, $CONNECTIONS)->{httpd_us} } @names;

    return $one / $bare;
}

sub of_noop
{
    my ($self, $frames, $noop) = @_;

    return $self->measure($frames, $LISTENERS)->{httpd_us} / $self->measure($noop, $CONNECTIONS)->{httpd_us};
}

sub of_each_other
{
    my ($self, @names) = @_;
    my ($one, $other) = map { my $m = $self->measure($_, $CONNECTIONS); $m->{httpd_us} + $m->{pg_us} } @names;

    return $one / $other;
}

sub of_growth
{
    my ($self, $shape) = @_;

    return eval { $self->{searcher}->ratio($shape, @SEARCHED) } // do { note($@); 'inf' };
}

sub kb
{
    my ($self, $name) = @_;

    return $self->measure($name, $SOCKETS)->{kb};
}

# A machine that is very busy may let a statement reach its time limit: then once more.
sub measure
{
    my ($self, $name, $row) = @_;
    my ($m, $complaint);

    for (1 .. $ATTEMPTS) {
        $m = eval { $self->{measure}->($name, $row) };
        $complaint = $@;
        return $m if $m && $m->{refused} + $m->{broken} <= 0.01 * $m->{requests};
    }
    return $m || die $complaint;
}

1;
