use ChatTest;
use ChatTest::Httpd ();
use ChatTest::Upload qw(upload form PART_BYTES);
use File::Basename  qw(dirname);
use Mojo::UserAgent ();
use Mojo::Util      qw(b64_encode);
use Time::HiRes     qw(sleep time);

# Each call that may fail, in each request, fails once: t/faults/shim.c makes it so. Whatever fails,
# the server lives, the answer is a problem or what it would have been, and the database has all of
# what was asked for or nothing of it.
my $vars = ChatTest::Config->suite->{vars};
my $shim = dirname($vars->{chat_module}) . '/t/faults/shim.so';
plan(skip_all => 'valgrind has its own malloc') if watched() >= 20;
die "there is no $shim: run make prove\n" unless -e $shim;

# TLS and Kerberos would ask for memory thousands of times to make a connection. To prove the password
# takes its time, where each call for memory is looked at.
my $httpd  = ChatTest::Httpd->new(conf => "LoadModule faults_module $shim\n"
        . ChatTest::Httpd->usual =~ s/connect_timeout=10/connect_timeout=20 sslmode=disable gssencmode=disable/r
        . "ChatAttachmentDir \@serverroot\@/files\nChatAttachmentFree 0\nChatAttachmentStore database\nChatAttachmentQuota off\n"
        . join '', map {"ChatRateLimit $_ 1000/s burst=100000\n"} qw(open send read typing search admin upload));
mkdir "$httpd->{home}/files", 0700 or die "files: $!";
chown((getpwnam 'www-data')[2, 3], "$httpd->{home}/files") if $> == 0;
my $report = $httpd->file('faults', '', 0666);
$httpd->preload($shim, "export CHAT_FAULTS_LOG='$report'\n");
ok $httpd->start, 'httpd starts' or diag $httpd->said;

my %here   = (site => $httpd->url, statements => undef);
my $church = church('Home');
my $staff  = staff_of($church, 'Staff');
my $talk   = conversation(member('Ada'), $church, %here);
my $ada    = $talk->{member};
sql('select chat.send_message(?, ?, ?)', $ada->id, $talk->{id}, 'staff see it from its first message on');
my ($true, $false) = (Cpanel::JSON::XS::true, Cpanel::JSON::XS::false);
my ($number, $requests, %seen) = (0, 0);

# Each request, made anew for each try; `stored` tells how many rows it has made, 0 or 1 of them.
my %requests = (
    list    => sub { {as => $ada, ask => [GET => 'conversations/?limit=1']} },
    find    => sub { {as => $ada, ask => [GET => 'conversations/?q=home&unread=0']} },
    unread  => sub { {as => $ada, ask => [GET => 'conversations/unread/']} },
    openapi => sub { {as => $ada, ask => [GET => 'conversations/openapi.json']} },
    get     => sub { {as => $ada, ask => [GET => $talk->{path}]} },
    page    => sub { {as => $ada, ask => [GET => "$talk->{path}messages/?limit=3"]} },
    after   => sub { {as => $staff, ask => [GET => "$talk->{path}messages/?limit=3&after=1"]} },
    typers  => sub { {as => $ada, ask => [GET => "$talk->{path}typing-status/"]} },
    typing  => sub { {as => $staff, ask => [POST => "$talk->{path}typing/", {is_typing => $true}]} },
    open    => sub {
        my $church = church();
        return {as => $ada, ask => [POST => 'conversations/', {church_id => $church->{id}}],
            stored => sub { count('chat.conversations where church_id = ?', $church->{id}) }};
    },
    send => sub {
        my $id = "fault-$$-" . ++$number;
        return {as => $ada, ask => [POST => "$talk->{path}messages/", {content => "\x{e9}\x{301} $id", client_id => $id}],
            stored => sub { count('chat.messages where conversation_id = ? and client_id = ?', $talk->{id}, $id) }};
    },
    read => sub {
        sql('select chat.send_message(?, ?, ?)', $staff->id, $talk->{id}, 'to be read');
        return {as => $ada, ask => [POST => "$talk->{path}read/", {}], stored => sub {
            my $left = count('chat.messages where conversation_id = ? and from_church and read_at is null', $talk->{id});
            return $left == 0 ? 1 : $left == 1 ? 0 : $left }};
    },
    block => sub {
        my $wanted = ++$number % 2;
        return {as => $staff, ask => [POST => "$talk->{path}block/", {blocked => $wanted ? $true : $false}], undo => sub {
            sql('update chat.conversations set member_blocked = false where id = ?', $talk->{id}) }};
    },
    newcomer => sub {
        my $person = stranger();
        return {as => $person, ask => [GET => 'conversations/unread/'],
            stored => sub { count('chat.users where username = ?', $person->{username}) }};
    },
);

