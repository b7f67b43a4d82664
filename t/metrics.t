use ChatTest;
use ChatTest::Httpd ();
use ChatTest::Metrics ();
use ChatTest::WebSocket qw(TEXT frame close_frame);

# What an administrator sees of the running server: SetHandler chat-metrics, and mod_status.
my $httpd = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . <<'END');
# Two children, also after a restart: one alone has too few idle threads.
ServerLimit 6
MinSpareThreads 60
MaxSpareThreads 120
LoadModule status_module @modules_dir@/mod_status.so
<Location /chat-metrics>
    SetHandler chat-metrics
</Location>
<Location /server-status>
    SetHandler server-status
</Location>
<Location /echo>
    SetHandler chat-echo
</Location>
<Location /closed/>
    SetHandler chat-metrics
    Require all denied
</Location>
END

# Each family: its type, and its unit or the values of its label.
my %families = (
    chat_answers        => [counter => status => qw(1xx 2xx 3xx 4xx 5xx)],
    chat_csrf_refused   => [counter => reason => qw(origin token)],
    chat_spam           => [counter => verdict => qw(flag reject)],
    chat_sockets_closed => [counter => code => 1000 .. 1015, 'other'],
    chat_attachments    => [counter => result => qw(stored repeated file_type file_infected scanner_away file_empty file_too_large quota
        uploads_busy storage_full invalid_body other)],
    chat_event_loops           => [gauge => state => qw(up failed)],
    chat_feeds          => [gauge => state => qw(up away)],
    chat_notifiers      => [gauge => state => qw(up away)],
    chat_deliveries     => ['counter'], # each of several labels
    chat_outbox         => ['gauge'],
    chat_delivery_seconds => ['summary'],
    chat_scan_seconds   => ['summary'],
    chat_send_wait_seconds => ['summary'],
    chat_read_wait_seconds => ['summary'],
    chat_send_statements => [counter => messages => qw(1 2-4 5-16 17-64)],
    chat_read_statements => [counter => readers => qw(1 2-4 5-16 17-64)],
    (map { $_ => [counter => 'action'] } qw(chat_rate_limited chat_rate_limited_dry)),
    (map { $_ => ['counter'] } qw(
        chat_attachment_bytes chat_spam_exhausted chat_rate_table_crowded chat_rate_table_contended
        chat_sockets_opened chat_sockets_refused chat_sockets_slow chat_frames
        chat_events chat_notifies_sent chat_resyncs chat_cache_hits chat_cache_misses chat_typing_dropped chat_loop_queue_full
        chat_sends_left_out chat_reads_left_out)),
    (map { $_ => ['gauge'] } qw(
        chat_mail_paused chat_waiting chat_children chat_sockets chat_queued_bytes chat_commands chat_feed_lag_seconds chat_search_lag_seconds)),
);
my %several = map { $_ => 1 } qw(chat_deliveries chat_outbox chat_delivery_seconds chat_scan_seconds chat_send_wait_seconds chat_read_wait_seconds);
my %units = (chat_delivery_seconds => 'seconds', chat_scan_seconds => 'seconds', chat_send_wait_seconds => 'seconds', chat_read_wait_seconds => 'seconds', chat_queued_bytes => 'bytes', chat_attachment_bytes => 'bytes', chat_feed_lag_seconds => 'seconds', chat_search_lag_seconds => 'seconds');

# On connections of their own, as children come and go.
sub metrics { return ChatTest::Metrics->of($httpd->url, fresh => 1) }
sub page { return get(undef, "/server-status$_[0]", site => $httpd->url, fresh => 1)->body }
sub loops { return metrics()->value('chat_event_loops', state => $_[0]) }
sub children { return metrics()->value('chat_children') }

ok $httpd->start, 'httpd starts' or diag $httpd->said;
until_true { children() == 2 && loops('up') == 2 } 'two children, each with its event loop';

