use ChatTest;
use ChatTest::Metrics ();
use ChatTest::Push ();
use ChatTest::Upload qw(upload files_conf);
use File::Basename qw(dirname);

# Pushes to people who are away: what is in them, when they come, and what a push service may answer.
plan skip_all => $_ for grep {defined} ChatTest::Push->why_not;

my $push  = ChatTest::Push->new;
my $httpd = $push->httpd(files_conf() . <<'END');
<Location /chat-metrics>
    SetHandler chat-metrics
</Location>
END
my $site  = $httpd->url;
my %ada   = $push->people('Ada', 'Eve', 'Ian');

sub as { return {username => $_[0]} }

sub say_to
{
    my ($who, $content, $talk) = @_;
    my $answer = post(as($who), 'conversations/' . ($talk // $ada{talk}) . '/messages/', {content => $content}, site => $site, statements => undef);

    is $answer->code, 201, "$who writes";
    return $answer->json->{message}{id};
}

sub read_by { is post(as($_[0]), "conversations/$ada{talk}/read/", {}, site => $site, statements => undef)->code, 200, "$_[0] reads" }
my $mark = 0; # deliveries of before

sub state_of { return $push->sql('select state from chat.outbox where user_id = ? and id > ? order by id desc limit 1', $ada{$_[0]}, $mark) // '' }

# How often a push had this result, of all children.
sub pushes_that_were { return ChatTest::Metrics->of($site)->value('chat_deliveries_total', kind => 'push', result => $_[0]) }

# Nothing is on its way: each reads, and their deliveries have ended.
sub begin
{
    read_by('Ada'), read_by('Eve');
    until_true { $push->pass(600); !$push->sql(q{select count(*) from chat.outbox where state = 'due'}) } 'nothing is due';
    $mark = $push->sql('select coalesce(max(id), 0) from chat.outbox');
    $push->forget;
}

subtest 'one push' => sub {
    my $path = $push->subscribe($httpd, 'Ada');

    say_to('Eve', "Grüße aus Köln 😀\nund <b>mehr</b> & " . 'ü' x 200);
    $push->pass(5);
    my ($one) = $push->wait_for(1);
    is_deeply $one->{wrong}, [], 'its token and its encryption are right';
    is_deeply $one->{json}, {web_push => 8030, app_badge => '1', notification => {
        title => "St. Märy’s ″Abbey″", body => substr("Grüße aus Köln 😀\nund <b>mehr</b> & " . 'ü' x 200, 0, 140),
        navigate => "/messages?c=$ada{talk}", tag => "c$ada{talk}", dir => 'auto'}}, 'what it says';
    is_deeply [@{$one->{headers}}{qw(ttl urgency topic content-type)}], [86400, 'high', "c$ada{talk}", 'application/octet-stream'], 'its headers';
    is +($one->{bytes} - 86 - 16) % 256, 0, 'its length is a step';
    until_true { state_of('Ada') eq 'sent' } 'that is recorded';
    my ($kept) = @{get(as('Ada'), 'push/subscriptions/', site => $site)->json->{subscriptions}};
    ok $kept->{delivered_at} && !$kept->{failing}, 'and seen';
    is $kept->{service}, 'localhost', 'with its service';
    is $push->sql('select count(*) from chat.outbox'), 1, 'nobody else is told';
};

subtest 'the next message' => sub {
    $push->forget;
    say_to('Eve', 'more');
    until_true { $push->pass(5); $push->pushes } 'comes as well';
    my ($one) = $push->pushes;
    is $one->{json}{notification}{body}, 'more', 'with what is new';
    is $one->{json}{app_badge}, '1', 'and the number of conversations';
};

subtest 'a file' => sub {
    is upload({id => $ada{talk}}, {name => 'Maße.txt', bytes => 'x'}, as => as('Eve'), options => {site => $site, statements => undef})->code, 201, 'Eve sends it';
    $push->forget;
    until_true { $push->pass(5); grep { $_->{json}{notification}{body} eq 'Maße.txt' } $push->pushes } 'its name is pushed to the member';
    begin();
    $push->subscribe($httpd, 'Eve');
    is upload({id => $ada{talk}}, {name => 'Plan.txt', bytes => 'x'}, as => as('Ada'), options => {site => $site, statements => undef})->code, 201, 'Ada sends one';
    until_true { $push->pass(5); grep { $_->{json}{notification}{body} eq 'Plan.txt' } $push->pushes } 'and to staff';
    $push->{db}->do('delete from chat.push_subscriptions where user_id = ?', undef, $ada{Eve});
};

subtest 'not after it was read' => sub {
    begin();
    say_to('Eve', 'seen at once');
    read_by('Ada');
    until_true { $push->pass(5); !$push->sql('select count(*) from chat.waiting where due_at <= now()') } 'it was looked at';
    is_deeply [$push->pushes], [], 'nothing comes';
};

subtest 'staff, each in their browsers' => sub {
    begin();
    my @paths = (map({ $push->subscribe($httpd, 'Eve') } 1, 2), $push->subscribe($httpd, 'Ian'));
    say_to('Ada', 'to all of you');
    $push->pass(5);
    my @all = $push->wait_for(3);
    is_deeply [sort map { $_->{path} } @all], [sort @paths], 'each once';
    is_deeply [grep { @{$_->{wrong}} || $_->{json}{notification}{title} ne 'Ada' } @all], [], 'and from Ada';
    my $text = join '', map { $_->{headers}{authorization} } @all;
    is keys %{{map { $_ => 1 } $text =~ /t=([\w.-]+)/g}}, 1, 'one token serves for a while' or diag $text;
    $push->sql("delete from chat.push_subscriptions where user_id = ? returning 1", $ada{Ian});
    $push->{db}->do('delete from chat.push_subscriptions where id in (select max(id) from chat.push_subscriptions where user_id = ?)', undef, $ada{Eve});
};

# What a service may answer: how the delivery ends, after how many requests, and how often the subscription has been
# refused then; undef: it is deleted.
my @faults = (
    (map { ["$_ for good", {is => 'status', status => $_}, 'dropped', 1, undef] } 404, 410),
    (map { ["a refusal by $_", {is => 'status', status => $_, headers => {Location => 'https://localhost/elsewhere'}}, 'dead', 1, 1] }
        400, 401, 403, 302, 307),
    ['429 with Retry-After', {is => 'status', status => 429, times => 1, headers => {'Retry-After' => 300}}, 'sent', 2, 0],
    ['500 twice', {is => 'status', status => 500, times => 2}, 'sent', 3, 0],
    ['503 for ever', {is => 'status', status => 503}, 'dead', 7, 7],
    ['413 for a message', {is => 'large', most => 280}, 'sent', 2, 0],
    ['a connection that ends', {is => 'reset', times => 1}, 'sent', 2, 0],
    ['garbage', {is => 'garbage', times => 1}, 'sent', 2, 0],
    ['an answer without end', {is => 'endless', times => 1}, 'sent', 1, 0],
    ['no answer', {is => 'slow', times => 1}, 'sent', 2, 0],
);

subtest 'faults' => sub {
    begin();
    my @people = map { "Member $_" } 1 .. @faults;
    my (%talk, %path);
    for my $i (0 .. $#people) {
        $ada{$people[$i]} = $push->sql('insert into chat.users (username, display_name) values ($1, $1) returning id', $people[$i]);
        $talk{$people[$i]} = $push->sql('select (conversation).id from chat.open_conversation(?, ?)', $ada{$people[$i]}, $ada{church});
        $path{$people[$i]} = $push->subscribe($httpd, $people[$i]);
        $push->fault($path{$people[$i]}, %{$faults[$i][1]});
    }
    # A long one, so that it is too large for some.
    say_to('Eve', 'x' x 140, $talk{$_}) for @people;
    $push->pass(5);

    my ($told) = grep { $faults[$_][0] =~ /Retry-After/ } 0 .. $#faults;
    my $wait = q{select extract(epoch from retry_at - now())::int from chat.push_subscriptions where user_id = ?};
    until_true { defined $push->sql($wait, $ada{$people[$told]}) } '429 is recorded', 60;
    ok $push->sql($wait, $ada{$people[$told]}) > 200, 'it waits as long as it is told to';
    is state_of($people[$told]), 'due', 'and is due again';
    my $asked = sub { my ($who) = @_; return scalar grep { $_->{path} eq $path{$who} } $push->pushes };
    until_true { $push->pass(100_000); !grep { my $state = state_of($_); !$state || $state eq 'due' } @people } 'all have ended', 120;
    for my $i (0 .. $#people) {
        my ($what, undef, $state, $requests, $refusals) = @{$faults[$i]};
        my $kept = $push->{db}->selectrow_hashref('select * from chat.push_subscriptions where user_id = ?', undef, $ada{$people[$i]});

        is state_of($people[$i]), $state, "$what: $state";
        is $asked->($people[$i]), $requests, 'after so many requests';
        is $kept ? $kept->{refusals} : undef, $refusals, 'and so many refusals in a row';
    }
    is_deeply [map { @{$_->{wrong}} } $push->pushes], [], 'all requests were right';
    my ($large) = grep { $faults[$_][1]{is} eq 'large' } 0 .. $#faults;
    is_deeply [map { $_->{json}{notification}{body} } grep { $_->{path} eq $path{$people[$large]} } $push->pushes], ['x' x 140, 'New message'],
        'what is too large comes without the message';
    is $push->sql('select last_error from chat.outbox where user_id = ? order by id desc limit 1', $ada{"Member 5"}),
        'the push service has answered 403', 'a reason is kept';
    my ($failing) = @{get(as('Member 5'), 'push/subscriptions/', site => $site)->json->{subscriptions}};
    ok $failing->{failing}, 'its user sees it';

    $push->{db}->do(q{update chat.push_subscriptions set refusals = 19, created_at = now() - interval '8 days' where user_id = ?}, undef, $ada{'Member 5'});
    post(as('Member 5'), 'push/test/', {}, site => $site);
    until_true { !$push->sql('select count(*) from chat.push_subscriptions where user_id = ?', $ada{'Member 5'}) }
        'after twenty refusals and a week without a success it is deleted';
};

subtest 'one service of two is away' => sub {
    begin();
    $push->{db}->do('delete from chat.push_subscriptions where user_id = ?', undef, $ada{Ada});
    my @paths = map { $push->subscribe($httpd, 'Ada') } 1, 2;
    $push->fault($paths[0], is => 'status', status => 500, times => 1);
    say_to('Eve', 'to both');
    $push->pass(5);
    $push->wait_for(2);
    until_true { state_of('Ada') eq 'due' && $push->sql('select cardinality(left_over) from chat.outbox where user_id = ? order by id desc limit 1', $ada{Ada}) == 1 }
        'one is left';
    until_true { $push->pass(600); state_of('Ada') eq 'sent' } 'which comes later';
    is_deeply [sort map { $_->{path} } $push->pushes], [sort @paths, $paths[0]], 'and not the other again';
};

subtest 'a test' => sub {
    begin();
    my $answer = post(as('Ada'), 'push/test/', undef, site => $site);
    is $answer->code, 202, 'accepted';
    is_deeply $answer->json, {pushes => 2}, 'for two browsers';
    my @all = $push->wait_for(2);
    is_deeply [map { [$_->{wrong}, $_->{json}{notification}{tag}, $_->{headers}{topic}] } @all], [([[], 'test', 'test']) x 2], 'each has one';
    $push->{db}->do(q{insert into chat.preferences (user_id, language) values (?, 'de-AT')}, undef, $ada{Ada});
    $push->forget;
    post(as('Ada'), 'push/test/', {}, site => $site);
    @all = $push->wait_for(2);
    is_deeply [map { [@{$_->{json}{notification}}{qw(lang body)}] } @all], [(['de-AT', 'Nachrichten werden in diesem Browser angezeigt.']) x 2], 'in German';
    is_deeply post(as('Nobody'), 'push/test/', {}, site => $site, statements => [1, 4])->json, {pushes => 0}, 'without a browser, none';
};

subtest 'who does not want it' => sub {
    begin();
    $push->{db}->do('update chat.preferences set push = false where user_id = ?', undef, $ada{Ada});
    say_to('Eve', 'not wanted');
    until_true { $push->pass(5); !$push->sql('select count(*) from chat.waiting where due_at <= now()') } 'it was looked at';
    is_deeply [$push->pushes], [], 'nothing comes';
    read_by('Ada'); # or the next one would find her subscriptions, and delete those of the old key
    $push->{db}->do('update chat.preferences set push = true where user_id = ?', undef, $ada{Ada});
};

subtest 'dropped when it was to be sent' => sub {
    begin();
    my $dropped = pushes_that_were('dropped');
    # As if it had been decided before Ada has read.
    $push->sql(q{insert into chat.outbox (conversation_id, user_id, kind, due_at) values (?, ?, 'push', now()) returning 1}, $ada{talk}, $ada{Ada});
    until_true { $push->pass(5); state_of('Ada') eq 'dropped' } 'it is dropped';
    until_true { pushes_that_were('dropped') == $dropped + 1 } 'and counted';
    is_deeply [$push->pushes], [], 'nothing comes';
};

# The slow one's were due first. If each child waited for them one after the other, it would have tried all but its last
# one before; here it begins with eight, and puts off the others.
subtest 'a service that does not answer, beside another' => sub {
    begin();
    my @people = map { "Slow $_" } 1 .. 40;
    my %talk;
    for my $name (@people, 'Quick') {
        $ada{$name}  = $push->sql('insert into chat.users (username, display_name) values ($1, $1) returning id', $name);
        $talk{$name} = $push->sql('select (conversation).id from chat.open_conversation(?, ?)', $ada{$name}, $ada{church});
        my $path = $push->subscribe($httpd, $name, service => $name eq 'Quick' ? 1 : 0);
        $push->fault($path, is => 'slow') if $name ne 'Quick';
    }
    $push->{db}->do(q{insert into chat.outbox (conversation_id, user_id, kind, due_at)
        select c.id, c.member_id, 'push', now() + interval '1 hour' from chat.conversations c where c.id = any (?)}, undef, [values %talk]);
    $push->sql('select (chat.send_message(?, ?, ?)).outcome', $ada{Eve}, $_, 'hello') for values %talk;
    $push->{db}->do(q{update chat.outbox set due_at = now() - case when user_id = ? then interval '0' else interval '1 min' end
        where state = 'due' and conversation_id = any (?)}, undef, $ada{Quick}, [values %talk]);
    until_true { $push->pass(0); state_of('Quick') eq 'sent' } 'the quick one has its push';
    my ($tried) = $push->sql(q{select count(*) from chat.push_subscriptions s join chat.users u on u.id = s.user_id
        where u.display_name like 'Slow %' and s.refusals > 0});
    cmp_ok $tried, '<=', @people - 8, "while $tried of the others had been tried in vain";
    $push->{db}->do(q{delete from chat.outbox where conversation_id = any (?)}, undef, [values %talk]);
    $push->{db}->do(q{delete from chat.push_subscriptions s using chat.users u where u.id = s.user_id and u.display_name like 'Slow %'});
    $push->{db}->do('update chat.messages set read_at = now() where conversation_id = any (?)', undef, [values %talk]);
};
$httpd->stop;

subtest 'without the message, and with another key' => sub {
    my $key   = qx{openssl ecparam -name prime256v1 -genkey -noout 2>/dev/null};
    my $other = $push->httpd("ChatPushContent none\nChatRateLimit push-test 2/1h\n", key => $key);
    $site = $other->url;
    begin();
    is $push->sql('select count(*) from chat.push_subscriptions where user_id = ?', $ada{Ada}), 2, 'subscriptions of before';
    my $path = $push->subscribe($other, 'Ada');
    say_to('Eve', 'secret');
    $push->pass(5);
    my ($one) = $push->wait_for(1);
    is_deeply [$one->{path}, $one->{wrong}], [$path, []], 'comes by the new key';
    is $one->{json}{notification}{body}, 'Neue Nachricht', 'and says only that there is one';
    until_true { state_of('Ada') eq 'sent' } 'sent';
    is $push->sql('select count(*) from chat.push_subscriptions where user_id = ?', $ada{Ada}), 1, 'those of the old key are gone';
    for my $test (1, 2) { # each after the one before has come: two at once are one push
        is post(as('Ada'), 'push/test/', {}, site => $site)->code, 202, "test $test";
        $push->wait_for(1 + $test);
    }
    is post(as('Ada'), 'push/test/', {}, site => $site)->code, 429, 'tests have their limit';
    $other->stop;
    is_deeply [$other->unexpected], [], 'the log is quiet';
};

# Whatever a name resolves to: the database may have what the directives did not let in, and names change.
subtest 'no way to private addresses' => sub {
    my $strict = $push->httpd("ChatPushHosts *.example.org localhost\n<VirtualHost *:\@port\@>\n</VirtualHost>\n");
    $site = $strict->url;
    begin();
    $push->{db}->do('delete from chat.push_subscriptions where user_id = ?', undef, $ada{Ada});
    my $path = $push->subscribe($strict, 'Ada');
    $push->{db}->do(q{update chat.push_subscriptions set endpoint = replace(endpoint, 'localhost', '127.0.0.1') where user_id = ?}, undef, $ada{Ada});
    say_to('Eve', 'to myself');
    $push->pass(5);
    until_true { !$push->sql('select count(*) from chat.push_subscriptions where user_id = ?', $ada{Ada}) } 'what is not allowed is deleted';
    is_deeply [$push->pushes], [], 'and not asked';
    $strict->stop;
};

# A name that is public, and an address that is not, as a name server of somebody may say at any time.
subtest 'no name leads to a private address' => sub {
    my $resolver = dirname(ChatTest::Config->suite->{vars}{chat_module}) . '/t/faults/resolver.so';
    my $strict   = $push->httpd("LogLevel chat:debug\n", preload => $resolver);
    my @hosts    = map {"$_.resolves.example.org"} qw(loopback private shared metadata);
    $site = $strict->url;
    begin();
    $push->{db}->do('delete from chat.push_subscriptions where user_id = ?', undef, $ada{Ada});
    $push->subscribe($strict, 'Ada', host => $_) for @hosts;
    my @ids = @{$push->{db}->selectcol_arrayref('select id from chat.push_subscriptions where user_id = ?', undef, $ada{Ada})};
    is @ids, @hosts, 'subscriptions with names that are taken';
    say_to('Eve', 'to the inside');
    until_true { $push->pass(5); !$push->sql('select count(*) from chat.push_subscriptions where user_id = ? and refusals = 0', $ada{Ada}) }
        'each was tried';
    my $said = $strict->said;
    like $said, qr/push: subscription $_: the host has no public address/, 'and no connection was made' for @ids;

    # Nobody's name server may keep what goes to others.
    $push->{db}->do('delete from chat.push_subscriptions where user_id = ?', undef, $ada{Ada});
    $push->subscribe($strict, 'Ada', host => 'silent.resolves.example.org');
    post(as('Ada'), 'push/test/', {}, site => $site);
    until_true { $strict->said =~ /push: subscription \d+: .*timeout/i } 'a name that is not resolved is given up';
    my $path = $push->subscribe($strict, 'Eve');
    post(as('Eve'), 'push/test/', {}, site => $site);
    until_true { grep {$_->{path} eq $path} $push->pushes } 'a push of somebody else is sent meanwhile';
    $strict->stop; # and httpd does not wait for the name either
    is_deeply [$strict->unexpected], [], 'the log is quiet';
};

subtest 'subscriptions that somebody else has locked are not waited for' => sub {
    my $rows  = 'from chat.push_subscriptions where user_id = ?';
    my $other = $push->{db}->clone;
    my $claim = sub { return $push->{db}->selectall_arrayref(q{select * from chat.claim_push('1 min', 'of another key', true)}) };

    $push->{db}->do("delete $rows", undef, $ada{Ada});
    $push->{db}->do(q{insert into chat.push_subscriptions (user_id, endpoint, p256dh, auth, key_id, test_at)
        select ?, 'https://push.example.org/' || k, s.p256dh, s.auth, k, now()
        from (select * from chat.push_subscriptions limit 1) s, unnest(array['of another key', 'of this key']) k}, undef, $ada{Ada});
    $push->{db}->do(q{set statement_timeout = '20s'});
    $other->begin_work;
    $other->selectall_arrayref("select $rows for update", undef, $ada{Ada});
    is_deeply $claim->(), [], 'neither to be deleted nor to be claimed';
    $other->rollback;
    is_deeply [map {$_->[4]} @{$claim->()}], ['https://push.example.org/of another key'], 'claimed afterwards';
    is $push->sql("select count(*) $rows", $ada{Ada}), 1, 'and what has another key is deleted';
    $other->disconnect;
};

is_deeply [$httpd->unexpected(qr/push: localhost has refused a message with \d+: check ChatPushKey/)], [], 'the log is quiet';
undef $push; # while its database can be dropped
done_testing;
