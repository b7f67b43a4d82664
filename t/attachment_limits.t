use ChatTest;
use ChatTest::Httpd ();
use ChatTest::Metrics ();
use ChatTest::Upload qw(upload form files_in PART_BYTES);
use IO::Socket::INET ();
use MIME::Base64 qw(encode_base64);
use Mojo::Util qw(encode);
use Time::HiRes ();

plan skip_all => 'what waits for clients is not for a watched server' if watched() > 1;

# What is refused of files, and when: before the first byte wherever that can be known, so that nothing is read for nothing
# and no thread waits for it.
my $church = church("Limits $$");
my $one    = "ServerLimit 1\nStartServers 1\nThreadsPerChild 40\nMaxRequestWorkers 40\nMinSpareThreads 1\nMaxSpareThreads 40\n";

# A server with a directory for files.
sub server
{
    my ($lines) = @_;
    my $httpd = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . "ChatAttachmentDir \@serverroot\@/files\nChatAttachmentFree 0\n$lines"
            . "<Location /chat-metrics>\nSetHandler chat-metrics\n</Location>\n");

    mkdir "$httpd->{home}/files", 0700 or die "files: $!";
    chown((getpwnam 'www-data')[2, 3], "$httpd->{home}/files") if $> == 0;
    return $httpd;
}

# All end while the next ones are asked; what they have said is looked at when they have ended.
my @ended;

sub ended
{
    my ($httpd, @expected) = @_;

    $httpd->end;
    push @ended, [$httpd, @expected];
}

# What became of files: how many by result, and the bytes that were stored.
sub counted
{
    my ($httpd) = @_;
    my $metrics = ChatTest::Metrics->of($httpd->url, fresh => 1);
    my %count   = $metrics->answer->body =~ /^chat_attachments_total\{result="(\w+)"\} ([1-9]\d*)$/mg;

    return {%count, bytes => $metrics->value('chat_attachment_bytes_total')};
}

# A request whose body comes later, if at all; with Expect, the server says when it begins to read it.
sub begin_upload
{
    my ($httpd, $person, $talk, $length, %headers) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $httpd->{port}, Timeout => 20 * slow()) or die "no connection: $@";
    %headers = (Host => '127.0.0.1', 'Content-Type' => 'multipart/form-data; boundary=B', 'Content-Length' => $length,
        Authorization => 'Basic ' . encode_base64("$person->{username}:x", ''), %headers);
    print {$socket} join "\r\n", "POST /api/conversations/$talk->{id}/messages/ HTTP/1.1", (map {"$_: $headers{$_}"} grep { defined $headers{$_} } sort keys %headers), '', '';
    $socket->flush;
    return $socket;
}

# The status line, the headers and what has come of the body; up to the end of the connection, or of an interim answer.
sub answer_of
{
    my ($socket) = @_;
    my $text = '';

    while (sysread $socket, my $part, 65536) {
        $text .= $part;
        last if $text =~ m{^HTTP/1.1 100.*?\r\n\r\n\z}s;
        my ($head, $body) = $text =~ /^(.*?)\r\n\r\n(.*)/s or next;
        last if $head =~ /^Content-Length: (\d+)/mi && length $body >= $1;
    }
    return $text;
}

my $HEAD = qq{--B\r\nContent-Disposition: form-data; name="attachment"; filename="a"\r\n\r\n};
my $END  = "\r\n--B--\r\n";

subtest 'without a directory' => sub {
    my $httpd = ChatTest::Httpd->new;
    my $talk  = conversation(member('Ada'), $church);
    my %here  = (site => $httpd->url);

    ok $httpd->start, 'httpd starts' or diag $httpd->said;
    my $answer = upload($talk, {name => 'a.txt', bytes => 'x'}, options => \%here);
    is $answer->code . ' ' . $answer->json->{code}, '415 unsupported_media_type', 'no files are taken';
    $answer = upload($talk, {name => 'a.txt', bytes => 'x' x 300_000}, options => {%here, fresh => 1});
    is $answer->code . ' ' . $answer->json->{code}, '415 unsupported_media_type', 'of any size';
    my ($type, $body) = form(content => 'text', attachment => {name => '', bytes => ''});
    is ask($talk->{member}, POST => "$talk->{path}messages/", type => $type, body => $body, %here)->code, 201, 'but forms are';
    is ask($talk->{member}, GET => 'attachments/1/a.txt', %here)->code, 404, 'and none are there';
    ended($httpd);
};

