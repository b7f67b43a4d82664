use ChatTest;
use ChatTest::Httpd ();
use ChatTest::Upload qw(upload fetch_file files_in form file_of PART_BYTES);
use DBD::Pg ();
use IO::Select ();
use IO::Socket::INET ();
use MIME::Base64 qw(encode_base64);

# ChatAttachmentStore database: what attachments.t, which has both stores, does not show: connections, memory, and what is
# received, lost and swept.
my $church = church("Stored $$");
my $talk   = conversation(member('Ada'), $church);
my $ada    = $talk->{member};
my $SIZE   = 8_000_000;
my $httpd;

sub server
{
    my ($lines, $dbd) = @_;
    my $httpd = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual($dbd, undef, "stored$$")
        . "ChatAttachmentDir \@serverroot\@/files\nChatAttachmentStore database\nChatAttachmentFree 0\nChatRateLimit upload off\n$lines");

    mkdir "$httpd->{home}/files", 0700 or die "files: $!";
    chown((getpwnam 'www-data')[2, 3], "$httpd->{home}/files") if $> == 0;
    return $httpd;
}

# A request that nobody reads the answer of, yet.
sub begin_fetch
{
    my ($httpd, $attachment) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $httpd->{port}, Timeout => 20 * slow()) or die "no connection: $@";

    $socket->setsockopt(Socket::SOL_SOCKET, Socket::SO_RCVBUF, 65_536);
    print {$socket} join "\r\n", "GET $attachment->{url} HTTP/1.1", 'Host: 127.0.0.1', 'Connection: close',
        'Authorization: Basic ' . encode_base64("$ada->{username}:x", ''), '', '';
    $socket->flush;
    return $socket;
}

sub rest_of
{
    my ($socket) = @_;
    my $text = '';

    while (sysread $socket, $text, 65536, length $text) { }
    return $text =~ s/^(.*?\r\n\r\n)//s ? ($1, $text) : ($text, '');
}

