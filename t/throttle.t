use ChatTest;
use ChatTest::Flood ();
use ChatTest::Httpd ();
use ChatTest::Metrics ();
use Time::HiRes qw(time sleep);

# How often something may be done, counted over all children. Limits differ between virtual hosts,
# which here go by name.
my $usual = ChatTest::Httpd->usual;
my %limits = (
    default => '',
    flood   => 'ChatRateLimit send 100/1h burst=100',
    dry     => "ChatRateLimit send 2/1h\nChatRateLimitMode dry-run",
    ignored => "ChatRateLimit send 2/1h\nChatRateLimitMode off",
    off     => "ChatRateLimit send off\nCustomLog logs/limits %{chat-limit}n",
    org     => 'ChatRateLimit send 3/1h key=%{req:X-Org}',
    stacked => "ChatRateLimit send 5/1h\nChatRateLimit send 2/1h key=%{req:X-Org}",
    client  => 'ChatRateLimit send 2/1h key=%{REMOTE_ADDR}',
    second  => 'ChatRateLimit send 1/1s',
    slow    => "ChatRateLimit send 3/1h\nChatRateLimit typing 2/1h",
    inherit => 'ChatRateLimit send 4/1h',
    each    => join "\n", map {"ChatRateLimit $_ 2/1h"} qw(open send read typing search admin),
);
my $httpd = ChatTest::Httpd->new(conf => <<'END' . $usual . <<'END' . virtual_hosts());
ServerLimit 4
StartServers 4
ThreadsPerChild 32
MaxRequestWorkers 128
MinSpareThreads 32
MaxSpareThreads 128
ChatDatabaseWait 10000
LoadModule remoteip_module @modules_dir@/mod_remoteip.so
RemoteIPHeader X-Forwarded-For
RemoteIPInternalProxy 127.0.0.1
<Location /chat-metrics>
    SetHandler chat-metrics
</Location>
END
ChatRateLimit admin 1/1h
END

sub virtual_hosts
{
    return join '', map {"<VirtualHost *:\@port\@>\nServerName $_.test\n$limits{$_}\n</VirtualHost>\n"}
        sort keys %limits;
}

sub at { my ($name, %headers) = @_; return (site => $httpd->url, headers => {Host => "$name.test", %headers}) }
sub metrics { return ChatTest::Metrics->of($httpd->url) }
sub stored { return sql('select count(*) from chat.messages where conversation_id = ?', $_[0]{id})->{count} }

# The codes of so many sends, one after the other.
sub sends
{
    my ($talk, $times, @at) = @_;

    return join ' ', map { say($talk, "x $_", @at)->code } 1 .. $times;
}