subtest 'too large' => sub {
    my $httpd = server("ChatAttachmentMax 64K\n");
    my $talk  = conversation(member('Ada'), $church);
    my %here  = (site => $httpd->url, statements => 0);

    ok $httpd->start, 'httpd starts' or diag $httpd->said;
    my $said = answer_of(begin_upload($httpd, $talk->{member}, $talk, 5_000_000));
    like $said, qr{^HTTP/1\.1 413 }, 'by its Content-Length, with nothing sent';
    like $said, qr/"code":"file_too_large"/, 'as a problem';
    like $said, qr/^Connection: close\r\n/m, 'and the connection is closed';
    my $answer = upload($talk, {name => 'a', bytes => 'x' x 65_537}, options => {%here, fresh => 1});
    is $answer->code . ' ' . $answer->json->{code}, '413 file_too_large', 'by one byte';
    my $chunked = begin_upload($httpd, $talk->{member}, $talk, undef, 'Transfer-Encoding' => 'chunked');
    my $refused = fork // die "fork: $!";
    if (!$refused) { # it writes while the answer is read
        local $SIG{PIPE} = 'IGNORE';
        my $chunk = sprintf "%x\r\n%s\r\n", 8192, 'x' x 8192;
        print {$chunked} sprintf("%x\r\n%s\r\n", length $HEAD, $HEAD), $chunk x 40;
        close $chunked;
        POSIX::_exit(0);
    }
    like answer_of($chunked), qr{^HTTP/1\.1 413 .*"code":"file_too_large"}s, 'in chunks';
    waitpid $refused, 0;
    is upload($talk, {name => 'a', bytes => 'x' x 65_536}, options => {site => $httpd->url, fresh => 1})->code, 201, 'exactly as much';
    until_true { scalar(my @files = files_in("$httpd->{home}/files")) == 1 } 'is the only file';
    is_deeply counted($httpd), {file_too_large => 3, stored => 1, bytes => 65_536}, 'all are counted';
    ended($httpd);
};

subtest 'before the first byte' => sub {
    my $httpd = server("ChatRateLimit upload 2/h\nChatRateLimit send 1000/m\n");
    my $talk  = conversation(member('Ada'), $church);
    my %here  = (site => $httpd->url);

    ok $httpd->start, 'httpd starts' or diag $httpd->said;
    my $said = answer_of(begin_upload($httpd, $talk->{member}, $talk, 50_000, Origin => 'https://evil.example'));
    like $said, qr{^HTTP/1\.1 403 .*^Connection: close\r\n}ms, 'another site\'s page, by CSRF';
    # Without Expect, httpd itself would wait for the body.
    $said = answer_of(begin_upload($httpd, member('Nobody'), $talk, 50_000, Authorization => undef, Expect => '100-continue'));
    like $said, qr{^HTTP/1\.1 401 }, 'nobody';
    is upload($talk, {name => 'a', bytes => 'x'}, options => \%here)->code, 201, "file $_" for 1, 2;
    $said = answer_of(begin_upload($httpd, $talk->{member}, $talk, 50_000));
    like $said, qr{^HTTP/1\.1 429 .*^Connection: close\r\n.*"code":"rate_limited"}ms, 'a third one, by the rate limit';
    is say($talk, 'text', %here)->code, 201, 'text is not limited with them';
    ended($httpd);
};

