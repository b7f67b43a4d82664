package ChatTest::Log;

=head1 NAME

ChatTest::Log - the lines of an error log that nobody expects

A line that a request caused ends with the marker of the file that sent it (ErrorLogFormat in
t/conf/httpd.conf.in). Of those that no request caused, httpd's own news of starting and stopping
are fine, and everything from a warning upwards is not.

=cut

use strict;
use warnings;

sub new
{
    my ($class, $file, $marker) = @_;

    return bless {file => $file, marker => $marker, start => -s $file || 0}, $class;
}

sub lines
{
    my ($self) = @_;

    open my $log, '<', $self->{file} or return;
    seek $log, $self->{start}, 0;
    chomp(my @lines = <$log>);
    return @lines;
}

sub _is_ours
{
    my ($self, $line) = @_;

    return $1 eq $self->{marker} if $line =~ /; test=(\S+)$/ && $1 ne '-';
    return $line !~ /^\[[^\]]*\] \[\w*:(?:debug|info|notice)\]/;
}

sub unexpected
{
    my ($self, @patterns) = @_;
    my @lines = grep { $self->_is_ours($_) } $self->lines;

    for my $pattern (@patterns) {
        @lines = grep { $_ !~ $pattern } @lines;
    }
    return @lines;
}

1;
