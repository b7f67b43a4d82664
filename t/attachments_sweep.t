use ChatTest;
use ChatTest::Httpd ();
use ChatTest::Upload qw(upload files_in);
use Mojo::File  qw(path);
use POSIX       ();
use Time::HiRes ();

plan skip_all => 'several servers that begin and end are not for a watched one' if watched() > 1;

# A host takes files and serves them; others share its directory and sweep it, again and again, with each MPM, while the
# same bytes are sent, messages and conversations are deleted, and all that is stored looks old. What is served is whole,
# nothing in use goes, and nothing is left over.
my $DAYS_AGO = time - 200_000;
my @BYTES    = ('the same', 'other bytes ' x 9_000);
my $church   = church("Sweeps $$");
my $home     = ChatTest::Config->suite->{vars}{serverroot} . "/swept-$$";

END { system 'rm', '-rf', $home if defined $home && !$ENV{CHAT_TEST_CHILD} && -d $home }

give($home);
my $site  = host();
my @talks = map { conversation(member("Ada $_"), $church) } 1 .. 4;
my %here  = (site => $site->url, statements => undef, contract => 0);

ok $site->start, 'a host starts' or diag $site->said;
until_true { !sweepers() } 'after its sweep it has no connection for that';
my @clients = map { client($_) } 0 .. 3;

for my $mpm ('', 'PREFORK', 'WORKER', 'PREFORK') {
    my $host = host($mpm || ());
    my $sign = leave_over('ff'); # the folder that comes last
    my @left = ($sign, map { leave_over($_) } '00', '7f');

    ok $host->start, 'another host starts, with ' . ($mpm || 'event') or diag $host->said;
    my $rounds = 0;
    my $begin  = Time::HiRes::time();
    until_true {
        grow_old();
        delete_some();
        # It has swept once when the last folder has been; and there was something to do meanwhile.
        ++$rounds > 3 && !-e $sign;
    } 'it sweeps';
    is_deeply [grep { -e } @left], [], 'what was left over is gone';
    is_deeply missing(), [], 'nothing that is in use';
    ok $host->stop, 'it stops';
    is_deeply [$host->unexpected(qr/WebSockets need the event MPM/)], [], 'its log is quiet';
}

my ($sent, @faults) = ended(@clients);
cmp_ok $sent, '>', 20, 'many files were sent meanwhile';
is_deeply \@faults, [], 'and each that was served was whole';

utime $DAYS_AGO, $DAYS_AGO, "$home/$_" for files_in($home); # those, too, of messages that were deleted at once
my $sign = leave_over('ff');
my $last = host('PREFORK');
ok $last->start, 'a last sweep' or diag $last->said;
until_true { !-e $sign } 'is done';
ok $last->stop, 'it stops';
my @rows = in_use();
is_deeply [files_in($home)], [sort map { "$_->{folder}/$_->{rest}" } @rows], 'exactly the files are there that messages have';
cmp_ok scalar(@rows), '>', 0, 'some are';
for my $row (@rows) {
    my ($talk) = grep { $_->{id} == $row->{conversation_id} } @talks;
    my $answer = ask($talk->{member}, GET => "attachments/$row->{id}/$row->{name}", %here);
    my ($bytes) = map { $BYTES[$_] } $row->{name} =~ /(\d)\.txt$/;

    $answer->code == 200 && $answer->body eq $bytes or push @faults, "$row->{id}: " . $answer->code;
}
is_deeply \@faults, [], 'and are whole';
$site->stop;
# A message may be deleted, and its file be swept, while it is being fetched.
is_deeply [$site->unexpected(qr/the file of an attachment is missing/)], [], 'the log is quiet';
done_testing;

# ---- hosts ----

sub host
{
    my (@defines) = @_;

    return ChatTest::Httpd->new(defines => \@defines, conf => ChatTest::Httpd->usual(@defines ? "DBDMin 1\nDBDKeep 1\nDBDMax 1\n" : ())
            . "ChatAttachmentDir $home\nChatAttachmentFree 0\nChatAttachmentQuota off\nChatRateLimit upload off\nChatRateLimit send off\n"
            . "ChatAttachmentUploads 20 user=20\n<IfModule mpm_prefork_module>\nStartServers 2\nMaxRequestWorkers 3\n</IfModule>\n");
}