for my $store (qw(directory database)) {
    subtest "the quota ($store)" => sub {
        my $httpd = server("ChatAttachmentUploads 20 user=20\nChatAttachmentQuota 100K/d\nChatAttachmentStore $store\n<VirtualHost *:\@port\@>\n</VirtualHost>\n");
        my ($talk, $other) = map { conversation(member($_), $church) } 'Ada', 'Bert';
        my %here  = (site => $httpd->url, statements => $store eq 'database' ? [1, 3] : [1, 1]);

        ok $httpd->start, 'httpd starts' or diag $httpd->said;
        is upload($talk, {name => 'a', bytes => 'x' x 60_000}, client_id => 'first', options => \%here)->code, 201, 'within it';
        my $answer = upload($talk, {name => 'b', bytes => 'x' x 60_000}, options => \%here);
        is $answer->code . ' ' . $answer->json->{code}, '429 quota', 'more than it';
        is upload($talk, {name => 'a', bytes => 'x' x 60_000}, client_id => 'first', options => \%here)->code, 200, 'what is there already needs no more';
        is upload($other, {name => 'b', bytes => 'x' x 60_000}, options => \%here)->code, 201, 'another user has another one';
        is scalar(files_in("$httpd->{home}/files")), $store eq 'database' ? 0 : 2, 'what was refused is not kept';
        is sql(q{select count(*) from chat.file_parts p where octet_length(p.bytes) = 60000 and not exists (select from chat.attachments a where a.file = p.file)})->{count},
            0, 'nowhere';
        is scalar(@{messages_of($talk, %here)}), 1, 'nor its message';
        is_deeply counted($httpd), {stored => 2, repeated => 1, quota => 1, bytes => 120_000}, 'all are counted';
        my @raced = together(map { [$talk->{member}, POST => "$talk->{path}messages/", type => 'multipart/form-data; boundary=B',
            body => $HEAD . 'y' x 15_000 . $END, %here] } 1 .. 3);
        is_deeply [sort map { $_->code } @raced], [201, 201, 429], 'several at once do not exceed it';
        my $third = conversation(member('Cora'), $church);
        my @same  = together(map { [$third->{member}, POST => "$third->{path}messages/", type => 'multipart/form-data; boundary=B',
            body => qq{--B\r\nContent-Disposition: form-data; name="client_id"\r\n\r\nsame\r\n} . $HEAD . 'z' x 60_000 . $END, %here] } 1 .. 4);
        is_deeply [sort map { $_->code } @same], [200, 200, 200, 201], 'one that is sent several times at once counts once';
        sql("update chat.attachments set created_at = created_at - interval '1 day' where quota_key = ?", "user $talk->{member}{id}");
        is upload($talk, {name => 'c', bytes => 'x' x 60_000}, options => \%here)->code, 201, 'a day later there is room again';
        ended($httpd);
    };
}

