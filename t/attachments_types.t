use ChatTest;
use ChatTest::Httpd ();
use ChatTest::Upload qw(upload files_in fetch_file on_each_store);
use ChatTest::WebSocket ();
use File::Temp qw(tempdir);
use Mojo::File qw(path);
use Mojo::Util qw(encode);

# What a file is, by its bytes: who may send it, whether a page shows it, and what is left of its metadata.
my $made   = tempdir('media-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $church = church("Types $$");
my $carol  = staff_of($church, 'Carol');
my $talk   = conversation(member('Ada'), $church);

is system('/usr/bin/python3', 't/media/make.py', $made), 0, 'pictures are made';

sub picture { return path("$made/$_[0]")->slurp }
sub fetch { my ($attachment, %options) = @_; return fetch_file($carol, $attachment, %options) }

sub sent
{
    my ($name, $bytes, %options) = @_;
    my $answer = upload($talk, {name => $name, bytes => $bytes}, %options);

    is $answer->code, 201, "$name is sent" or diag $answer->body;
    return $answer->json->{message}{attachment};
}

sub what_is { return join ' ', map { $_ // '-' } @{$_[0]}{qw(type content_type width height)}, $_[0]{inline} ? 'inline' : 'saved' }

on_each_store 'pictures' => sub {
    my %pictures = (
        'whole/orientation1.jpeg' => 'image image/jpeg 45 30 inline', 'whole/orientation6.jpeg' => 'image image/jpeg 30 45 inline',
        'whole/rgb.png' => 'image image/png 30 45 inline', 'clean/animated.png' => 'image image/png 45 30 inline',
        'whole/animated.gif' => 'image image/gif 45 30 inline', 'whole/animated.webp' => 'image image/webp 45 30 inline',
        'broken/cut.jpeg' => 'other image/jpeg - - saved', 'broken/script.gif' => 'other image/gif - - saved',
        'odd/too_large.png' => 'other image/png - - saved', 'odd/many_scans.jpeg' => 'other image/jpeg - - saved',
    );

    for my $name (sort keys %pictures) {
        my $bytes      = picture($name);
        my $attachment = sent($name =~ s{.*/}{}r, $bytes);
        my $got        = fetch($attachment);

        is what_is($attachment), $pictures{$name}, $name;
        is $got->header('Content-Type'), $attachment->{content_type}, 'is served as that';
        like $got->header('Content-Disposition'), $attachment->{inline} ? qr/^inline;/ : qr/^attachment;/, 'to be shown, or saved';
        is $got->header('X-Content-Type-Options'), 'nosniff', 'and as nothing else';
        like $got->header('Content-Security-Policy'), qr/^sandbox; default-src 'none'$/, 'without rights';
        is length $got->body, $attachment->{size}, 'its size is that of what is stored';
        ok $got->body eq $bytes, 'as it was sent' if $name !~ /^whole/;
        if ($name =~ /^whole/) {
            unlike $got->body, qr/SECRET/, 'its metadata are not';
            cmp_ok $attachment->{size}, '<', length $bytes, 'so it is smaller';
        }
    }
};

subtest 'the client is not asked' => sub {
    my $bytes = picture('clean/plain.gif');

    is what_is(sent('page.html', $bytes, options => {})), 'image image/gif 45 30 inline', 'a GIF called page.html';
    is what_is(sent('photo.jpg', "%PDF-1.4\n%\xe2\xe3\n")), 'document application/pdf - - saved', 'a PDF called photo.jpg';
    is what_is(upload($talk, {name => 'x.png', type => 'image/png', bytes => "Just a note.\n"})->json->{message}{attachment}),
        'document text/plain - - saved', 'a text that says it is a PNG';
};

subtest 'documents' => sub {
    my %documents = (
        'note.txt' => ["Just a note.\n", 'text/plain'], 'tiny.txt' => ['a', 'text/plain'], 'list.csv' => ["a,b\n1,2\n3,4\n", 'text/csv'],
        'Überblick.txt' => [encode('UTF-8', "für alle\n"), 'text/plain'], 'a.pdf' => ["%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", 'application/pdf'],
    );
    my @zipped = (
        ['letter.odt', 'application/vnd.oasis.opendocument.text', mimetype => 'application/vnd.oasis.opendocument.text', 'content.xml' => '<x/>'],
        ['table.ods', 'application/vnd.oasis.opendocument.spreadsheet', mimetype => 'application/vnd.oasis.opendocument.spreadsheet', 'content.xml' => '<x/>'],
        ['letter.docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', '[Content_Types].xml' => '<x/>', '_rels/.rels' => '<x/>', 'word/document.xml' => '<x/>'],
        ['table.xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', '[Content_Types].xml' => '<x/>', '_rels/.rels' => '<x/>', 'xl/workbook.xml' => '<x/>'],
        ['talk.pptx', 'application/vnd.openxmlformats-officedocument.presentationml.presentation', '[Content_Types].xml' => '<x/>', '_rels/.rels' => '<x/>', 'ppt/presentation.xml' => '<x/>'],
    );

    $documents{$_->[0]} = [zip(@$_[2 .. $#$_]), $_->[1]] for @zipped;
    is what_is(sent($_, $documents{$_}[0])), "document $documents{$_}[1] - - saved", $_ for sort keys %documents;
};

subtest 'what is not allowed' => sub {
    my %files = (
        'picture.svg' => '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        'page.html' => '<!DOCTYPE html><script>alert(1)</script>', 'page.png' => "<html>\n<body onload=alert(1)>", 'feed.xml' => '<?xml version="1.0"?><a/>',
        'run.sh' => "#!/bin/sh\nrm -rf ~\n", 'run.bat' => "\@echo off\r\ndel *.*\r\n", 'a.zip' => zip('a.txt' => 'a'), 'bytes.txt' => "\0\1\2\3\4\5",
        'run.exe' => "MZ" . "\0" x 58 . pack('V', 64) . "PE\0\0" . pack('vv', 0x8664, 1) . "\0" x 200,
    );
    my $dir    = ChatTest::Config->suite->{vars}{serverroot} . '/files';
    my $before = @{messages_of($talk)};
    my %known  = map { ($_ => 1) } files_in($dir);

    for my $name (sort keys %files) {
        my $answer = upload($talk, {name => $name, bytes => $files{$name}}, content => 'see', options => {statements => 0});

        is $answer->code . ' ' . $answer->json->{code}, '415 file_type', $name;
    }
    is scalar(@{messages_of($talk)}), $before, 'no message';
    until_true { !grep { !$known{$_} && !sql('select 1 as one from chat.attachments where file = ?', s{/}{}r) } files_in($dir) } 'and no file';
};

# Other settings, in a server of their own.
sub server
{
    my ($conf) = @_;
    my $dir    = tempdir('files-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    my $httpd  = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . "ChatAttachmentDir $dir\nChatAttachmentFree 0\n$conf\n");

    chown((getpwnam 'www-data')[2, 3], $dir) if $> == 0; # as whom httpd runs
    ok $httpd->start, 'httpd starts' or diag $httpd->said;
    return $httpd;
}

subtest 'other settings' => sub {
    my $httpd = server("ChatAttachmentTypes image/JPEG application/zip\nChatAttachmentMetadata keep\nChatImagePixels 1000");
    my $ws    = ChatTest::Live->of($carol, site => $httpd->url);

    is_deeply $ws->{hello}{attachments}, {max_size => 10_485_760, content_types => ['image/jpeg', 'application/zip']}, 'hello names them';
    $ws->leave;
    my $send  = sub { return upload($talk, {name => $_[0], bytes => $_[1]}, options => {site => $httpd->url}) };
    my $bytes = picture('whole/orientation6.jpeg');
    my $kept  = $send->('kept.jpeg', $bytes)->json->{message}{attachment};

    is what_is($kept), 'other image/jpeg - - saved', 'a picture with more pixels than may be shown';
    ok ask($carol, GET => $kept->{url}, site => $httpd->url)->body eq $bytes, 'with its metadata';
    is what_is($send->('a.zip', zip('a.txt' => 'a'))->json->{message}{attachment}), 'other application/zip - - saved', 'a type that was added';
    is $send->('note.txt', "Just a note.\n")->code, 415, 'one that was left out';
    is_deeply [$httpd->unexpected], [], 'its log is quiet';
};

subtest 'directives that are refused' => sub {
    my %bad = (
        'ChatAttachmentTypes image/*' => qr{"image/\*" is not a media type}, 'ChatAttachmentTypes pdf' => qr/"pdf" is not a media type/,
        'ChatAttachmentMetadata maybe' => qr/strip or keep/, 'ChatImagePixels 0' => qr/from 1 to/,
        'ChatScan icap:localhost:1344' => qr/must begin with clamd:/, 'ChatScan clamd:localhost' => qr/clamd:<host>:<port>/,
        'ChatScan clamd:/run/clamd ajar' => qr/open, closed or timeout/, 'ChatScan off open' => qr/nothing follows off/,
    );

    for my $line (sort keys %bad) {
        my ($is_good, $said) = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . "$line\n")->configtest;

        ok !$is_good, $line;
        like $said, $bad{$line}, 'is explained';
    }
};

subtest 'without ChatAttachmentDir' => sub {
    my $httpd = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual);

    ok $httpd->start, 'httpd starts' or diag $httpd->said;
    my $ws = ChatTest::Live->of($carol, site => $httpd->url);

    is_deeply [exists $ws->{hello}{attachments}, $ws->{hello}{attachments}], [1, undef], 'hello says that no files are accepted';
    $ws->leave;
    $httpd->stop;
};

done_testing;

# A ZIP archive, whose entries are stored as they are, in this order.
sub zip
{
    my @entries = @_;
    my ($local, $central, $count) = ('', '', 0);

    while (my ($name, $bytes) = splice @entries, 0, 2) {
        my $facts = pack 'v v v v v V V V v', 20, 0, 0, 0, 0x21, crc32($bytes), (length $bytes) x 2, length $name;

        $central .= pack('V v', 0x02014b50, 20) . $facts . pack('v v v v V V', 0, 0, 0, 0, 0, length $local) . $name;
        $local   .= pack('V', 0x04034b50) . $facts . pack('v', 0) . $name . $bytes;
        $count++;
    }
    return $local . $central . pack('V v v v v V V v', 0x06054b50, 0, 0, $count, $count, length $central, length $local, 0);
}

sub crc32
{
    my $crc = 0xffffffff;

    for my $byte (unpack 'C*', $_[0]) {
        $crc ^= $byte;
        $crc = $crc & 1 ? 0xedb88320 ^ $crc >> 1 : $crc >> 1 for 1 .. 8;
    }
    return $crc ^ 0xffffffff;
}