# A refusal says when to come back, and which limit it was.
sub is_told
{
    my ($answer, $name, $q, $w, $what) = @_;

    is $answer->code, 429, $what // 'refused';
    is $answer->json->{code}, 'rate_limited', 'as a problem';
    like $answer->header('RateLimit'), qr/^"\Q$name\E";r=0;t=[1-9]\d*$/, 'RateLimit';
    like $answer->header('RateLimit-Policy'), qr/(?:^|, )"\Q$name\E";q=$q;w=$w(?:,|$)/, 'RateLimit-Policy';
    my $retry = $answer->header('Retry-After') // '';
    like $retry, qr/^[1-9]\d*$/, 'Retry-After';
    my ($reset) = ($answer->header('RateLimit') // '') =~ /t=(\d+)/;
    ok $retry <= $reset && $reset <= $w * 2, 'both in a sensible order' or diag "$retry, $reset";
    is $answer->statements // 0, 0, 'the database was not asked';
}

ok $httpd->start, 'httpd starts' or diag $httpd->said;

subtest '2,000 sends at once: exactly 100 are stored, and the others hear it at once' => sub {
    my $talk = conversation(member('Flooder'));

    until_true {
        together(map { [$talk->{member}, GET => 'conversations/unread/', at('default')] } 1 .. 32);
        my %up = $httpd->served_by;
        keys %up >= 3;
    } 'several children are up';
    my $before  = metrics();
    my $request = ChatTest::Flood->request(POST => "/api/$talk->{path}messages/", {content => 'flood'},
        Host => 'flood.test', 'X-Test' => 'flood',
        Authorization => 'Basic ' . Mojo::Util::b64_encode("$talk->{member}{username}:x", ''));
    my $flood   = ChatTest::Flood->of($httpd->url, $request, requests => 2000, connections => 64);
    my $allowed = 100 + int($flood->seconds / 36); # of a slow run

    note sprintf '%.2f s; %s; median of a refusal %.1f ms', $flood->seconds, $flood->codes,
        1000 * $flood->median_seconds(429);
    is $flood->count(201), $allowed, 'as many are accepted as the limit says';
    is stored($talk), $allowed, 'and stored';
    is $flood->count(429), 2000 - $allowed, 'all others are told 429';
    cmp_ok $flood->median_seconds(429), '<', 0.1 * slow(), 'which takes no second';
    my %served = $httpd->served_by('flood');
    cmp_ok keys(%served), '>=', 2, 'several children have counted together';

    my (%remaining, %odd);
    for my $answer ($flood->answers) {
        my ($limit, $policy, $retry) = @{$answer->{headers}}{qw(ratelimit ratelimit-policy retry-after)};
        my ($r, $t) = ($limit // '') =~ /^"send";r=(\d+);t=(\d+)$/;

        $odd{'RateLimit ' . ($limit // 'none')}++ if !defined $r || $t < 1 || $t > 3600;
        $odd{'RateLimit-Policy ' . ($policy // 'none')}++ if ($policy // '') ne '"send";q=100;w=3600';
        if ($answer->{code} == 201) {
            $remaining{$r // 'none'}++;
            $odd{'Retry-After with 201'}++ if defined $retry;
        }
        else {
            $odd{"r=$r with 429"}++ if $r;
            $odd{'Retry-After ' . ($retry // 'none')}++ if ($retry // '') !~ /^(?:[1-9]|[12]\d|3[0-6])$/;
            $odd{'body'}++ if $answer->{body} !~ /"code":"rate_limited"/;
        }
    }
    is_deeply \%odd, {}, 'every answer has its header fields' or diag explain \%odd;
    my @remaining = sort { $a <=> $b } keys %remaining;
    is "@remaining[0, -1]", '0 99', 'the first is told that 99 remain, and the last that none do';
    is metrics()->since($before, 'chat_rate_limited_total', action => 'send'), $flood->count(429), 'all are counted';
    is say($talk, 'later', at('flood'))->code, 429, 'and still';
    is say(conversation(member('Other')), 'x', at('flood'))->code, 201, 'another user is not concerned';
};

subtest 'typing, with nothing configured' => sub {
    my $talk    = conversation(member('Typist'));
    my $request = ChatTest::Flood->request(POST => "/api/$talk->{path}typing/", {is_typing => Cpanel::JSON::XS::true},
        Host => 'default.test',
        Authorization => 'Basic ' . Mojo::Util::b64_encode("$talk->{member}{username}:x", ''));
    my $flood = ChatTest::Flood->of($httpd->url, $request, requests => 80);
    my $first = 0;

    $first++ while $first < 80 && ($flood->answers)[$first]{code} == 200;
    my $late = $flood->seconds * 10; # one more each 0.1 s
    cmp_ok $first, '>=', 40, '40 in a burst';
    cmp_ok $first, '<=', 41 + $late, sprintf 'then refused (after %d in %.2f s)', $first, $flood->seconds;
    cmp_ok $flood->count(200), '<=', 41 + $late, 'and no more than the rate later';
    is post($talk->{member}, "$talk->{path}read/", undef, at('default'))->code, 200, 'reading is counted apart';
};

subtest 'what is admitted is told how much is left' => sub {
    my $talk = conversation();

    for my $left (2, 1, 0) {
        my $answer = say($talk, 'x', at('slow'));
        is $answer->code, 201, 'admitted';
        like $answer->header('RateLimit'), qr/^"send";r=$left;t=\d+$/, "$left left";
        is $answer->header('RateLimit-Policy'), '"send";q=3;w=3600', 'the policy';
        is $answer->header('Retry-After'), undef, 'no Retry-After';
    }
    is_told(say($talk, 'x', at('slow')), 'send', 3, 3600);
    is stored($talk), 3, 'stored are those';
    is get($talk->{member}, "$talk->{path}messages/", at('slow'))->header('RateLimit'), undef,
        'nothing is said where nothing is limited';
    is say($talk, 'x', at('inherit'))->code, 201, 'another virtual host counts for itself';
};

subtest 'each action is counted for itself' => sub {
    my $church  = church('Busy');
    my $talk    = conversation(member('Busy'), $church);
    my $carol   = staff_of($church, 'Carol');
    my ($me, $true) = ($talk->{member}, Cpanel::JSON::XS::true);
    my %actions = (
        open   => [$me, POST => 'conversations/', json => {church_id => $church->{id}}],
        send   => [$me, POST => "$talk->{path}messages/", json => {content => 'x'}],
        read   => [$me, POST => "$talk->{path}read/"],
        typing => [$me, POST => "$talk->{path}typing/", json => {is_typing => $true}],
        admin  => [$carol, POST => "$talk->{path}block/", json => {blocked => Cpanel::JSON::XS::false}],
        search => [$me, GET => 'conversations/?q=bus'],
    );
    my @searches = map { [GET => $_] } 'conversations/search/?q=bus', "$talk->{path}messages/?q=bus";

    for my $action (sort keys %actions) {
        my @answers = map { ask(@{$actions{$action}}, at('each')) } 1 .. 3;

        like join(' ', map { $_->code } @answers), qr/^20[01] 20[01] 429$/, $action;
        is_told($answers[2], $action, 2, 3600, "$action: told");
    }
    is get($me, 'conversations/', at('each'))->code, 200, 'what has no limit goes on';
    is get($me, "$talk->{path}messages/", at('each'))->code, 200, 'a page of messages, too';
    is ask($me, @$_, at('each'))->code, 429, "all searches are counted together: $_->[1]" for @searches;
    my $other = member('Searcher');
    is ask($other, GET => 'conversations/search/?q=bus', at('each'))->code, 200, 'a search in messages' for 1, 2;
    is ask($other, GET => 'conversations/?q=bus', at('each'))->code, 429, 'counts for those by name';
};

subtest 'it comes back with time' => sub {
    my $talk = conversation();

    is say($talk, 'x', at('second'))->code, 201, 'one';
    my $refused = say($talk, 'x', at('second'));
    is_told($refused, 'send', 1, 1) if $refused->code == 429;
    is $refused->header('Retry-After'), 1, 'a second' if $refused->code == 429;
    sleep 1.05;
    is say($talk, 'x', at('second'))->code, 201, 'after that one more';
};

subtest 'ChatRateLimitMode dry-run' => sub {
    my $talk   = conversation();
    my $before = metrics();

    is sends($talk, 5, at('dry')), '201 201 201 201 201', 'nothing is refused';
    is stored($talk), 5, 'all is stored';
    my $now = metrics();
    is $now->since($before, 'chat_rate_limited_dry_total', action => 'send'), 3, 'what would be refused is counted';
    is $now->since($before, 'chat_rate_limited_total', action => 'send'), 0, 'apart';
    my @lines = grep {/dry run/} split /\n/, $httpd->said;
    is @lines, 3, 'and logged';
    unlike $lines[0], qr/\Q$talk->{member}{username}\E/, 'without a name';
};

subtest 'ChatRateLimitMode off' => sub {
    my $talk   = conversation();
    my $before = metrics();

    is sends($talk, 5, at('ignored')), '201 201 201 201 201', 'nothing is refused';
    is say($talk, 'x', at('ignored'))->header('RateLimit'), undef, 'nor said';
    is metrics()->since($before, $_, action => 'send'), 0, "nor counted: $_"
        for qw(chat_rate_limited_total chat_rate_limited_dry_total);
};

subtest 'an action that is off' => sub {
    my $talk    = conversation();
    my $request = ChatTest::Flood->request(POST => "/api/$talk->{path}messages/", {content => 'x'}, Host => 'off.test',
        Authorization => 'Basic ' . Mojo::Util::b64_encode("$talk->{member}{username}:x", ''));
    my $flood = ChatTest::Flood->of($httpd->url, $request, requests => 150, connections => 4);

    is $flood->codes, '201: 150', 'has no limit, not even the usual one';
    is say($talk, 'x', at('off'))->header('RateLimit'), undef, 'and says nothing of it';
    my %notes;
    until_true { # a line is written after its answer
        open my $log, '<', "$httpd->{home}/logs/limits" or return 0;
        chomp(my @lines = <$log>);
        %notes = map { $_ => 1 } @lines;
        @lines > 1;
    } 'but its log does';
    is_deeply [sort keys %notes], ['off'], 'that the limit is off';
};

subtest 'a key by expression' => sub {
    my ($ada, $bob) = map { conversation(member($_)) } qw(Ada Bob);
    my @one = at('org', 'X-Org' => "one $ada->{id}");
    my @two = at('org', 'X-Org' => "two $ada->{id}");

    is sends($ada, 2, @one), '201 201', 'a member of an organisation';
    is sends($bob, 2, @one), '201 429', 'shares with another';
    is sends($ada, 1, @one), '429', 'and the other with them';
    is sends($ada, 4, @two), '201 201 201 429', 'another organisation has its own';
};

subtest 'two limits stacked' => sub {
    my $talk = conversation();
    my $org  = sub { at('stacked', 'X-Org' => "$_[0] $talk->{id}") };

    my $first = say($talk, 'x', $org->('a'));
    is $first->code, 201, 'both admit';
    is $first->header('RateLimit-Policy'), '"send";q=5;w=3600, "send-2";q=2;w=3600', 'both are told';
    like $first->header('RateLimit'), qr/^"send-2";r=1;t=\d+$/, 'the one of which the least remains decides';
    is sends($talk, 1, $org->('a')), '201', 'still';
    is_told(say($talk, 'x', $org->('a')), 'send-2', 2, 3600, 'then one refuses');
    is sends($talk, 10, $org->('a')), join(' ', (429) x 10), 'again and again';
    is sends($talk, 2, $org->('b')), '201 201', 'which has used up nothing of the other';
    is sends($talk, 1, $org->('c')), '201', 'until that one';
    is_told(say($talk, 'x', $org->('c')), 'send', 5, 3600, 'refuses');
    is_told(say($talk, 'x', $org->('d')), 'send', 5, 3600, 'for any organisation');
    is stored($talk), 5, 'stored are five';
};

subtest 'behind a proxy' => sub {
    my ($ada, $bob) = map { conversation(member($_)) } qw(Ada Bob);
    my $number = $ada->{id} % 250 + 1;
    my $from   = sub { at('client', 'X-Forwarded-For' => $_[0]) };

    is sends($ada, 1, $from->("203.0.113.$number")), '201', 'one address';
    is sends($bob, 2, $from->("203.0.113.$number")), '201 429', 'is one key';
    is sends($bob, 2, $from->("198.51.100.$number")), '201 201', 'another address is another one';
    is sends($ada, 1, $from->("192.0.2.7, 203.0.113.$number")), '429', 'what a client adds to the header changes nothing';
    is sends($ada, 1, $from->("2001:db8::$number")), '201', 'IPv6';
};

subtest 'what is not admitted for other reasons' => sub {
    my $talk = conversation();

    is post($talk->{member}, "$talk->{path}messages/", {content => 'x'}, site => $httpd->url,
        headers => {Host => 'slow.test', 'Sec-Fetch-Site' => 'cross-site'})->code, 403, 'a foreign page';
    is sends($talk, 3, at('slow')), '201 201 201', 'uses up nothing';
};

subtest 'limits of the main server' => sub {
    my $church = church();
    my $talk   = conversation(undef, $church);
    my $carol  = staff_of($church);
    my $block  = sub { post($carol, "$talk->{path}block/", {blocked => Cpanel::JSON::XS::false}, at('inherit'))->code };

    is join(' ', map { $block->() } 1, 2), '200 429', 'count where a virtual host says nothing of the action';
    is sends($talk, 5, at('inherit')), '201 201 201 201 429', 'beside its own';
};

subtest 'a used-up allowance stays used up over a graceful restart' => sub {
    my $talk   = conversation();
    my $fresh  = conversation();
    my @here   = (at('slow'), fresh => 1);

    is sends($talk, 4, @here), '201 201 201 429', 'used up';
    my $before = metrics();
    my %old    = $httpd->served_by;
    ok $httpd->graceful, 'a graceful restart';
    until_true { say($talk, 'x', @here); my %now = $httpd->served_by; grep { !$old{$_} } keys %now }
        'new children serve';
    is sends($talk, 3, @here), '429 429 429', 'it is still used up';
    is sends($fresh, 4, @here), '201 201 201 429', 'while others have theirs';
    cmp_ok metrics()->since($before, 'chat_rate_limited_total', action => 'send'), '>=', 4, 'counters go on';
};

subtest 'metrics' => sub {
    my $metrics = metrics();

    is_deeply [$metrics->faults], [], 'are OpenMetrics';
    is $metrics->answer->code, 200, 'answered';
    like $metrics->answer->header('Content-Type'), qr{^application/openmetrics-text; version=1\.0\.0; charset=utf-8$},
        'with its type';
    like $metrics->answer->header('Cache-Control'), qr/no-store/, 'not to be kept';
    cmp_ok $metrics->value('chat_answers_total', status => '2xx'), '>', 100, 'answers by class of status';
    cmp_ok $metrics->value('chat_answers_total', status => '4xx'), '>', 1900, 'refusals too';
    my $before = metrics();
    is metrics()->since($before, 'chat_answers_total'), 0, 'asking for them counts for nothing';

    my $talk = conversation();
    my $me   = $talk->{member};
    my @kinds = (
        ['2xx', $me, GET => 'conversations/'], ['2xx', $me, HEAD => 'conversations/'],
        ['2xx', $me, OPTIONS => 'conversations/'],
        ['2xx', $me, POST => "$talk->{path}read/"], ['2xx', undef, GET => 'conversations/openapi.json'],
        ['4xx', undef, GET => 'conversations/'], ['4xx', $me, GET => 'conversations/null/'],
        ['4xx', $me, GET => 'conversations/?limit=0'], ['4xx', $me, DELETE => 'conversations/'],
        ['4xx', $me, POST => "$talk->{path}messages/", body => '{', type => 'application/json'],
        [undef, $me, GET => '/index.html'],
    );
    for my $kind (@kinds) {
        my ($class, $person, $method, $path, @rest) = @$kind;

        $before = metrics();
        ask($person, $method, $path, @rest, at('each'));
        my $now = metrics();
        is $now->since($before, 'chat_answers_total'), defined $class ? 1 : 0, "$method $path: counted";
        is $now->since($before, 'chat_answers_total', status => $class), 1, $class if defined $class;
    }
    is ask(undef, HEAD => '/chat-metrics', site => $httpd->url)->code, 200, 'HEAD';
    is post(undef, '/chat-metrics', undef, site => $httpd->url)->code, 405, 'POST';
};

subtest 'what the directives must not say is told at configtest' => sub {
    my %wrong = (
        'ChatRateLimit'                       => qr/ChatRateLimit: the arguments are an action and/,
        'ChatRateLimit send'                  => qr/ChatRateLimit: the arguments are an action and/,
        'ChatRateLimit sing 1/s'              => qr/ChatRateLimit: "sing" is not an action: use open, send/,
        'ChatRateLimit none 1/s'              => qr/ChatRateLimit: "none" is not an action/,
        'ChatRateLimit send 5'                => qr/ChatRateLimit: "5" is not <number>\/<period>/,
        'ChatRateLimit send 5/'               => qr/ChatRateLimit: "5\/" is not/,
        'ChatRateLimit send 5/10'             => qr/ChatRateLimit: "5\/10" is not/,
        'ChatRateLimit send 5/w'              => qr/ChatRateLimit: "5\/w" is not/,
        'ChatRateLimit send -5/s'             => qr/ChatRateLimit: "-5\/s"/,
        'ChatRateLimit send 1.5/s'            => qr/ChatRateLimit: "1.5\/s"/,
        'ChatRateLimit send 0/s'              => qr/ChatRateLimit: "0\/s": numbers must be/,
        'ChatRateLimit send 1/0s'             => qr/ChatRateLimit: "1\/0s": the period must be/,
        'ChatRateLimit send 1/367d'           => qr/ChatRateLimit: "1\/367d": the period must be/,
        'ChatRateLimit send 10001/s'          => qr/ChatRateLimit: "10001\/s": more than 10000 a second/,
        'ChatRateLimit send 99999999999999999999/s' => qr/ChatRateLimit: /,
        'ChatRateLimit send 1/d burst=367'    => qr/ChatRateLimit: .*burst would take more than 366 days/,
        'ChatRateLimit send 1/s burst=0'      => qr/ChatRateLimit: "burst=0" must have a whole number/,
        'ChatRateLimit send 1/s burst='       => qr/ChatRateLimit: "burst=" must have a whole number/,
        'ChatRateLimit send 1/s burst=2 burst=3' => qr/ChatRateLimit: burst= is given twice/,
        'ChatRateLimit send 1/s key='         => qr/ChatRateLimit: key= needs an expression/,
        'ChatRateLimit send 1/s key=%{nonsense:x}' => qr/ChatRateLimit: key: /,
        'ChatRateLimit send 1/s key=%{req:X'  => qr/ChatRateLimit: key: /,
        'ChatRateLimit send 1/s fast'         => qr/ChatRateLimit: "fast" is neither/,
        'ChatRateLimit send off burst=1'      => qr/ChatRateLimit: off cannot be followed/,
        "ChatRateLimit send 1/s\n" x 9        => qr/ChatRateLimit: .*lines already/,
        'ChatRateLimitMode'                   => qr/ChatRateLimitMode/,
        'ChatRateLimitMode loud'              => qr/ChatRateLimitMode must be enforce, dry-run or off/,
        "<Location /x>\nChatRateLimit send off\n</Location>" => qr/ChatRateLimit.*not allowed|ChatRateLimit.*cannot occur/,
    );

    for my $lines (sort keys %wrong) {
        my ($fine, $words) = ChatTest::Httpd->new(conf => "$usual$lines\n")->configtest;

        ok !$fine, "refused: " . $lines =~ s/\n.*//sr;
        like $words, $wrong{$lines}, 'with the reason';
    }
    my ($fine, $words) = ChatTest::Httpd->new(conf => $usual . <<'END')->configtest;
ChatRateLimit open off
ChatRateLimit send 20/10s
ChatRateLimit send 10000/s burst=20000 key=%{REMOTE_ADDR}
ChatRateLimit read 1/366d burst=1
ChatRateLimit upload 5/m "key=%{req:X-Org} %{REMOTE_USER}"
ChatRateLimit connect 100/2h
ChatRateLimitMode Dry-Run
END
    ok $fine, 'and what they may say is taken' or diag $words;
};

is_deeply [$httpd->unexpected(watched() > 1 ? qr/AH00629.*timeout expired/ : ())], [],
    'the log of that httpd is quiet';
done_testing;