# What would be refused anyway is not written to the database first. One statement: nothing was to be removed either.
subtest 'what is refused is not stored, not even for a moment' => sub {
    my $httpd = server("ChatAttachmentQuota 1M/d\nChatAttachmentStore database\nChatRateLimit upload off\n");
    my $mark  = "refused $$.";
    my $large = {name => 'a', bytes => $mark . 'x' x (3 * PART_BYTES - length $mark)};
    my ($talk, $closed) = (conversation(member('Ada'), $church), conversation(member('Bert'), church("Closed $$")));
    my %here  = (site => $httpd->url);
    my $refused = sub {
        my ($wanted, $what, $talk, %fields) = @_;
        my $answer = upload($talk, $large, %fields, options => {%here, statements => 1});

        is $answer->code . ' ' . $answer->json->{code}, $wanted, $what;
        return $answer;
    };

    ok $httpd->start, 'httpd starts' or diag $httpd->said;
    my $first = upload($talk, $large, client_id => 'first', options => {%here, statements => 4});
    is $first->code, 201, 'a file of three parts: as many statements, and that of its message';
    my $answer = $refused->('429 quota', 'over the quota', $talk, client_id => 'second');
    like $answer->header('Retry-After'), qr/^\d+$/, 'with when to try again';
    my $again = sub {
        my ($what) = @_;
        my $again = upload($talk, $large, client_id => 'first', options => {%here, statements => 2});

        is $again->code, 200, "what is stored already is no new message, $what";
        is_deeply $again->json->{message}{attachment}, $first->json->{message}{attachment}, 'and it is the first one';
    };
    $again->('over the quota');
    sql('update chat.conversations set member_blocked = true where id = ?', $talk->{id});
    sql("update chat.attachments set created_at = created_at - interval '1 day' where quota_key = ?", "user $talk->{member}{id}");
    $refused->('403 blocked', 'of a member who is blocked', $talk);
    $again->('nor of a member who is blocked');
    is sql('select count(*) from chat.attachments where conversation_id = ?', $talk->{id})->{count}, 1, 'one file was sent';
    sql('update chat.conversations set member_blocked = false where id = ?', $talk->{id});
    is upload($talk, $large, options => {%here, statements => 4})->code, 201, 'and another, when it may be';
    sql('update chat.churches set is_active = false where id = ?', $closed->{church}{id});
    $refused->('403 church_inactive', 'to a church that receives nothing', $closed);
    $refused->('404 not_found', 'to a conversation of others', $talk, as => $closed->{member});
    sql('update chat.churches set is_active = true where id = ?', $closed->{church}{id});
    is upload($closed, {name => 'a', bytes => 'x'}, as => staff_of($closed->{church}, 'Staff'), options => {%here, statements => 2})->code, 201,
        'staff may write the first message of a conversation, with a file, too';
    is sql(q{select count(distinct p.file) from chat.file_parts p where p.n = 0 and substr(p.bytes, 1, ?) = convert_to(?, 'UTF8')}, length $mark, $mark)->{count}, 2, 'no other file is there';
    ended($httpd);
};

subtest 'a quota of several users' => sub {
    my $httpd = server(qq{ChatAttachmentQuota 100K/d "key=$$ %{HTTP_HOST} %{req:X-Tenant}"\n});
    my ($talk, $other) = map { conversation(member($_), $church) } 'Ada', 'Bert';
    my %here  = (site => $httpd->url);

    ok $httpd->start, 'httpd starts' or diag $httpd->said;
    is upload($talk, {name => 'a', bytes => 'x' x 60_000}, options => \%here)->code, 201, 'one';
    is upload($other, {name => 'b', bytes => 'x' x 60_000}, options => \%here)->code, 429, 'counts for the other';
    my @long = map { {%here, headers => {'X-Tenant' => encode('UTF-8', "\x{e9}" x 3_000) . $_}} } 1, 2; # longer than a row of an index may be
    is upload($talk, {name => 'a', bytes => 'x' x 60_000}, options => $long[0])->code, 201, 'a very long key is one, too';
    is upload($talk, {name => 'a', bytes => 'x' x 60_000}, options => $long[1])->code, 429, 'and its end does not count';
    ended($httpd);
};

subtest 'no room' => sub {
    my $httpd = server("ChatAttachmentFree 100000G\n");
    my $talk  = conversation(member('Ada'), $church);
    my %here  = (site => $httpd->url);

    ok $httpd->start, 'httpd starts' or diag $httpd->said;
    my $said = answer_of(begin_upload($httpd, $talk->{member}, $talk, 50_000));
    like $said, qr{^HTTP/1\.1 507 .*^Connection: close\r\n.*"code":"storage_full"}ms, 'is known before the first byte';
    is say($talk, 'text', %here)->code, 201, 'text needs none';
    is_deeply counted($httpd), {storage_full => 1, bytes => 0}, 'it is counted';
    my @said = grep {/has less room than ChatAttachmentFree/} $httpd->unexpected;
    is scalar @said, 1, 'one line says why';
    ended($httpd, qr/has less room than ChatAttachmentFree/);
};

