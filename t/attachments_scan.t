use ChatTest;
use ChatTest::Clamd ();
use ChatTest::Httpd ();
use ChatTest::Metrics ();
use ChatTest::Upload qw(upload files_in);
use File::Temp qw(tempdir);

# ChatScan: files are scanned by clamd before they are stored, and what happens while it is away.
my $clamd = ChatTest::Clamd->new;
my $talk  = conversation(member('Ada'), church("Scan $$"));
my $eicar = 'X5O!P%@AP[4\PZX54(P^)7CC)7}$' . 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*';

ok $clamd->start, 'clamd starts' or diag $clamd->said;

my %dirs;
sub server
{
    my ($word) = @_;
    my $dir    = tempdir('files-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    my $socket = $clamd->socket;
    my $store  = $word eq 'open' ? 'database' : 'directory'; # it makes no difference
    my $httpd  = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . <<"END");
ChatAttachmentDir $dir
ChatAttachmentStore $store
ChatAttachmentFree 0
ChatScan clamd:$socket $word timeout=100
<Location /chat-metrics>
    SetHandler chat-metrics
</Location>
END

    chown((getpwnam 'www-data')[2, 3], $dir) if $> == 0; # as whom httpd runs
    ok $httpd->start, "httpd starts, $word" or diag $httpd->said;
    $dirs{$word} = $dir;
    return $httpd;
}

my %httpd = map { ($_ => server($_)) } qw(closed open);

sub send_to
{
    my ($word, $bytes, %options) = @_;
    return upload($talk, {name => 'a.txt', bytes => $bytes}, options => {site => $httpd{$word}->url, statements => undef}, %options);
}

sub is_scanned { return sql('select scanned from chat.attachments where id = ?', $_[0]{id})->{scanned} ? 1 : 0 }

# "CODE PROBLEM", or whether the file was scanned.
sub outcome
{
    my ($answer) = @_;
    return $answer->code . ' ' . ($answer->code == 201 ? is_scanned($answer->json->{message}{attachment}) : $answer->json->{code});
}

subtest 'clamd is there' => sub {
    for my $word (sort keys %httpd) {
        my $messages = @{messages_of($talk)};
        my @files    = files_in($dirs{$word});

        is outcome(send_to($word, $eicar)), '422 file_infected', "EICAR, $word";
        is outcome(send_to($word, zipped('eicar.txt' => $eicar))), '415 file_type', 'a type that is not accepted is not even scanned';
        is outcome(send_to($word, docx('word/eicar.txt' => $eicar))), '422 file_infected', 'in an archive';
        is scalar(@{messages_of($talk)}), $messages, 'no message';
        until_true { "@{[files_in($dirs{$word})]}" eq "@files" } 'no file';
        is outcome(send_to($word, "Just a note.\n")), '201 1', 'a harmless one';
        is scalar(grep {/the scanner has found Eicar-Test-Signature/} $httpd{$word}->unexpected), 2, 'both are in the log';
        my $metrics = ChatTest::Metrics->of($httpd{$word}->url);
        is $metrics->value('chat_scan_seconds_count'), 3, 'three were scanned';
    }
};

subtest 'clamd is away' => sub {
    my $messages = @{messages_of($talk)};

    $clamd->stop;
    my $refused = send_to('closed', "Just a note.\n");
    is outcome($refused), '503 scanner_away', 'closed: refused';
    is $refused->header('Retry-After'), 30, 'for a while';
    is outcome(send_to('closed', "Just a note.\n")), '503 scanner_away', 'each time';
    is scalar(@{messages_of($talk)}), $messages, 'no message';
    is outcome(send_to('open', "Just a note.\n")), '201 0', 'open: accepted, and marked';
    is outcome(send_to('open', $eicar)), '201 0', 'whatever it is';
    ok scalar(grep {/cannot connect/} $httpd{closed}->unexpected), 'closed: the log says it';
    ok scalar(grep {/accepted without being scanned.*cannot connect/} $httpd{open}->unexpected), 'open: likewise';
    ok $clamd->start, 'clamd is back' or diag $clamd->said;
    is outcome(send_to($_, "Just a note.\n")), '201 1', "$_: scanned again" for qw(closed open);
    is outcome(send_to($_, $eicar)), '422 file_infected', "$_: found again" for qw(closed open);
};

subtest 'the log' => sub {
    my @expected = (qr/the scanner has found Eicar-Test-Signature/, qr/scanner_away: .*cannot connect/, qr/accepted without being scanned/);

    is_deeply [$httpd{$_}->unexpected(@expected)], [], "says no more: $_" for sort keys %httpd;
};

done_testing;

sub docx { return zipped('[Content_Types].xml' => '<x/>', '_rels/.rels' => '<x/>', 'word/document.xml' => '<x/>', @_) }

sub zipped
{
    my $made = tempdir('zip-XXXXXX', TMPDIR => 1, CLEANUP => 1);

    open my $out, '|-', '/usr/bin/python3', '-c', <<'END', "$made/zip" or die "python3: $!";
import json, sys, zipfile
entries = json.load(sys.stdin)
with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as archive:
    for name, text in zip(entries[::2], entries[1::2]):
        archive.writestr(name, text)
END
    print {$out} Cpanel::JSON::XS->new->utf8->encode([@_]);
    close $out or die "python3: $?";
    return Mojo::File->new("$made/zip")->slurp;
}
