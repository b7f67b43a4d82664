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

=item on_each_store($name, $code)

A subtest for each ChatAttachmentStore: while C<$code> runs with its word, C<directory> or C<database>, upload() and
fetch_file() ask a virtual host of it.

=item fetch_file($person, \%attachment, %options)

The answer to a request for its file.

=item stored_files(), stored_bytes($file), remove_stored($file), is_used($file)

The names of the files in the present store; the bytes of one; take it away; whether an attachment has it.

=item stored_path($file)

Where it is in the directory.

=item here($bytes)

Options of ask() for the present store, for a file of so many bytes.

=item file_of(\%attachment)

The name of its file.

=item files_conf()

Lines for httpd.conf with a new directory for files, which is deleted at the end.

=back

=cut

use strict;
use warnings;
use Exporter   ();
use File::Find ();
use File::Temp ();
use Mojo::File ();
use POSIX      ();
use Test::More ();
use Mojo::Util qw(encode);
use ChatTest   ();
use ChatTest::Config ();

our @ISA    = 'Exporter';
our @EXPORT_OK = 'PART_BYTES';
our @EXPORT = qw(upload form files_in on_each_store fetch_file stored_files stored_bytes remove_stored stored_path is_used file_of here files_conf);

use constant PART_BYTES => 262_144; # of a file in the database

my $made  = 0;
my $store = 'directory';

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

    return ChatTest::ask($as, POST => "conversations/$talk->{id}/messages/", type => $type, body => $body,
        here(length $file->{bytes}), %$options);
}

sub fetch_file
{
    my ($person, $attachment, %options) = @_;

    return ChatTest::ask($person, $options{method} // 'GET', $attachment->{url}, $store eq 'database' ? (site => $store) : (), %options);
}

# In the database each part of a file is a statement, and of one that is sent and not kept there is another one.
sub here
{
    my ($bytes) = @_;

    return $store eq 'database' ? (site => $store, statements => [0, 2 + POSIX::ceil($bytes / PART_BYTES)]) : ();
}

sub on_each_store
{
    my ($name, $code) = @_;

    for my $word (qw(directory database)) {
        local $Test::Builder::Level = $Test::Builder::Level + 1;
        $store = $word;
        Test::More::subtest("$name ($word)" => sub { $code->($word) });
    }
    $store = 'directory';
    return;
}

sub _dir { return ChatTest::Config->suite->{vars}{serverroot} . '/files' }
sub stored_path { return _dir() . '/' . substr($_[0], 0, 2) . '/' . substr $_[0], 2 }

sub stored_files
{
    return map { s{/}{}r } files_in(_dir()) if $store eq 'directory';
    return map { $_->{file} } ChatTest::sql('select file from chat.file_parts where n = 0 order by file');
}

sub stored_bytes
{
    my ($file) = @_;

    return Mojo::File->new(stored_path($file))->slurp if $store eq 'directory';
    return join '', map { pack 'H*', $_->{hex} } ChatTest::sql(q{select encode(bytes, 'hex') as hex from chat.file_parts where file = ? order by n}, $file);
}

sub remove_stored
{
    my ($file) = @_;

    return unlink stored_path($file) if $store eq 'directory';
    return ChatTest::sql('with gone as (delete from chat.file_parts where file = ? returning 1) select count(*) from gone', $file)->{count};
}

sub is_used { return ChatTest::sql('select 1 as one from chat.attachments where file = ?', $_[0]) ? 1 : 0 }
sub file_of { return scalar(ChatTest::sql('select file from chat.attachments where id = ?', $_[0]{id}))->{file} }

sub files_conf
{
    my $dir = File::Temp::tempdir('files-XXXXXX', TMPDIR => 1, CLEANUP => 1);

    chown((getpwnam 'www-data')[2, 3], $dir) if $> == 0; # as whom httpd runs
    return "ChatAttachmentDir $dir\nChatAttachmentFree 0\n";
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