subtest 'slow clients' => sub {
    my $httpd = server("${one}ChatAttachmentUploads 3 user=2\nChatRateLimit upload off\n");
    my ($ada, $bert, $cleo, $dora) = map { conversation(member($_), $church) } qw(Ada Bert Cleo Dora);
    my %here  = (site => $httpd->url);
    my $slow  = sub { return begin_upload($httpd, $_[0]{member}, $_[0], length("${HEAD}x$END"), Expect => '100-continue') };

    ok $httpd->start, 'httpd starts' or diag $httpd->said;
    my @held = map { $slow->($_) } $ada, $ada;
    like answer_of($_), qr{^HTTP/1\.1 100 }, 'the server begins to read' for @held;
    my $said = answer_of($slow->($ada));
    like $said, qr{^HTTP/1\.1 503 .*^Retry-After: \d+\r\n.*"code":"uploads_busy"}ms, 'a third one of the same user waits for nothing';
    push @held, $slow->($bert);
    like answer_of($held[2]), qr{^HTTP/1\.1 100 }, 'another user has the third place';
    like answer_of($slow->($cleo)), qr{^HTTP/1\.1 503 .*"code":"uploads_busy"}s, 'then there is none';
    my $holder = db(ChatTest::Config->suite->{vars}{database} . ' connect_timeout=22'); # of its own
    $holder->begin_work;
    $holder->do('select from chat.conversations where id = ? for update', undef, $bert->{id});
    my $waits = $held[2];
    print {$waits} "${HEAD}x$END";
    $waits->flush;
    until_true { $held[2] = $slow->($cleo); answer_of($held[2]) =~ m{^HTTP/1\.1 100 } } 'a file that has come leaves its place while its statement waits';
    $holder->rollback;
    like answer_of($waits), qr{^HTTP/1\.1 201 }, 'and is sent';
    my @many = map { $slow->($dora) } 1 .. 200;
    is say($dora, 'quick', %here)->code, 201, 'beside 200 that want to send, messages are sent';
    is scalar(@{messages_of($dora, %here)}), 1, 'and read';
    cmp_ok p95($dora, sub { }, %here), '<', 2 * slow(), 'quickly';
    is_deeply [grep { answer_of($_) !~ m{^HTTP/1\.1 503 } } @many], [], 'all of these are told to wait';
    for my $socket (@held) {
        print {$socket} "${HEAD}x$END";
        $socket->flush;
        like answer_of($socket), qr{^HTTP/1\.1 201 }, 'what was slow is sent in the end';
    }
    is upload($cleo, {name => 'a', bytes => 'x'}, options => \%here)->code, 201, 'and there is room again';
    my @gone = map { $slow->($_) } $cleo, $cleo, $dora;
    for my $gone (@gone) {
        like answer_of($gone), qr{^HTTP/1\.1 100 }, 'all places are taken again';
        print {$gone} "${HEAD}half";
        $gone->flush;
    }
    close $_ for @gone;
    until_true { upload($cleo, {name => 'a', bytes => 'x'}, options => {%here, fresh => 1})->code == 201 } 'clients that go leave their places';
    until_true { scalar(my @files = files_in("$httpd->{home}/files")) == 6 } 'and no file';
    until_true { (counted($httpd)->{invalid_body} // 0) == 3 } 'and are counted';
    ended($httpd);
};

# Of 40 requests, messages sent among them, how long the slowest but two took.
sub p95
{
    my ($talk, $between, %options) = @_;
    my @took;

    for my $i (1 .. 40) {
        my $begin  = Time::HiRes::time();
        my $answer = $i % 4 ? get($talk->{member}, 'conversations/', %options) : say($talk, "message $i", %options);

        push @took, Time::HiRes::time() - $begin;
        $answer->code =~ /^20[01]$/ or return "$i: " . $answer->code;
        $between->($i);
    }
    @took = sort { $a <=> $b } @took;
    return $took[37];
}

subtest '200 slow uploads at once' => sub {
    my $httpd = server("ServerLimit 1\nStartServers 1\nThreadLimit 240\nThreadsPerChild 240\nMaxRequestWorkers 240\nMinSpareThreads 1\n"
            . "MaxSpareThreads 240\nChatAttachmentUploads 200 user=100\nChatRateLimit upload off\nChatRateLimit send off\nChatAttachmentQuota off\n");
    my @slow  = map { conversation(member($_), $church) } qw(Ada Bert);
    my $quick = conversation(member('Cleo'), $church);
    my %here  = (site => $httpd->url);
    my $part  = 'x' x 500;
    my $bytes = length($HEAD) + 2 * length($part) + length $END;

    ok $httpd->start, 'httpd starts' or diag $httpd->said;
    my $alone = p95($quick, sub { }, %here);
    my @held  = map { begin_upload($httpd, $slow[$_ % 2]{member}, $slow[$_ % 2], $bytes, Expect => '100-continue') } 1 .. 200;
    is_deeply [grep { answer_of($_) !~ m{^HTTP/1\.1 100 } } @held], [], 'all are received';
    for my $socket (@held) {
        print {$socket} $HEAD . $part;
        $socket->flush;
    }
    until_true { scalar(my @files = files_in("$httpd->{home}/files")) == 200 } 'and are half there';
    # Each sends a byte at a time meanwhile.
    my $beside = p95($quick, sub { my ($i) = @_; syswrite $_, 'x' for @held[grep { $_ % 5 == $i % 5 } 0 .. $#held] }, %here);
    cmp_ok $beside, '<', 10 * $alone + 0.5 * slow(), sprintf 'REST stays quick: %.1f ms of %.1f, beside them and alone', 1000 * $beside, 1000 * $alone;
    like answer_of(begin_upload($httpd, $quick->{member}, $quick, $bytes)), qr{^HTTP/1\.1 503 .*"code":"uploads_busy"}s, 'one more is told to wait';
    for my $socket (@held) {
        print {$socket} substr($part, 8), $END;
        $socket->flush;
    }
    is_deeply [grep { answer_of($_) !~ m{^HTTP/1\.1 201 } } @held], [], 'all are sent in the end';
    is_deeply [map { scalar @{messages_of($_, %here)} } @slow], [100, 100], 'and there';
    ended($httpd);
};

subtest 'what a directive must not say' => sub {
    my %wrong = (
        'ChatAttachmentMax 1000' => qr/from 1K to 1G/, 'ChatAttachmentMax 2G' => qr/from 1K to 1G/, 'ChatAttachmentMax x' => qr/from 1K to 1G/,
        'ChatAttachmentFree -1' => qr/number of bytes/, 'ChatAttachmentQuota 5' => qr/<bytes>/, 'ChatAttachmentQuota 5/x' => qr/<bytes>/,
        'ChatAttachmentQuota 5M/d nobody' => qr/key=/, 'ChatAttachmentQuota 5M/400d' => qr/<bytes>/, 'ChatAttachmentQuota 5M/0d' => qr/<bytes>/, 'ChatAttachmentUploads 0' => qr/from 1/,
        'ChatAttachmentUploads 5 user=x' => qr/from 1/, "<VirtualHost *:1>\nChatAttachmentUploads 5\n</VirtualHost>" => qr/ChatAttachmentUploads/,
        'ChatAttachmentDir /nowhere/at/all' => qr/is not there/, 'ChatAttachmentDir /etc/passwd' => qr/not a directory/,
        'ChatAttachmentDir @serverroot@/htdocs' => qr/DocumentRoot|does not belong/,
        $> == 0 ? ('ChatAttachmentDir /etc' => qr/does not belong/) : (),
    );

    for my $lines (sort keys %wrong) {
        my $httpd = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . "$lines\n");
        my ($fine, $words) = $httpd->configtest;

        ok !$fine, "refused: $lines";
        like $words, $wrong{$lines}, 'with the reason';
    }
    my $httpd = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . "ChatAttachmentDir \@serverroot\@/htdocs/files\n");
    mkdir "$httpd->{home}/htdocs/files";
    chown((getpwnam 'www-data')[2, 3], "$httpd->{home}/htdocs/files") if $> == 0;
    my ($fine, $words) = $httpd->configtest;
    ok !$fine && $words =~ /is in the DocumentRoot/, 'where everybody could fetch the files';
};

for my $ended (@ended) {
    my ($httpd, @expected) = @$ended;

    $httpd->stop;
    is_deeply [$httpd->unexpected(@expected)], [], "the log of $httpd->{home} is quiet";
}
done_testing;