subtest 'every family' => sub {
    my $metrics = metrics();
    my $text    = $metrics->answer->body;
    my %type    = $text =~ /^# TYPE (\S+) (\S+)$/mg;
    my %unit    = $text =~ /^# UNIT (\S+) (\S+)$/mg;
    my %help    = $text =~ /^# HELP (\S+) (.+)$/mg;

    is_deeply [$metrics->faults], [], 'the text is OpenMetrics';
    is_deeply \%type, {map { $_ => $families{$_}[0] } keys %families}, 'is there, with its type';
    is_deeply \%unit, \%units, 'with its unit, where it has one';
    is_deeply [sort keys %help], [sort keys %families], 'and says what it means';
    for my $name (sort keys %families) {
        my ($type, $label, @values) = @{$families{$name}};
        my $sample = $type eq 'counter' ? "${name}_total" : $name;
        my @lines  = grep {/^\Q$sample\E(?:_sum|_count)?[ {]/} split /\n/, $text;

        ok scalar @lines, "$name has samples";
        is_deeply [map {/\{$label="([^"]*)"\}/} @lines], \@values, 'each value of its label' if @values;
        is scalar(@lines), 1, 'one' if !$label && !$several{$name};
    }
    is_deeply [$text =~ /^chat_deliveries_total\{kind="email",result="(\w+)"\} 0$/mg],
        [qw(sent refused later unknown released dropped)], 'each result of a mail';
    is_deeply [$text =~ /^chat_deliveries_total\{kind="push",result="(\w+)"\} 0$/mg],
        [qw(sent gone refused later released dropped)], 'and of a push';
    like $text, qr/^chat_feed_lag_seconds \d+\.\d{6}$/m, 'times are seconds';
    unlike $text, qr/ -\d/, 'nothing is less than nothing';
};

subtest 'who may, and how' => sub {
    is get(undef, '/closed/', site => $httpd->url)->code, 403, 'Require decides';
    for my $method (qw(POST PUT DELETE OPTIONS)) {
        my $answer = ask(undef, $method => '/chat-metrics', site => $httpd->url);

        is $answer->code, 405, "$method is refused";
        like $answer->header('Allow'), qr/\bGET\b/, 'and told what goes';
    }
    my $head = ask(undef, HEAD => '/chat-metrics', site => $httpd->url);
    is $head->code, 200, 'HEAD';
    is $head->body, '', 'without a body';
};

subtest 'mod_status' => sub {
    my $html = page('');
    like $html, qr{<h2>Chat</h2>\s*<table}, 'the section';
    my ($section) = $html =~ m{<h2>Chat</h2>(.*?</table>)}s;
    my @rows = $section =~ m{<tr><td>(\d+)</td><td>up</td>}g;
    is scalar(@rows), 2, 'a row for each child';
    ok kill(0 => $_), "process $_ is there" for @rows;
    is scalar(() = $section =~ /<t[dh]>/g), 3 * 8, 'as many cells as heads';

    my ($totals) = $html =~ m{<h2>Chat</h2>.*?</table>\s*(<table.*?</table>)}s;
    is_deeply [($totals // '') =~ m{<th align="left">(.*?)</th><td>\d+</td>}g], ['Waiting to be told', 'Mails due', 'Mails failed', 'Pushes due',
        'Pushes failed', 'Files stored', 'Bytes stored', 'Sockets opened', 'Sockets refused', 'Search lag (ms)'], 'and what no single child has';

    my $plain = page('?notable');
    ($section) = $plain =~ m{<h2>Chat</h2>\s*<dl>(.*?)</dl>}s;
    is scalar(() = ($section // '') =~ m{<dt>PID \d+: event loop up, 0 sockets, .*</dt>}g), 2, 'and without tables';
    like $plain, qr{</dl>\s*<dl>\s*<dt>Waiting to be told: \d+</dt>}, 'of both kinds';

    my %auto = page('?auto') =~ /^(Chat\w+): (\S+)$/mg;
    is_deeply \%auto, {
        ChatSockets => 0, ChatQueuedBytes => 0, ChatCommands => 0, ChatEventLoops => 2, ChatEventLoopsFailed => 0,
        ChatFeeds => $auto{ChatFeeds}, ChatFeedsAway => 0, ChatFeedLagUs => $auto{ChatFeedLagUs}, ChatSearchLagUs => $auto{ChatSearchLagUs},
        map { $_ => 0 } qw(ChatNotifiers ChatNotifiersAway ChatMailPaused ChatWaiting ChatMailsDue ChatMailsDead ChatPushesDue ChatPushesDead
            ChatAttachments ChatAttachmentBytes ChatSocketsOpened ChatSocketsRefused),
    }, 'lines for programs';
    like "@auto{qw(ChatFeeds ChatFeedLagUs ChatSearchLagUs)}", qr/^\d+ \d+ \d+$/, 'of numbers';
};

subtest 'WebSockets' => sub {
    my $before  = metrics();
    my @sockets = map { ChatTest::WebSocket->new($httpd->url . '/echo') } 1 .. 9;

    until_true { metrics()->value('chat_sockets') == 9 } 'those that are open';
    $_->write(close_frame(1000)) for @sockets[0 .. 2];
    $_->send(TEXT, 'x', masked => 0) for @sockets[3, 4];
    close $_->socket for $sockets[5];
    until_true { metrics()->value('chat_sockets') == 3 } 'and no more when they have ended';
    my $now = metrics();
    is $now->since($before, 'chat_sockets_opened_total'), 9, 'all were opened';
    is $now->since($before, 'chat_sockets_closed_total', code => $_->[0]), $_->[1], "$_->[1] with $_->[0]"
        for [1000, 3], [1002, 2], [1006, 1];
    is $now->value('chat_queued_bytes'), 0, 'nothing waits';
    like page('?auto'), qr/^ChatSockets: 3\n(?s:.*)^ChatSocketsOpened: 9$/m, 'mod_status has the same numbers';
    close $_->socket for @sockets[6 .. 8];
    until_true { metrics()->value('chat_sockets') == 0 } 'none is left';
};

subtest 'what waits to be sent' => sub {
    my $ws = ChatTest::WebSocket->new($httpd->url . '/echo', bytes => 4096);

    $ws->write(frame(TEXT, 'x' x 8_000_000), deaf => 1);
    until_true { metrics()->value('chat_queued_bytes') > 1_000_000 } 'is told';
    close $ws->socket;
    until_true { metrics()->value('chat_queued_bytes') == 0 } 'until it goes with its socket';
};

subtest 'feeds' => sub {
    my %here = (site => $httpd->url, statements => undef);
    my $talk = conversation(member('Ada'), undef, %here);
    my $ws   = ChatTest::WebSocket->new($httpd->url . '/api/conversations/ws/', headers => {
        Authorization => 'Basic ' . Mojo::Util::b64_encode("$talk->{member}{username}:x", '')});

    like $ws->message // '', qr/"hello"/, 'a socket that listens';
    my $before = metrics();
    $ws->send(TEXT, qq({"type":"send","ref":1,"conversation_id":$talk->{id},"content":"x","client_id":"k"}));
    my %heard = map { (Cpanel::JSON::XS::decode_json($ws->message // '{}')->{type} // '') => 1 } 1, 2;
    is_deeply \%heard, {ack => 1, message => 1}, 'and hears';
    my $now = metrics();
    cmp_ok $now->value('chat_feeds', state => 'up'), '>=', 1, 'its feed is up';
    is $now->value('chat_feeds', state => 'away'), 0, 'none is away';
    cmp_ok $now->value('chat_feed_lag_seconds'), '<', 1.5 * slow(), 'and not behind';
    cmp_ok $now->since($before, "chat_${_}_total"), '>=', 1, $_ for qw(events frames notifies_sent);
    is $now->value('chat_commands'), 0, 'no command is left';
    close $ws->socket;
};

subtest 'a killed child counts no more' => sub {
    my ($pid) = page('') =~ m{<h2>Chat</h2>.*?<tr><td>(\d+)</td>}s;

    kill KILL => $pid;
    until_true { page('') !~ m{<tr><td>$pid</td>} } 'it is gone from the page';
    until_true { children() == 2 && loops('up') == 2 } 'another one is there';
    is metrics()->value('chat_event_loops', state => 'failed'), 0, 'nothing has failed';
};

subtest 'restarted gracefully' => sub {
    my $talk   = conversation(undef, undef, site => $httpd->url, statements => undef);
    my $before = metrics();
    my %old    = map { $_ => 1 } page('') =~ m{<tr><td>(\d+)</td><td>up</td>}g;

    ok say($talk, 'x', site => $httpd->url)->code == 201, 'something to count';
    for my $round (1 .. 5) {
        ok $httpd->graceful, "restart $round";
        until_true { loops('up') == 2 } 'new children serve';
    }
    until_true { children() == 2 && !grep { $old{$_} } page('') =~ m{<tr><td>(\d+)</td>}g } 'the old ones have gone';
    is metrics()->since($before, 'chat_answers_total', status => '2xx'), 1, 'counters go on';
    is_deeply [metrics()->faults], [], 'still OpenMetrics';
};

subtest 'without the event MPM' => sub {
    my $prefork = ChatTest::Httpd->new(defines => ['PREFORK'], conf => ChatTest::Httpd->usual . <<'END');
StartServers 3
MinSpareServers 3
MaxSpareServers 3
<Location /chat-metrics>
    SetHandler chat-metrics
</Location>
END

    ok $prefork->start, 'httpd starts' or diag $prefork->said;
    until_true { ChatTest::Metrics->of($prefork->url)->value('chat_children') >= 3 } 'children are counted';
    is(ChatTest::Metrics->of($prefork->url)->value('chat_event_loops'), 0, 'there is no event loop, and none has failed');
    $prefork->stop;
    is_deeply [$prefork->unexpected(qr/WebSockets need the event MPM/)], [], 'its log is quiet';
};

$httpd->stop;
is_deeply [$httpd->unexpected(qr{exit signal Killed|AH00052|AH01630.*/closed},
    watched() > 1 ? qr/AH00629.*timeout expired/ : ())], [], 'the log of that httpd is quiet';
done_testing;