my @hows = qw(null lost late 08006 25006 57P01 57014 40P01 53300 26000 0A000 42P01 XX000);
my $agent = Mojo::UserAgent->new(inactivity_timeout => 20 * slow(), request_timeout => 30 * slow());
$agent->cookie_jar->ignore(sub { 1 });

for my $name (sort keys %requests) {
    subtest $name => sub {
        my $calls = each_fault($name, 'memory', '');

        cmp_ok $calls, '>=', $name eq 'openapi' ? 0 : 3, "memory: $calls calls";
        $calls = each_fault($name, 'execute', $_) for @hows;
        cmp_ok $calls, '>=', $name eq 'openapi' ? 0 : 1, "database: $calls calls in " . @hows . ' ways';
        each_fault($name, 'open', '');
        each_fault($name, 'lock', '');
    };
}

# A file is stored and read in parts, with a statement for each: there is a message with all of them, or none.
my @part_hows = qw(lost late 57014 53100 XX000);
my $half = 'x' x (PART_BYTES + 10_000);
my $kept = upload($talk, {name => 'kept.txt', bytes => $half}, options => \%here)->json->{message}{attachment};
%requests = (
    file => sub {
        my $id = "file-$$-" . ++$number;
        my ($type, $body) = form(client_id => $id, attachment => {name => "$id.txt", bytes => $half});
        return {as => $ada, ask => [POST => "$talk->{path}messages/"], type => $type, body => $body, stored => sub {
            my $incomplete = count(q{chat.messages m left join chat.attachments a using (conversation_id)
                where m.conversation_id = ? and m.client_id = ? and a.message_id = m.id
                  and a.size_bytes is distinct from (select sum(octet_length(p.bytes)) from chat.file_parts p where p.file = a.file)},
                $talk->{id}, $id);
            return $incomplete ? 'incomplete' : count('chat.messages where conversation_id = ? and client_id = ?', $talk->{id}, $id) }};
    },
    fetch => sub { {as => $ada, ask => [GET => "attachments/$kept->{id}/kept.txt"], bytes => $half} },
    %requests,
);
for my $name (qw(file fetch)) {
    subtest "$name, in the database" => sub {
        my $calls;

        $calls = each_fault($name, 'execute', $_) for @part_hows;
        cmp_ok $calls, '>=', 3, "database: $calls calls in " . @part_hows . ' ways';
        each_fault($name, 'open', '');
    };
}

# Of a file, what the answer begins with is read before its headers are sent; and nothing where nothing is sent.
subtest 'a file of the database, no part of which can be read' => sub {
    my $etag;
    my $ask = sub {
        my ($how, $method, %headers) = @_;

        return try_request({as => $ada, ask => [$method => "attachments/$kept->{id}/kept.txt"]},
            $how ? ('X-Fault' => "execute 2 $how", 'X-Fault-Lasting' => 1, 'X-Fault-Id' => 'parts-' . ++$requests) : (), %headers);
    };

    # The machine may be so busy that the access cannot be checked.
    until_true { my $answer = $ask->(undef, 'HEAD'); $etag = $answer->header('ETag'); $answer->code == 200 } 'HEAD';
    for my $headers ({}, {Range => 'bytes=' . PART_BYTES . '-'}, {Range => 'bytes=-5'}, {'If-Range' => '"other"', Range => 'bytes=5-'}) {
        my $range = $headers->{Range} // 'all of it';
        my $busy  = $ask->('57014', 'GET', %$headers);

        is $busy->code, 503, "busy: $range";
        like $busy->header('Retry-After'), qr/^\d+$/, 'with when to try again';
        is $busy->header('ETag'), undef, 'which is not the file';
        is_deeply [ChatTest::Contract::_problem($busy)], [], 'but a problem';
        until_true { $ask->('XX000', 'GET', %$headers)->code == 500 } "refused: $range";
    }
    for my $case (['HEAD', 200], ['GET', 304, 'If-None-Match' => $etag], ['GET', 416, Range => 'bytes=' . length($half) . '-']) {
        my ($method, $code, %headers) = @$case;

        until_true { $ask->('57014', $method, %headers)->code == $code } "$method, $code: reads no part";
    }
};

