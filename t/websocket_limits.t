use ChatTest;
use ChatTest::Httpd ();
use ChatTest::Metrics ();
use ChatTest::WebSocket qw(CONTINUATION TEXT BINARY PING PONG frame close_frame);
use Socket qw(SOL_SOCKET SO_RCVBUF);
use Time::HiRes qw(time sleep);

# What a socket may cost: long frames, long silence, long lives, peers that do not read or never stop.
my $PLACES = 200;
my $FEW    = 20;
my $church = church('Bounded');
my $usual  = ChatTest::Httpd->usual . <<'END';
StartServers 1
ServerLimit 3
MaxRequestWorkers 40
MinSpareThreads 1
MaxSpareThreads 40
AsyncRequestWorkerFactor 100
ChatRateLimit send off
ChatRateLimit connect off
END
my $httpd = ChatTest::Httpd->new(conf => <<"END");
$usual
ChatWebSocketMaxFrame 2048
<Location /chat-metrics>
    SetHandler chat-metrics
</Location>
END
my $HEARTBEAT = 2; # seconds; a test that is kept waiting longer has gone for the server
my $quick = ChatTest::Httpd->new(conf => "$usual\nChatWebSocketHeartbeat $HEARTBEAT\nChatWebSocketMax $PLACES\n");
my $calm  = ChatTest::Httpd->new(conf => "$usual\nChatWebSocketMax $PLACES\n");
my $small = ChatTest::Httpd->new(conf => "$usual\nChatWebSocketHeartbeat 3\nChatWebSocketMax $FEW\n<Location /chat-metrics>\n    SetHandler chat-metrics\n</Location>\n");
my $brief = ChatTest::Httpd->new(conf => "$usual\nChatWebSocketMaxAge 2\n");
ok $_->start, 'another httpd starts' or diag $_->said for $httpd, $quick, $calm, $small, $brief;

# Places are given back a moment after their sockets have ended.
sub live
{
    my ($httpd, $person, %options) = @_;
    my $deadline = time + 10 * slow();

    while (1) {
        my $ws = eval { ChatTest::Live->of($person, site => $httpd->url, %options) };
        return $ws if $ws;
        die $@ if $@ !~ /no hello: 503/ || time > $deadline;
        sleep 0.05;
    }
}

my $talk = conversation(member('Ada'), $church);
my $ada  = $talk->{member};
my $bob  = conversation(member('Bob'), $church);

# These bytes make the server close with this code, and end TCP.
sub closes
{
    my ($bytes, $code, $what) = @_;
    my $ws = live($httpd, $ada);

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $ws->write($bytes);
    is $ws->closed, $code, $what;
    ok $ws->has_ended(2 * slow()), 'and TCP ends';
    $ws->vanish;
}