# "VERSION CODE BYTES EXIT" of curl, whose exit status is 28 when it has waited for nothing.
sub fetched_over_http2
{
    my ($attachment, $words) = @_;
    my $wait = 60 * slow();

    return scalar qx{curl -q -s --http2-prior-knowledge -m $wait -u '$ada->{username}:x' -o /dev/null -w '%{http_version} %{http_code} %{size_download} %{exitcode}' @{[$words // '']} '@{[$httpd->url]}$attachment->{url}'};
}

# What a child has in memory, in bytes.
sub resident
{
    my ($httpd) = @_;
    my ($child) = Mojo::File->new("/proc/@{[$httpd->pid]}/task/@{[$httpd->pid]}/children")->slurp =~ /(\d+)/;

    return 4096 * (split ' ', Mojo::File->new("/proc/$child/statm")->slurp)[1];
}

my $one   = "ServerLimit 1\nStartServers 1\nThreadsPerChild 40\nMaxRequestWorkers 40\nMinSpareThreads 1\nMaxSpareThreads 40\n";
$httpd = server("LoadModule http2_module \@modules_dir\@/mod_http2.so\nProtocols h2c http/1.1\n${one}SendBufferSize 65536\n", "DBDMin 1\nDBDKeep 1\nDBDMax 1\nDBDExptime 0\n");
my %here  = (site => $httpd->url, statements => undef);
my $bytes = join '', map { pack 'N', $_ * 2_654_435_761 % 2**32 } 1 .. $SIZE / 4;
my $large;

substr $bytes, 0, 9, "%PDF-1.7\n";
ok $httpd->start, 'httpd starts' or diag $httpd->said;

subtest 'what is received' => sub {
    my ($type, $body) = form(attachment => {name => 'half.pdf', bytes => $bytes});
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $httpd->{port}, Timeout => 20 * slow()) or die "no connection: $@";

    print {$socket} join "\r\n", "POST /api/conversations/$talk->{id}/messages/ HTTP/1.1", 'Host: 127.0.0.1', "Content-Type: $type",
        'Content-Length: ' . length $body, 'Authorization: Basic ' . encode_base64("$ada->{username}:x", ''), '', substr $body, 0, 500_000;
    $socket->flush;
    my $child = sub { Mojo::File->new("/proc/@{[$httpd->pid]}/task/@{[$httpd->pid]}/children")->slurp =~ /(\d+)/ ? $1 : die 'no child' };
    until_true { grep { (readlink($_) // '') =~ m{^\Q$httpd->{home}\E/files/.* \(deleted\)$} } glob '/proc/' . $child->() . '/fd/*' } 'has no name in the directory';
    is_deeply [files_in("$httpd->{home}/files")], [], 'so nothing is left of it, whatever happens';
    is say($talk, 'meanwhile', %here)->code, 201, 'and it holds no connection';
    print {$socket} substr $body, 500_000;
    $socket->flush;
    my $answer = '';
    sysread $socket, $answer, 65536;
    like $answer, qr{^HTTP/1\.1 201 }, 'when all of it has come, it is a message';
    $large = messages_of($talk, %here)->[-1]{attachment};
    is $large->{size}, $SIZE, 'with the file';
    is sql('select count(*) from chat.file_parts where file = ?', file_of($large))->{count}, POSIX::ceil($SIZE / PART_BYTES), 'in parts';
    is_deeply [files_in("$httpd->{home}/files")], [], 'and the directory is empty';
    ok ask($ada, GET => $large->{url}, %here)->body eq $bytes, 'it is whole';
};

subtest 'over HTTP/2' => sub {
    is fetched_over_http2($large), "2 200 $SIZE 0", 'a file';
    is fetched_over_http2($large, '-r 262140-262150'), '2 206 11 0', 'and a range';
};

subtest 'clients that are slow' => sub {
    my $before = resident($httpd);
    my @slow   = map { begin_fetch($httpd, $large) } 1 .. 20;
    my $begun  = IO::Select->new(@slow);

    until_true { (() = $begun->can_read(0)) == @slow } 'twenty have begun';
    is say($talk, 'beside them', %here)->code, 201, 'none of them holds the one connection' for 1 .. 3;
    cmp_ok resident($httpd) - $before, '<', 20 * 2 * PART_BYTES + 16_000_000, 'nor more memory than two parts' if watched() == 1;
    cmp_ok sql('select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = ?', "stored$$")->{count}, '>=', 1, 'it is lost';
    my @wrong = grep { my ($head, $body) = rest_of($_); $head !~ m{^HTTP/1\.1 200 } || $body ne $bytes } @slow;
    is scalar(@wrong), 0, 'all come to the end, although the connection was lost meanwhile';
};

subtest 'a part that is not there' => sub {
    my $file = file_of($large);
    my ($part) = sql('delete from chat.file_parts where file = ? and n = 3 returning n, bytes', $file);

    my ($head, $body) = rest_of(begin_fetch($httpd, $large));
    like $head, qr{^HTTP/1\.1 200 .*^Content-Length: $SIZE\r\n}ms, 'all was announced';
    ok $body eq substr($bytes, 0, length $body), 'what comes is right';
    cmp_ok length $body, '<=', 3 * PART_BYTES, 'but the connection ends before';
    my $ended = fetched_over_http2($large);
    like $ended, qr/^2 200 [1-9]/, 'over HTTP/2 likewise';
    unlike $ended, qr/ 0$/, 'curl takes it for a failure';
    unlike $ended, qr/ 28$/, 'at once, and not when its time is over';
    my $missing = ask($ada, GET => $large->{url}, %here, headers => {Range => 'bytes=' . (3 * PART_BYTES + 5) . '-'});
    is $missing->code . ' ' . $missing->json->{code}, '404 not_found', 'a range that begins with it is answered';
    is ask($ada, GET => $large->{url}, %here, headers => {Range => 'bytes=-1000'})->body, substr($bytes, -1000), 'other parts are served';
    sql('delete from chat.file_parts where file = ? and n = ?', $file, POSIX::ceil($SIZE / PART_BYTES) - 1);
    is ask($ada, GET => $large->{url}, %here)->code, 404, 'without the last one there is no file';
    sql('delete from chat.messages where id = (select message_id from chat.attachments where id = ?)', $large->{id});
    my @lines = $httpd->unexpected(qr/the file of an attachment is missing in the database/);
    is scalar(grep {/part 3 of the file of an attachment is missing/} @lines), 3, 'the log says it';
    is scalar(@lines), 3, 'and no more';
};

subtest 'one that was sent is not taken away at the same time' => sub {
    my ($other, $removing) = map { db(ChatTest::Config->suite->{vars}{database} . " connect_timeout=$_") } 20, 21; # of their own
    my ($sent, $gone) = map { sprintf '%032x', $_ * 7919 + $$ * 65_536 } 1, 2;
    my $send = q{select (chat.send_attachment(?, ?, '', null, null, ?, 'a', 'other', 'text/plain', 1, sha256(''), null, null, null, null, '1 day', false, true)).outcome};

    # Not old ones, which the sweep of a server would remove meanwhile.
    sql(q{insert into chat.file_parts (file, n, bytes, created_at) values (?, 0, 'x', now())}, $_) for $sent, $gone;
    # It is being sent when it is to be removed.
    $other->begin_work;
    is $other->selectrow_array($send, undef, $ada->id, $talk->{id}, $sent), 'posted', 'a message takes a file';
    my ($pid) = $removing->selectrow_array('select pg_backend_pid()');
    my $query = $removing->prepare(q{select chat.remove_file(?)}, {pg_async => DBD::Pg::PG_ASYNC()});
    $query->execute($sent);
    until_true { sql(q{select 1 as one from pg_stat_activity where pid = ? and wait_event_type = 'Lock'}, $pid) } 'what removes it waits';
    $other->commit;
    $query->pg_result;
    $query->finish;
    is sql('select count(*) from chat.file_parts where file = ?', $sent)->{count}, 1, 'and then leaves it';
    # The other way round.
    $removing->begin_work;
    $removing->do('select chat.remove_file(?)', undef, $gone);
    ($pid) = $other->selectrow_array('select pg_backend_pid()');
    $query = $other->prepare($send, {pg_async => DBD::Pg::PG_ASYNC()});
    $query->execute($ada->id, $talk->{id}, $gone);
    until_true { sql(q{select 1 as one from pg_stat_activity where pid = ? and wait_event_type = 'Lock'}, $pid) } 'a message waits for what removes its file';
    $removing->commit;
    $query->pg_result;
    is $query->fetchrow_array, 'busy', 'and is not sent without it';
    $query->finish;
};

subtest 'what nobody needs' => sub {
    my $kept = upload($talk, {name => 'kept.txt', bytes => 'kept'}, options => \%here)->json->{message}{attachment};
    my $gone = upload($talk, {name => 'gone.txt', bytes => 'gone'}, options => \%here)->json->{message}{attachment};
    my ($old, $new) = map { sprintf '%032x', $_ * 104_729 + $$ * 65_536 } 1, 2;
    my @files = ((map { file_of($_) } $kept, $gone), $old, $new);
    my $left  = sub { [map { $_->{file} } sql('select distinct file from chat.file_parts where file = any (?) order by file', \@files)] };

    ok $httpd->stop, 'httpd stops';
    sql(q{insert into chat.file_parts (file, n, bytes) select ?, n, 'x' from generate_series(0, 70) n}, $_) for $old, $new;
    sql('delete from chat.messages where id = (select message_id from chat.attachments where id = ?)', $gone->{id});
    sql(q{update chat.file_parts set created_at = now() - interval '2 days' where file = any (?)}, [@files[0 .. 2]]);
    ok $httpd->start, 'and starts again';
    until_true { "@{$left->()}" eq join ' ', sort @files[0, 3] } 'a file of an interrupted upload, and that of a deleted message, go, but none that is in use, or new';
    is ask($ada, GET => $kept->{url}, %here)->body, 'kept', 'what has a message is served';
    sql('delete from chat.file_parts where file = ?', $new);
};

subtest 'a site that changes over' => sub {
    my $in_directory = upload($talk, {name => 'a.txt', bytes => 'in the directory'})->json->{message}{attachment};
    my $in_database  = upload($talk, {name => 'b.txt', bytes => 'in the database'}, options => {site => 'database', statements => 2})->json->{message}{attachment};

    for my $site (undef, 'database') {
        is ask($ada, GET => $in_directory->{url}, site => $site)->body, 'in the directory', 'a file in the directory is served, with ' . ($site // 'directory');
        is ask($ada, GET => $in_database->{url}, site => $site)->body, 'in the database', 'and one in the database';
    }
};

subtest 'what a directive must not say' => sub {
    my %wrong = ("ChatAttachmentStore database\n" => qr/ChatAttachmentStore database needs ChatAttachmentDir/,
        "ChatAttachmentStore s3\n" => qr/directory or database/, "<VirtualHost *:1>\nChatAttachmentStore database\n</VirtualHost>\n" => qr/needs ChatAttachmentDir/);

    for my $lines (sort keys %wrong) {
        my ($fine, $words) = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . $lines)->configtest;

        ok !$fine, "refused: $lines";
        like $words, $wrong{$lines}, 'with the reason';
    }
};

$httpd->stop;
is_deeply [$httpd->unexpected(qr/part 3 of the file|missing in the database/)], [], 'its log says no more';
done_testing;