# On a connection that was lost: it is renewed, asked for its settings, and prepares the statement.
for my $name (qw(list send newcomer)) {
    subtest "$name, on a connection that was lost" => sub {
        my $calls;

        if ($name eq 'send') { # proving a password takes its time
            $calls = each_fault($name, 'memory', 'most', 1);
            cmp_ok $calls, '>=', 30, "memory: $calls calls";
        }
        $calls = each_fault($name, 'execute', $_, 1) for @hows;
        cmp_ok $calls, '>=', 4, "database: $calls calls in " . @hows . ' ways';
    };
}

# Nothing was asked for yet, so that there is nothing that could be done twice.
subtest 'lost again before its session has its settings' => sub {
    for my $name (qw(list send newcomer)) {
        for my $how (qw(lost late)) {
            my (@codes, $busy);

            while (@codes < 5) { # on connections of several kinds
                my $id = join '-', $name, $how, 'again', ++$requests;
                my $answer = try_request($requests{$name}->(), 'X-Fault' => "execute 2 $how", 'X-Fault-Id' => $id, 'X-Fault-Cold' => 1);

                redo if !made($id) && $answer->code == 503 && $busy++ < 5;
                push @codes, made($id) ? $answer->code : 'without a fault';
            }
            # A busy machine may be too slow for one of them; without a second try at least two are refused.
            cmp_ok scalar(grep {/^20[01]$/} @codes), '>=', 4, "$name, $how: nobody notices" or diag "@codes";
        }
    }
};

# Here the child ends, as it does when a pool gets no memory; its siblings serve on.
subtest 'memory of the answer itself' => sub {
    my $before = () = $httpd->said =~ /exit signal Abort/g;
    my $calls  = 0;

    for my $name (qw(list send)) {
        $calls += each_fault($name, 'memory', 'own');
    }
    cmp_ok $calls, '>=', 2, "$calls calls";
    until_true { (() = $httpd->said =~ /exit signal Abort/g) >= $before + $calls } 'each ended a child';
};

my $kinds = join ', ', map {"$seen{$_} x $_"} sort keys %seen;
note "$requests requests, answers: $kinds";
is counters(), 0, 'every counter is a count';
my @signals = grep { !/^Abort/ } $httpd->said =~ /exit signal (.*)/g;
is_deeply \@signals, [], 'nothing has crashed';
is get($ada, 'conversations/', %here)->code, 200, 'it serves';
$httpd->stop;
done_testing;

