package ChatTest::Upload;

=head1 NAME

ChatTest::Upload - messages with files

=head1 SYNOPSIS

    my $answer = upload($talk, {name => 'a.txt', bytes => 'hello'}, content => 'see', client_id => 'k1');
    my ($type, $body) = form(content => 'see', attachment => {name => 'a.txt', bytes => 'hello'});

=over

=item upload($conversation, \%file, %fields)

As the member, or C<as> somebody else; C<options> are those of ask().

=item form(@parts)

Content-Type and body of names and values; a hash is a file.

=item files_in($dir)

The files that are stored, as paths below the directory.

=back

=cut

use strict;
use warnings;
use Exporter   ();
use File::Find ();
use Mojo::Util qw(encode);
use ChatTest   ();

our @ISA    = 'Exporter';
our @EXPORT = qw(upload form files_in);

my $made = 0;

sub form
{
    my (@parts) = @_;
    my $boundary = "----ChatTest$$" . 'x' . ++$made;
    my $body     = '';

    while (my ($name, $value) = splice @parts, 0, 2) {
        my $file = ref $value ? $value : undef;

        $body .= "--$boundary\r\nContent-Disposition: form-data; name=\"$name\"";
        # As browsers do (WHATWG).
        $body .= sprintf '; filename="%s"', encode('UTF-8', $file->{name}) =~ s/"/%22/gr =~ s/\r/%0D/gr =~ s/\n/%0A/gr if $file;
        $body .= "\r\nContent-Type: " . ($file->{type} // 'application/octet-stream') if $file;
        $body .= "\r\n\r\n" . ($file ? $file->{bytes} : encode('UTF-8', $value)) . "\r\n";
    }
    return ("multipart/form-data; boundary=$boundary", "$body--$boundary--\r\n");
}

sub upload
{
    my ($talk, $file, %fields) = @_;
    my $as      = delete $fields{as} // $talk->{member};
    my $options = delete $fields{options} // {};
    my ($type, $body) = form(%fields, attachment => $file);

    return ChatTest::ask($as, POST => "conversations/$talk->{id}/messages/", type => $type, body => $body, %$options);
}

sub files_in
{
    my ($dir) = @_;
    my @found;

    File::Find::find({no_chdir => 1, wanted => sub { push @found, substr $_, length($dir) + 1 if -f $_ && !m{/\.[^/]*$} }}, $dir);
    @found = sort @found;
    return @found;
}

1;