# A directory of the user that httpd runs as.
sub give
{
    my ($dir) = @_;

    -d $dir or mkdir $dir, 0700 or die "$dir: $!";
    chown((getpwnam 'www-data')[2, 3], $dir) if $> == 0;
}

# An old file that no message has.
sub leave_over
{
    my ($folder) = @_;
    my $path = "$home/$folder/" . join '', map { sprintf '%02x', int rand 256 } 1 .. 15;

    give("$home/$folder");
    path($path)->spurt('left over');
    utime $DAYS_AGO, $DAYS_AGO, $path;
    return $path;
}

# ---- rows ----

sub in_use
{
    return sql('select a.id, a.conversation_id, a.name, left(a.file, 2) as folder, substr(a.file, 3) as rest from chat.attachments a
        where a.conversation_id = any (?)', [map { $_->{id} } @talks]);
}

sub missing { return [grep { !-e "$home/$_->{folder}/$_->{rest}" } in_use()] }

sub grow_old { utime $DAYS_AGO, $DAYS_AGO, "$home/$_->{folder}/$_->{rest}" for in_use() }

# Two of each three messages, and at times all of a conversation. Their files are old already.
sub delete_some
{
    sql('delete from chat.messages m using chat.attachments a where a.conversation_id = m.conversation_id and a.message_id = m.id
        and a.conversation_id = any (?) and a.id % 3 > 0', [map { $_->{id} } @talks]);
    sql('delete from chat.attachments where conversation_id = ?', $talks[int rand @talks]{id});
}

sub sweepers
{
    return sql(q{select 1 as one from pg_stat_activity where application_name = 'mod_chat attachments' and datname = current_database()});
}

# ---- clients ----

# A process that sends files and fetches what it has sent, until its pipe is closed.
sub client
{
    my ($number) = @_;
    my $talk = $talks[$number];

    pipe my $read, my $write or die "pipe: $!";
    pipe my $stop, my $hold or die "pipe: $!";
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        $ENV{CHAT_TEST_CHILD} = 1;
        close $_ for $read, $hold;
        my @said = eval { send_and_fetch($talk, $stop) };
        print {$write} "$_\n" for $@ ? "0\n$@" : @said;
        close $write;
        POSIX::_exit(0);
    }
    close $_ for $write, $stop;
    return {pid => $pid, read => $read, hold => $hold};
}

sub send_and_fetch
{
    my ($talk, $stop) = @_;
    my ($sent, @urls, @faults) = 0;
    my $bits = '';

    vec($bits, fileno $stop, 1) = 1;
    while (!select my $ready = $bits, undef, undef, 0) {
        my $which  = int rand 2;
        my $answer = upload($talk, {name => "$which.txt", bytes => $BYTES[$which]}, options => \%here);

        $sent++;
        push @faults, 'sent: ' . ($answer->code // 'nothing') unless ($answer->code // 0) == 201;
        push @urls, $answer->json->{message}{attachment}{url} if ($answer->code // 0) == 201;
        for my $url (@urls[map { int rand @urls } 1 .. 2]) {
            my $file = ask($talk->{member}, GET => $url, %here);
            my ($bytes) = map { $BYTES[$_] } $url =~ /(\d)\.txt$/;

            # It may have been deleted.
            next if $file->code == 404 || $file->code == 200 && $file->body eq $bytes;
            push @faults, "$url: " . $file->code . ', ' . length $file->body;
        }
    }
    return ($sent, @faults);
}

# How many files they have sent, and what was wrong.
sub ended
{
    my (@clients) = @_;
    my ($sent, @faults) = 0;

    close $_->{hold} for @clients;
    for my $client (@clients) {
        my $read = $client->{read};
        my ($count, @wrong) = map {s/\n\z//r} <$read>;

        $sent += $count // 0;
        push @faults, @wrong;
        waitpid $client->{pid}, 0;
    }
    return ($sent, @faults);
}