# Let the n-th call fail for n = 1, 2 and so on, until there is none; how many there were.
sub each_fault
{
    my ($name, $call, $how, $is_cold) = @_;
    my (@wrong, $n, $busy);
    my $begin = time;

    for ($n = 1; $n < 1000; $n++) {
        my $request = $requests{$name}->();
        my $id      = join '-', $name, $call, $how, $n, ++$requests;
        my $where   = "$name, $call $n $how";
        my $answer  = try_request($request, 'X-Fault' => "$call $n $how", 'X-Fault-Id' => $id,
            $is_cold ? ('X-Fault-Cold' => 1) : ());
        my $by = made($id);

        $request->{undo}->() if !$by && $request->{undo};
        last if !$by && $answer->code =~ /^2/;
        redo if !$by && $answer->code == 503 && $busy++ < 5; # the machine has more to do than us
        push @wrong, "$where: " . $answer->code . ' without a fault: ' . $answer->body if !$by;
        last if !$by || @wrong > 20;
        push @wrong, map {"$where (called by $by): $_"} judge($request, $answer, $how eq 'own');
        push @wrong, "$where: " . $answer->code . ' for a full disk' if $how eq '53100' && $name eq 'file' && $answer->code != 507;
    }
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    note sprintf '%s %s %s: %.1f s', $name, $call, $how, time - $begin;
    diag map {"  $_\n"} @wrong > 1 ? @wrong[1 .. $#wrong] : ();
    is_deeply \@wrong, [], "$call $how: all is well after each of " . ($n - 1);
    return $n - 1;
}

# What is wrong with an answer under a fault, and with what it left behind.
sub judge
{
    my ($request, $answer, $may_close) = @_;
    my @wrong;
    my $code   = $answer->code;
    my $stored = $request->{stored} ? $request->{stored}->() : undef;

    $seen{$code || 'closed'}++;
    # Of a file the headers may be on their way already.
    push @wrong, 'the connection was closed' if !$code && !$may_close && !$request->{bytes};
    # json-c does not tell lack of memory from what is no JSON.
    push @wrong, "a good request was answered $code: " . $answer->body
        if $code =~ /^4/ && $answer->body !~ /"code":"invalid_json"/;
    push @wrong, ChatTest::Contract::_problem($answer) if $code >= 400;
    push @wrong, 'a part of the file looks like all of it' 
        if $request->{bytes} && $code == 200 && $answer->body ne $request->{bytes} && length $answer->body >= ($answer->header('Content-Length') // 0);
    push @wrong, 'no Retry-After' if $code == 503 && !$answer->header('Retry-After');
    push @wrong, "$stored rows" if defined $stored && $stored !~ /^[01]$/;
    push @wrong, "$code, but nothing was stored" if defined $stored && $code =~ /^2/ && $stored != 1;

    # The same again, as a client does it.
    my $again = try_request($request);
    $again = try_request($request) if !$again->code; # the child that has ended had kept this connection
    push @wrong, 'the same again: ' . $again->code . ' ' . $again->body if $again->code !~ /^2/;
    push @wrong, 'the same again stored ' . $request->{stored}->() if $request->{stored} && $request->{stored}->() != 1;
    $request->{undo}->() if $request->{undo};
    return @wrong;
}

sub try_request
{
    my ($request, %headers) = @_;
    my ($method, $path, $json) = @{$request->{ask}};
    my $tx = $agent->build_tx($method, $httpd->url . "/api/$path", {%headers, Accept => 'application/json',
        Authorization => 'Basic ' . b64_encode("$request->{as}{username}:x", ''), $request->{type} ? ('Content-Type' => $request->{type}) : ()},
        $request->{body} // (), $json ? (json => $json) : ());

    $agent->start($tx);
    return ChatTest::Answer->new(response => $tx->res, method => $method, path => $path);
}

# Who made the call that failed; nothing when none did.
sub made
{
    my ($id) = @_;

    open my $in, '<', $report or die "$report: $!";
    seek $in, -2000, 2 if -s $in > 2000;
    my $text = do { local $/; <$in> };
    return $text =~ /^fault \Q$id\E \S+ \d+ (\S+)$/m ? $1 : undef;
}

sub count
{
    my ($from, @values) = @_;

    return sql("select count(*) from $from", @values)->{count};
}

sub counters
{
    return sql(q{
        select count(*) from chat.conversations c
        where c.member_id = ?
          and (c.last_seq <> (select count(*) from chat.messages m where m.conversation_id = c.id)
            or c.last_seq <> (select coalesce(max(seq), 0) from chat.messages m where m.conversation_id = c.id)
            or c.church_unread <> (select count(*) from chat.messages m where m.conversation_id = c.id
                                   and not m.from_church and m.read_at is null)
            or c.member_unread <> (select count(*) from chat.messages m where m.conversation_id = c.id
                                   and m.from_church and m.read_at is null))}, $ada->id)->{count};
}