subtest 'long frames' => sub {
    my $ws   = live($httpd, $ada);
    my $text = Cpanel::JSON::XS->new->utf8->encode({type => 'send', ref => 1, conversation_id => $talk->{id}, content => 'x', more => ''});
    my $long = $text =~ s/"more":"/$& . 'x' x (2048 - length $text)/er;

    is length $long, 2048, 'the longest';
    $ws->send(TEXT, $long);
    is $ws->await('ack')->{ref}, 1, 'goes';
    $ws->write(frame(TEXT, substr($long, 0, 1000), fin => 0) . frame(CONTINUATION, substr $long, 1000));
    is $ws->await('ack')->{ref}, 1, 'in two, too';
    closes(frame(TEXT, "$long "), 1009, 'one byte more does not');
    closes(frame(TEXT, $long, fin => 0) . frame(CONTINUATION, ' '), 1009, 'nor in two');
    closes(frame(TEXT, 'x', length => 1 << 40), 1009, 'announced');
    closes(frame(TEXT, 'x' x 100, fin => 0) . frame(CONTINUATION, 'x' x 100, fin => 0) x 30, 1009, 'in many, without an end');
    $ws->leave;

    $ws = ChatTest::Live->of($ada);
    $ws->send(TEXT, $text =~ s/"more":"/$& . 'x' x (65536 - length $text)/er);
    is $ws->await('ack')->{ref}, 1, '64 KiB, where nothing else was said';
    $ws->send(TEXT, $text =~ s/"more":"/$& . 'x' x (65537 - length $text)/er);
    is $ws->closed, 1009, 'and not a byte more';
};

subtest 'frames of other kinds' => sub {
    closes(frame(BINARY, 'x'), 1003, 'binary');
    closes(frame(BINARY, ''), 1003, 'nothing, in binary');
    closes(frame(BINARY, '{"type":"read"}', fin => 0) . frame(CONTINUATION, ''), 1003, 'in fragments');
    closes(frame(TEXT, "{\"type\":\"\xff\"}"), 1007, 'no UTF-8');
    closes(frame(TEXT, '{"type":"read"}', masked => 0), 1002, 'no mask');
    closes(frame(TEXT, '{"type":"read"}', rsv => 4), 1002, 'compressed');
    closes(frame(3, 'x'), 1002, 'of no known kind');
    closes(close_frame(1000), 1000, 'goodbye');
    closes(close_frame(4321), 4321, 'goodbye, in words of the client');
    closes(close_frame(undef), 1005, 'goodbye, without a word');
};

subtest 'goodbye while there is work' => sub {
    my $ws    = live($httpd, $ada);
    my $count = sub { sql('select count(*) from chat.messages where conversation_id = ?', $talk->{id})->{count} };
    my $many  = join '', map { frame(TEXT, Cpanel::JSON::XS->new->utf8->encode({type => 'send', conversation_id => $talk->{id}, content => "number $_"})) } 1 .. 100;

    $ws->write($many . close_frame(1000));
    is $ws->closed, 1000, 'is answered';
    for my $reset (0, 1) {
        my $ws     = live($httpd, $ada);
        my $before = $count->();

        $ws->write($many);
        $ws->vanish(reset => $reset);
        until_true { $count->() > $before } 'somebody who vanishes: what was begun is done';
    }
    is live($httpd, $ada)->post($talk, 'still there?')->{type}, 'ack', 'the server is there';
};

subtest 'a long life' => sub {
    my $begin   = time;
    my @sockets = map { live($brief, $_ % 2 ? $ada : $bob->{member}) } 1 .. 20;
    my $opened  = time - $begin;
    my @ends    = map { undef } @sockets;

    while (grep({ !$_ } @ends) && time < $begin + 6 * slow()) {
        for my $i (0 .. $#sockets) {
            next if $ends[$i];
            $ends[$i] = time - $begin if defined $sockets[$i]->closed(0.01);
            $sockets[$i]->post($talk, 'busy') if $i == 1 && !$ends[$i];
        }
    }
    is_deeply [map { $_->{closed} } @sockets], [(1001) x 20], 'all are told to come again';
    my @sorted = sort { $a <=> $b } map { $_ // 99 } @ends;
    cmp_ok $sorted[0], '>', 1.75, sprintf 'the first after %.2f s', $sorted[0];
    cmp_ok $sorted[-1], '<', (2.3 + $opened) * slow(), sprintf 'the last after %.2f s', $sorted[-1];
    is scalar(grep { !$_->has_ended(2 * slow()) } @sockets), 0, 'and TCP ends';
    is live($brief, $ada)->post($talk, 'here again')->{type}, 'ack', 'they may come again at once';
};

# How long a message of Bob takes until this socket has it.
sub seconds_to
{
    my ($ws, $content) = @_;
    my $begin = time;
    my $id    = say($bob, $content, fresh => 0)->json->{message}{id};

    $ws->await_message($id) or return 99;
    return time - $begin;
}

subtest 'a reader who stalls' => sub {
    my $carol   = staff_of($church, 'Carol');
    my $stalled = live($quick, $carol, bytes => 4096);
    my $healthy = live($quick, $carol);
    my $long    = "\x{1F600} " x 500;
    my $begin   = time;
    my @seconds;

    while (@seconds < 400 || time < $begin + 2.5 * $HEARTBEAT) { # 2 MB
        push @seconds, seconds_to($healthy, $long);
        $healthy->come;
    }
    my @sorted = sort { $a <=> $b } @seconds;
    cmp_ok $sorted[$#sorted / 2], '<', 0.1 * slow(), sprintf 'does not make another one wait: %.0f ms, the longest %.0f ms',
        1e3 * $sorted[$#sorted / 2], 1e3 * $sorted[-1];
    cmp_ok $sorted[-1], '<', 1 * slow(), 'never long';
    my $code = $stalled->closed;
    like $code, qr/^(?:1013|1006)$/, "is closed: $code";
    $stalled->has_ended;
    ok $stalled->{ended}, 'and TCP ends, perhaps in the middle of a frame';
    my @seqs = map { $_->{message}{seq} } grep { $_->{type} eq 'message' } @{$stalled->{inbox}};
    is "@seqs", join(' ', 1 .. @seqs), 'what it got until then (' . @seqs . ' messages) is whole and in order';
    cmp_ok scalar(@seqs), '<', scalar @seconds, 'which is not all';

    my $again = live($quick, $carol);
    is $again->resume({$bob->{id} => scalar @seqs})->{type}, 'resumed', 'it resumes';
    my @rest = map { $_->{message}{seq} } grep { $_->{type} eq 'message' } @{$again->{inbox}};
    is "@rest", join(' ', @seqs + 1 .. @seconds), 'and has the rest';
    $_->leave for $again, $healthy;
};

subtest 'a reader who does not stall' => sub {
    my $carol   = staff_of($church, 'Carol');
    my @sockets = map { live($httpd, $carol) } 1 .. 3;
    my $first   = sql('select last_seq from chat.conversations where id = ?', $bob->{id})->{last_seq};

    write_history($bob, 300); # 1.5 MB at once
    my $last = say($bob, 'the last one')->json->{message};
    for my $ws (@sockets) {
        my $is_there = $ws->await_message($last->{id});
        my @seqs     = map { $_->{message}{seq} } grep { $_->{type} eq 'message' } $ws->come;

        ok $is_there && "@seqs" eq join(' ', $first + 1 .. $first + 300), 'gets all of what was said at once'
            or diag @seqs . ' messages, then ' . ($ws->{closed} // 'nothing');
        $ws->leave;
    }
};

# Long messages, as many as were written in one go.
sub write_history
{
    my ($talk, $count) = @_;

    sql('set client_min_messages = warning'); # the search finds no words in it
    sql(q{select count(chat.send_message(?, ?, repeat(chr(128512) || ' ', 499) || '.')) from generate_series(1, ?)},
        $talk->{member}->id, $talk->{id}, $count);
    return;
}

subtest 'a reader who stalls and comes back' => sub {
    my $carol = staff_of($church, 'Carol');
    my ($slow, $first, $code);

    # From when it is too slow it may read: it has some seconds for what was sent before, or is cut off,
    # as it is when a busy machine does not let it. Then another one tries.
    for (1 .. 4) {
        my $begin = ChatTest::Metrics->of($httpd->url);

        $slow  = live($httpd, $carol, bytes => 4096);
        $first = sql('select last_seq from chat.conversations where id = ?', $bob->{id})->{last_seq};
        write_history($bob, 1500); # 8 MB at once: more than the kernel takes
        until_true { ChatTest::Metrics->of($httpd->url)->since($begin, 'chat_sockets_slow_total') } 'one is too slow', 30;
        setsockopt $slow->socket, SOL_SOCKET, SO_RCVBUF, 1_000_000;
        $code = $slow->closed // 'nothing';
        last if $code ne 1006;
    }
    say($bob, 'last');
    is $code, 1013, 'is told to come again later';
    ok $slow->has_ended, 'and TCP ends';
    # Whoever comes in the middle of it may be too slow for it, too.
    until_true {
        (live($httpd, $carol)->resume({$bob->{id} => $first + 1500}) // {type => ''})->{type} eq 'resumed'
    } 'others hear of it';
    my @seqs = map { $_->{message}{seq} } grep { $_->{type} eq 'message' } @{$slow->{inbox}};
    is "@seqs", join(' ', map { $first + $_ } 1 .. @seqs), 'what it got (' . @seqs . ' messages) is whole and in order';
};

subtest 'a reader who stalls in the middle of a resume' => sub {
    my $stalled = live($quick, $bob->{member}, bytes => 4096);

    $stalled->say({type => 'resume', conversations => {$bob->{id} => 0}});
    until_true { !defined $stalled->write_some(frame(PONG, '')) } 'is ended, although it says that it lives';
    is live($quick, $bob->{member})->post($bob, 'next')->{type}, 'ack', 'others are served';
};

subtest 'peers that have gone without a word' => sub {
    my $begin  = time;
    my $silent = live($quick, $ada);
    my $half   = live($quick, $ada);
    my $lively = live($quick, $ada);
    my $asked  = 0;

    $half->write(substr frame(TEXT, 'never whole'), 0, 5);
    while (!$silent->has_ended(0) && time - $begin < 6 * $HEARTBEAT * slow()) {
        $lively->_receive(0); # which answers pings
        my $frame = $silent->next_frame(0.02) or next;
        $asked++ if $frame->{opcode} == PING;
    }
    my $seconds = time - $begin;
    is $asked, 1, 'are asked once';
    cmp_ok $seconds, '>', 2 * $HEARTBEAT - 0.2, sprintf 'and dropped after %.1f s', $seconds;
    cmp_ok $seconds, '<', 3 * $HEARTBEAT * slow(), 'not much later';
    is $half->close_code, 1006, 'also in the middle of a frame';
    is $lively->post($talk, 'here')->{type}, 'ack', 'one that answers stays';
    my $sender = live($quick, $bob->{member});
    for (1 .. 5 * 2.5 * $HEARTBEAT) {
        $sender->say({type => 'typing', conversation_id => $bob->{id}, is_typing => Cpanel::JSON::XS::false});
        my $frame = $sender->next_frame(0.2) or next;
        fail('nobody asks one that talks') if $frame->{opcode} == PING;
    }
    is $sender->post($bob, 'me too')->{type}, 'ack', 'one that talks stays, without being asked';
    $_->leave for $lively, $sender;
};

subtest 'floods' => sub {
    my $carol   = staff_of($church, 'Carol');
    my $healthy = live($httpd, $carol);
    my %floods  = (
        'of pings'         => frame(PING, 'x' x 125) x 2000,
        'of pongs'         => frame(PONG, 'x' x 125) x 2000,
        'of empty frames'  => frame(TEXT, '') x 2000,
        'of nonsense'      => frame(TEXT, '{"type":"shout","ref":"' . 'x' x 500 . '"}') x 500,
        'of fragments'     => frame(TEXT, '', fin => 0) . frame(CONTINUATION, '', fin => 0) x 5000,
    );

    for my $what (sort keys %floods) {
        my $flood = live($httpd, $ada, bytes => 4096);
        my ($sent, @seconds) = (0);

        for my $turn (1 .. 60) {
            for (1 .. 20) {
                my $n = $flood->write_some(substr $floods{$what}, $sent % length $floods{$what});
                last unless $n;
                $sent += $n;
            }
            push @seconds, seconds_to($healthy, 'through');
            $healthy->come;
        }
        my @sorted = sort { $a <=> $b } @seconds;
        cmp_ok $sorted[$#sorted / 2], '<', 0.1 * slow(), sprintf '%s, %.1f MB: another one waits %.0f ms, the longest %.0f ms', $what, $sent / 1e6,
            1e3 * $sorted[$#sorted / 2], 1e3 * $sorted[-1];
        cmp_ok $sorted[-1], '<', 1.5 * slow(), 'never long';
        $flood->vanish(reset => 1);
    }
    my $polite = live($httpd, $ada);
    $polite->write(join '', map { frame(PING, $_) } 1 .. 2000);
    my @pongs = map { ($polite->next_frame // {payload => ''})->{payload} } 1 .. 2000;
    is "@pongs", join(' ', 1 .. 2000), 'who reads the answers may ask much';
    $_->leave for $polite, $healthy;
};

subtest 'a sender of single bytes' => sub {
    my $ws    = live($httpd, $ada);
    my $other = live($httpd, $bob->{member});
    my $bytes = frame(TEXT, Cpanel::JSON::XS->new->utf8->encode({type => 'send', ref => 'slow', conversation_id => $talk->{id}, content => 'slowly'}));

    for my $byte (split //, $bytes) {
        $ws->write($byte);
        sleep 0.001;
    }
    is $ws->await('ack')->{ref}, 'slow', 'is understood';
    is $other->post($bob, 'quick')->{type}, 'ack', 'and nobody waits';
    $_->leave for $ws, $other;
};

# All places must be taken before the first ones are given back, two heartbeats later: so they are few, and
# all handshakes are sent before the first answer is read.
subtest 'handshakes that nothing follows' => sub {
    my %plain   = (plain => 1, site => $small->url);
    my $before  = ChatTest::Metrics->of($small->url, fresh => 1);
    my $code    = sub { my $ws = ChatTest::Live->of($ada, %plain); my $code = $ws->code; $ws->leave; $code };
    my @sockets = map { ChatTest::Live->of($ada, %plain, wait => 0) } 1 .. 2 * $FEW;
    my @codes   = map { $_->answer } @sockets;

    cmp_ok scalar(grep { $_ == 101 } @codes), '>=', $FEW, 'all places were taken'; # some perhaps twice
    cmp_ok scalar(grep { $_ == 503 } @codes), '>', 0, 'and then there was none';
    is scalar(grep { $_ != 101 && $_ != 503 } @codes), 0, 'nothing else was said';
    is get($ada, 'conversations/', site => $small->url, fresh => 1)->code, 200, 'REST is served';
    cmp_ok(ChatTest::Metrics->of($small->url, fresh => 1)->since($before, 'chat_sockets_refused_total'), '>=',
        scalar(grep { $_ == 503 } @codes), 'the metrics count who was refused');
    until_true { $code->() == 101 } 'two heartbeats later there are places again', 60;
    $_->vanish for @sockets;
    @sockets = map { live($small, $ada, plain => 1, wait => 0) } 1 .. $FEW;
    $_->vanish(reset => 1) for @sockets;
    until_true { $code->() == 101 } 'nor do those last who do not wait for the answer', 60;
};

# The children of an httpd.
sub children
{
    my ($httpd) = @_;
    my $parent = $httpd->pid or return;

    open my $children, '<', "/proc/$parent/task/$parent/children" or return;
    return split ' ', readline($children) // '';
}

# Sockets of all sorts: idle, with commands under way, in the middle of a resume, and slow ones.
sub crowd
{
    my ($httpd) = @_;
    my @sockets = map { live($httpd, $_ % 2 ? $ada : $bob->{member}) } 1 .. 60;

    for my $i (0 .. $#sockets) {
        my $ws = $sockets[$i];

        $ws->write(frame(TEXT, Cpanel::JSON::XS->new->utf8->encode({type => 'send', ref => 1, conversation_id => ($i % 2 ? $bob : $talk)->{id}, content => 'x'})) x 10)
            if $i % 4 == 1;
        $ws->say({type => 'resume', conversations => {$bob->{id} => 0}}) if $i % 4 == 3; # a long history
    }
    return @sockets;
}

sub is_told_to_leave
{
    my ($httpd, $end, $what) = @_;
    my @sockets = crowd($httpd);
    my @before  = children($httpd);
    my $begin   = time;
    my %codes;

    $end->();
    for my $ws (@sockets) {
        my $code = $ws->closed // 'none';

        $codes{$code}++;
        $ws->write(close_frame($code)) if $code ne 'none';
        $ws->vanish;
    }
    is_deeply \%codes, {1001 => scalar @sockets}, "$what: all are told";
    cmp_ok time - $begin, '<', 1.5 * slow(), sprintf 'within %.2f s', time - $begin;
    sleep 0.02 while grep({ kill 0 => $_ } @before) && time - $begin < 10 * slow();
    cmp_ok time - $begin, '<', 2.5 * slow(), sprintf 'the children are gone after %.2f s', time - $begin;
}

subtest 'graceful restart' => sub {
    is_told_to_leave($calm, sub { ok $calm->graceful, 'restarted' }, 'restart');
    is live($calm, $ada)->post($talk, 'and on it goes')->{type}, 'ack', 'the next child has sockets';
};

subtest 'graceful restart with peers that do not listen' => sub {
    my @silent = map { live($calm, $ada, bytes => 4096) } 1 .. 20;
    my @before = children($calm);
    my $begin  = time;

    ok $calm->graceful, 'restarted';
    sleep 0.02 while grep({ kill 0 => $_ } @before) && time - $begin < 10 * slow();
    cmp_ok time - $begin, '<', 3.5 * slow(), sprintf 'the children are gone after %.2f s', time - $begin;
    is_deeply [map { $_->closed } @silent], [(1001) x 20], 'all were told';
};

subtest 'restart' => sub {
    is_told_to_leave($httpd, sub { kill HUP => $httpd->pid }, 'restart');
    until_true { eval { live($httpd, $ada) } } 'the next child has sockets';
};

subtest 'stop' => sub {
    is_told_to_leave($calm, sub { kill TERM => $calm->pid }, 'stop');
    $_->stop for $quick, $small, $brief;
    is_told_to_leave($httpd, sub { kill WINCH => $httpd->pid }, 'graceful stop');
};

for my $one ($httpd, $quick, $calm, $small, $brief) {
    my ($died) = $one->said =~ /(.*exit signal.*|.*could not be.*)/;

    is $died, undef, 'no child has died by itself';
    is_deeply [$one->unexpected(qr/AH03093/)], [], 'the log is quiet';
}
done_testing;
