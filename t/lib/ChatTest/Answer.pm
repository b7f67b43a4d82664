package ChatTest::Answer;

=head1 NAME

ChatTest::Answer - what the server said

code, body (bytes), header($name), json (decoded once; undef when it is none), problem fields by
name, statements (how many the database saw for it).

=cut

use strict;
use warnings;
use Cpanel::JSON::XS ();

my $decoder = Cpanel::JSON::XS->new->utf8;

sub new
{
    my ($class, %self) = @_;
    my $self = bless \%self, $class;

    $self->{json} = eval { $decoder->decode($self->body) } if length $self->body;
    return $self;
}

sub code { return $_[0]{response}->code // 0 }
sub body { return $_[0]{response}->body }
sub json { return $_[0]{json} }
sub method { return $_[0]{method} }
sub header { return scalar $_[0]{response}->headers->header($_[1]) }
sub type { my $type = $_[0]->header('Content-Type') // ''; $type =~ s/;.*//s; return $type }

# The path as asked, below the root and without the query; undef when it lay outside of the root.
sub path
{
    my ($self) = @_;
    (my $path = $self->{path}) =~ s/\?.*//s;
    $path =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge;

    return $path unless $path =~ m{^/};
    return $path =~ s{^\Q$self->{root}\E/}{} ? $path : undef;
}

sub statements
{
    my $count = $_[0]->header('X-Chat-Statements');

    return defined $count && length $count ? $count : undef;
}

sub what { return "$_[0]{method} $_[0]{path} -> " . ($_[0]->code || 'nothing') }

# The targets of Link by relation.
sub links
{
    my ($self) = @_;
    my %links;

    for my $value (split /,\s*(?=<)/, $self->header('Link') // '') {
        my ($target, $relation) = $value =~ /^<([^>]*)>\s*;\s*rel="?([\w-]+)"?/ or next;
        $links{$relation} = $target;
    }
    return \%links;
}

# The fields that `errors` names.
sub fields
{
    my ($self) = @_;

    return [map { $_->{field} } @{($self->{json} // {})->{errors} // []}];
}

1;
