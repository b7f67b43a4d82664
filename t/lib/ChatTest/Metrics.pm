package ChatTest::Metrics;

=head1 NAME

ChatTest::Metrics - what SetHandler chat-metrics tells

    my $before = ChatTest::Metrics->of($url);
    is $now->since($before, 'chat_spam_total', verdict => 'reject'), 2;

=cut

use strict;
use warnings;
use ChatTest ();

my $NAME   = qr/[a-zA-Z_:][a-zA-Z0-9_:]*/;
my $LABEL  = qr/[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"/;
my $NUMBER = qr/-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/;

sub of
{
    my ($class, $site, %options) = @_;
    my $answer = ChatTest::get(undef, '/chat-metrics', site => $site, %options);
    my $self   = bless {answer => $answer, values => {}, faults => []}, $class;

    $self->_read($answer->body);
    return $self;
}

sub answer { return $_[0]{answer} }
sub faults { return @{$_[0]{faults}} } # what OpenMetrics does not allow

# Of all series of that name whose labels are at least these.
sub value
{
    my ($self, $name, %labels) = @_;
    my $sum = 0;

    for my $series (@{$self->{values}{$name} // []}) {
        next if grep { ($series->{labels}{$_} // '') ne $labels{$_} } keys %labels;
        $sum += $series->{value};
    }
    return $sum;
}

sub since
{
    my ($self, $before, @what) = @_;

    return $self->value(@what) - $before->value(@what);
}

sub _read
{
    my ($self, $text) = @_;
    my (%type, %seen);

    push @{$self->{faults}}, 'does not end with # EOF' unless $text =~ s/^# EOF\n\z//m;
    for my $line (split /\n/, $text) {
        if ($line =~ /^# TYPE ($NAME) (\w+)$/) {
            push @{$self->{faults}}, "twice: $line" if $type{$1};
            $type{$1} = $2;
        }
        elsif ($line =~ /^($NAME)(?:\{($LABEL(?:,$LABEL)*)?\})? ($NUMBER)$/) {
            my ($name, $labels, $value) = ($1, $2 // '', $3);
            my %labels = $labels =~ /(\w+)="((?:[^"\\]|\\.)*)"/g;
            my $family = $name =~ s/_(total|created|bucket|count|sum|info)$//r;

            push @{$self->{faults}}, "twice: $name\{$labels}" if $seen{"$name $labels"}++;
            push @{$self->{faults}}, "without TYPE before it: $line"
                unless $type{$name} || $type{$family};
            push @{$self->{faults}}, "a counter without _total: $line"
                if ($type{$name} // '') eq 'counter';
            push @{$self->{values}{$name}}, {labels => \%labels, value => $value};
        }
        elsif ($line !~ /^# (HELP|UNIT) $NAME \S/) {
            push @{$self->{faults}}, "no line of OpenMetrics: $line";
        }
    }
    return;
}

1;
