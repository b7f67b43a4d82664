use ChatTest;
use ChatTest::Httpd ();
use ChatTest::Upload qw(upload form files_in);
use Digest::SHA qw(sha256_hex);
use File::Basename qw(dirname);
use Mojo::File qw(path);
use Mojo::UserAgent ();
use Mojo::Util qw(b64_encode);
use Time::HiRes ();

plan skip_all => 'children are killed here' if watched() > 1;

# Whatever happens to the server or its disk: there is a message with its whole file, or neither; and what is left over is
# taken away, and nothing else.
my $church = church("Faults $$");

sub server
{
    my ($lines, $dir) = @_;
    my $httpd = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . 'ChatAttachmentDir ' . ($dir // '@serverroot@/files') . "\nChatAttachmentFree 0\n" . ($lines // ''));

    give("$httpd->{home}/files") unless defined $dir;
    return $httpd;
}

# A directory of the user that httpd runs as.
sub give
{
    my ($dir) = @_;

    -d $dir or mkdir $dir, 0700 or die "$dir: $!";
    chown((getpwnam 'www-data')[2, 3], $dir) if $> == 0;
}

# The attachments of a conversation whose file is not whole, and how many there are.
sub incomplete
{
    my ($talk, $dir, $store) = @_;
    my @rows = sql(q{select a.file, a.size_bytes, encode(a.sha256, 'hex') as sha256 from chat.messages m
        left join chat.attachments a on a.conversation_id = m.conversation_id and a.message_id = m.id
        where m.conversation_id = ? and m.has_attachment}, $talk->{id});
    if (($store // '') eq 'database') {
        my @bad = grep { !sql(q{select 1 as one from chat.file_parts p where p.file = ? having encode(sha256(string_agg(p.bytes, '' order by p.n)), 'hex') = ?},
            $_->{file}, $_->{sha256}) } @rows;
        return (scalar @rows, @bad);
    }
    my @bad = grep {
        my $path = "$dir/" . substr($_->{file} // '-', 0, 2) . '/' . substr $_->{file} // '--', 2;
        !-f $path || -s $path != $_->{size_bytes} || sha256_hex(path($path)->slurp) ne $_->{sha256};
    } @rows;

    return (scalar @rows, @bad);
}

subtest 'what nobody needs is taken away, and nothing else' => sub {
    my $httpd = server();
    my $dir   = "$httpd->{home}/files";
    my $talk  = conversation(member('Ada'), $church);
    my %here  = (site => $httpd->url);
    my $long  = time - 100_000;

    ok $httpd->start, 'httpd starts' or diag $httpd->said;
    my @kept = map { upload($talk, {name => "$_.txt", bytes => "the same"}, options => \%here)->json->{message}{attachment} } 1 .. 3;
    my $gone = upload($talk, {name => 'gone.txt', bytes => 'gone'}, options => \%here)->json->{message}{attachment};
    is scalar(my @files = files_in($dir)), 4, 'four files';
    ok $httpd->stop, 'it stops';
    sql('delete from chat.messages where id = (select message_id from chat.attachments where id = ?)', $gone->{id});
    utime $long, $long, "$dir/$_" for @files;
    my ($old, $new) = map { '00/' . $_ x 30 } 'a', 'b';
    give("$dir/00");
    path("$dir/$_")->spurt('left over') for $old, $new, '00/notes.txt';
    utime $long, $long, "$dir/$_" for $old, '00/notes.txt';
    chown((getpwnam 'www-data')[2, 3], "$dir/$_") for grep { $> == 0 } $old, $new;

    ok $httpd->start, 'it starts again' or diag $httpd->said;
    until_true { scalar(my @left = files_in($dir)) == 5 && !-e "$dir/$old" } 'a file of an interrupted upload, and that of a deleted message, go';
    is_deeply [files_in($dir)], [sort '00/notes.txt', $new, grep { my $name = s{/}{}r; sql('select 1 as one from chat.attachments where file = ?', $name) } @files],
        'but none that is new, in use, or not ours';
    is ask($talk->{member}, GET => $_->{url}, %here)->body, 'the same', "$_->{name} is there" for @kept;
    $httpd->stop;
    is_deeply [$httpd->unexpected], [], 'its log is quiet';
};

subtest 'a directory that cannot be written to' => sub {
    my $httpd = server();
    my $dir   = "$httpd->{home}/files";
    my $talk  = conversation(member('Ada'), $church);
    my %here  = (site => $httpd->url);

    ok $httpd->start, 'httpd starts' or diag $httpd->said;
    chmod 0500, $dir;
    my $answer = upload($talk, {name => 'a', bytes => 'x'}, options => \%here);
    is $answer->code, 500, 'a file is not stored';
    is scalar(@{messages_of($talk, %here)}), 0, 'and its message is not';
    is say($talk, 'text', %here)->code, 201, 'text is';
    chmod 0700, $dir;
    is upload($talk, {name => 'a', bytes => 'x'}, options => \%here)->code, 201, 'when it can, it is';
    $httpd->stop;
    is scalar(my @lines = $httpd->unexpected), 1, 'one line';
    like $lines[0], qr/a file in ChatAttachmentDir \S+ cannot be written/, 'says why';
};

subtest 'a full disk' => sub {
    my $disk = ChatTest::Config->suite->{vars}{serverroot} . "/disk-$$";

    mkdir $disk or die "$disk: $!";
    plan skip_all => 'no tmpfs can be mounted here' if $> != 0 || system("mount -t tmpfs -o size=256k,mode=0700 tmpfs '$disk' 2>/dev/null") != 0;
    give($disk);
    my $httpd = server('', $disk);
    my $talk  = conversation(member('Ada'), $church);
    my %here  = (site => $httpd->url);

    ok $httpd->start, 'httpd starts' or diag $httpd->said;
    is upload($talk, {name => 'a', bytes => 'x' x 100_000}, options => \%here)->code, 201, 'a file that fits';
    my $answer = upload($talk, {name => 'b', bytes => 'x' x 300_000}, options => {%here, fresh => 1});
    is $answer->code . ' ' . $answer->json->{code}, '507 storage_full', 'one that does not';
    is upload($talk, {name => 'c', bytes => 'x' x 100_000}, options => \%here)->code, 201, 'what had been written of it is gone, so another one fits';
    is_deeply [incomplete($talk, $disk)], [2], 'both are whole';
    my $other = conversation(member('Bert'), $church);
    sql('delete from chat.messages where conversation_id = ?', $talk->{id});
    unlink map {"$disk/$_"} files_in($disk);
    $answer = upload($other, {name => 'd.jpg', bytes => jpeg(150_000)}, options => {%here, fresh => 1});
    is $answer->code . ' ' . $answer->json->{code}, '507 storage_full', 'one that fits, but not with its copy without metadata';
    until_true { !files_in($disk) } 'nothing is left of either';
    is scalar(@{messages_of($other, %here)}), 0, 'nor a message';
    is upload($other, {name => 'd.jpg', bytes => jpeg(100_000)}, options => {%here, fresh => 1})->code, 201, 'one that fits with it';
    is_deeply [incomplete($other, $disk)], [1], 'is whole';
    $httpd->stop;
    is scalar(my @lines = $httpd->unexpected(qr/cannot be searched/)), 1, 'one line'; # where the sweep comes so late that it finds no room, either
    like $lines[0], qr/has no more room/, 'says why';
    undef $httpd;
    system("umount -l '$disk'");
};

# With something to remove, so that a copy is written.
sub jpeg
{
    my ($bytes) = @_;

    return "\xff\xd8\xff\xfe\0\x08SECRET\xff\xc0\0\x0b\x08\0\x10\0\x10\1\1\x11\0\xff\xda\0\x08\1\1\0\0\x3f\0" . 'x' x $bytes . "\xff\xd9";
}

subtest 'a child that is killed at each step' => sub {
    my $httpd = server("ServerLimit 2\nStartServers 1\nChatRateLimit upload off\n");
    my $dir   = "$httpd->{home}/files";
    my $talk  = conversation(member('Ada'), $church);
    my ($step, $tries, $last, @wrong) = (0, 0);
    # The status; 0: no answer came.
    my $send = sub {
        my $agent = Mojo::UserAgent->new(connect_timeout => 20 * slow(), inactivity_timeout => 60 * slow(), request_timeout => 60 * slow());
        my ($type, $body) = form(client_id => "k$tries", attachment => {name => "$tries.jpg", bytes => jpeg(40_000)});
        return $agent->post($httpd->url . "/api/conversations/$talk->{id}/messages/" =>
                {'Content-Type' => $type, Authorization => 'Basic ' . b64_encode("$talk->{member}{username}:x", '')} => $body)->res->code // 0;
    };

    $httpd->preload(dirname(ChatTest::Config->suite->{vars}{chat_module}) . '/t/faults/killer.so',
        "export CHAT_KILLER='$httpd->{home}/killer' CHAT_KILLER_DIR='$dir'\n");
    chmod 0777, $httpd->{home}; # where the child removes the number
    ok $httpd->start, 'httpd starts' or diag $httpd->said;
    while (!$last && $step < 60) {
        my $status;

        $step++;
        # Again where there is an answer: what another child did for the request before, after its answer, may be a step.
        for (1 .. 5) {
            $tries++;
            path("$httpd->{home}/killer")->spurt($step);
            $status = $send->();
            $last = -e "$httpd->{home}/killer"; # there is no such step
            unlink "$httpd->{home}/killer";
            until_true { $send->() =~ /^20[01]$/ } "step $step: sent again, it is there";
            last if $last || !$status;
        }
        push @wrong, "$step: $status" if $status && !$last;
    }
    ok $last, 'all steps were tried: ' . ($step - 1);
    cmp_ok $step, '>', 10, 'which are many';
    is_deeply \@wrong, [], 'each killed before the answer';
    is_deeply [incomplete($talk, $dir)], [$tries], 'each message is there once, with its whole file';
    my $unsynced = path("$httpd->{home}/killer.unsynced");
    is -e $unsynced ? $unsynced->slurp : '', '', 'and no statement was sent before all was on the disk';
    $httpd->stop;
};

for my $store (qw(directory database)) {
    subtest "children that are killed ($store)" => sub {
        my $httpd = server("ChatAttachmentStore $store\nServerLimit 2\nChatAttachmentUploads 20 user=20\nChatRateLimit upload off\nChatRateLimit send off\n");
        my $dir   = "$httpd->{home}/files";
        my @talks = map { conversation(member("Ada $_"), $church) } 1 .. 3;
        my (@sent, $whole);

        ok $httpd->start, 'httpd starts' or diag $httpd->said;
        my $parent = $httpd->pid;
        for my $round (1 .. 12) {
            my $agent = Mojo::UserAgent->new(connect_timeout => 20 * slow(), inactivity_timeout => 60 * slow(), request_timeout => 60 * slow());
            my @done;
            my $begin    = Time::HiRes::time();
            my $answered = 0;
            my $kill     = sub { kill KILL => path("/proc/$parent/task/$parent/children")->slurp =~ /\d+/g if defined $whole };
            for my $talk (@talks) {
                for my $i (1 .. 3) {
                    my ($type, $body) = form(client_id => "k-$round-$i", attachment => {name => "$round-$i", bytes => "$round.$i." . 'x' x (100_000 * $i)});
                    push @done, $agent->post_p($httpd->url . "/api/conversations/$talk->{id}/messages/" =>
                            {'Content-Type' => $type, Authorization => 'Basic ' . b64_encode("$talk->{member}{username}:x", '')} => $body)
                        ->then(sub {
                            push @sent, [$talk->{id}, "k-$round-$i"] if $_[0]->res->code && $_[0]->res->code =~ /^20[01]$/;
                            $kill->() if ++$answered == $round % 5; # while others are on their way
                        })->catch(sub { });
                }
            }
            # Not in the first round, which says how long one takes; then at another moment of it in each, too.
            my $timer = Mojo::IOLoop->timer(($whole // 0) * $round / 14 => $kill);
            Mojo::Promise->all(@done)->wait;
            Mojo::IOLoop->remove($timer); # all may have been answered before
            $whole //= Time::HiRes::time() - $begin;
        }
        until_true { (upload($talks[0], {name => 'last', bytes => 'last'}, options => {site => $httpd->url, fresh => 1, contract => 0})->code // 0) == 201 } 'it serves again';
        my %acknowledged = map { ("@$_" => 1) } @sent;
        my @rows = map { my $talk = $_; map {"$talk->{id} $_->{client_id}"} sql('select client_id from chat.messages where conversation_id = ? and client_id is not null', $talk->{id}) } @talks;
        my %stored = map { ($_ => 1) } @rows;
        is_deeply [grep { !$stored{$_} } sort keys %acknowledged], [], scalar(keys %acknowledged) . ' acknowledged, all are there';
        for my $talk (@talks) {
            my ($count, @bad) = incomplete($talk, $dir, $store);
            is_deeply \@bad, [], "each of $count messages has its whole file";
        }
        cmp_ok scalar(keys %stored), '>', 0, 'some were stored';
        cmp_ok scalar(keys %stored), '<', 108, 'and some not';
        $httpd->stop;
    };
}

done_testing;
