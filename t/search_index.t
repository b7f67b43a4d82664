use ChatTest;
use ChatTest::Httpd   ();
use ChatTest::Metrics ();
use POSIX qw(SIGQUIT);

# The thread that adds the words of messages to the index of searches: with a PostgreSQL of its own, which is killed.
plan skip_all => 'it kills what is watched' if watched() > 1;

my $postgresql = ChatTest::PostgreSQL->new;
my $params     = $postgresql->params;
$postgresql->migrate;
my $status = "<Location /chat-health>\n    SetHandler chat-health\n</Location>\n<Location /chat-metrics>\n    SetHandler chat-metrics\n</Location>\n";
my $away   = qr/search: .*(?:connection|shutting down|starting up|terminating|closed)|database|SSL SYSCALL/;
my $is_away = qr/search: .*it goes on when the database is available/;
my ($church) = here()->selectrow_array(q{insert into chat.churches (name) values ('Here') returning id});
my ($ada)    = here()->selectrow_array(q{insert into chat.users (username, display_name) values ('ada', 'Ada') returning id});
my ($talk)   = here()->selectrow_array('select (conversation).id from chat.open_conversation(?, ?)', undef, $ada, $church);
my $count    = 0;

sub here { return ChatTest::db($params) }
sub value { return scalar here()->selectrow_array(@_) }
sub forget { ChatTest::forget_db($params) }

# A message, by SQL as by a request.
sub sent
{
    my ($content) = @_;

    return value('select (message).id from chat.send_message(?, ?, ?)', undef, $ada, $talk, $content);
}
sub words_of { return value(q{select array_to_string(tsvector_to_array(search), ' ') from chat.message_words where id = ?}, undef, $_[0]) // '' }
sub indexers { return value(q{select count(*) from pg_stat_activity where application_name = 'mod_chat search'}) }
sub missing { return value(q{select count(*) from chat.messages m where not exists (select from chat.message_words w where w.conversation_id = m.conversation_id and w.id = m.id)}) }

# Another host that does the work, and does not end; the index had all messages so many seconds ago.
sub other_host
{
    my ($seconds) = @_;

    ChatTest::forget_db("$params application_name=other");
    my $other = ChatTest::db("$params application_name=other");
    my $lag;
    do { # ours may come between
        $other->do('update chat.search_state set indexed_at = now() - ? * interval \'1 s\'', undef, $seconds);
        $other->begin_work;
        ($lag) = $other->selectrow_array('select extract(epoch from now() - indexed_at) from chat.search_state for update');
        $other->rollback if $lag < $seconds - 1;
    } while $lag < $seconds - 1;
    return $other;
}

# An httpd with its own settings, which has to start.
sub started
{
    my ($conf, @more) = @_;
    my $httpd = ChatTest::Httpd->new(database => $params, conf => ChatTest::Httpd->usual . $status . $conf, @more);

    ok $httpd->start, 'httpd starts' or diag $httpd->said;
    return $httpd;
}

sub is_found
{
    my ($what) = @_;
    my $word = 'word' . ++$count;
    my $id   = sent("One more $word");

    until_true { words_of($id) =~ /$word/ } $what;
}

# How many lines tell of an outage, without that of a turn which was under way.
sub outages
{
    my @lines = grep {/chat:warn.*search: /} split /\n/, $_[0];

    shift @lines if @lines && $lines[0] !~ $is_away;
    return scalar @lines;
}

sub stopped
{
    my ($httpd, @lines) = @_;

    $httpd->stop;
    is_deeply [$httpd->unexpected(@lines)], [], 'its log is quiet';
}

# From before there was an index.
here()->do(q{set chat.follow = off});
here()->do(q{insert into chat.messages (conversation_id, seq, sender_id, from_church, content, created_at)
    select ?, n, ?, false, 'old message ' || n, now() from generate_series(1, 3000) n}, undef, $talk, $ada);
here()->do(q{set chat.follow = on});
here()->do('select chat.repair()');

my $httpd = started('');
subtest 'messages are indexed' => sub {
    until_true { !missing() } 'those of before';
    is_found('and new ones');
    is indexers(), 1, 'one thread of two children does it';
    my $health = get(undef, '/chat-health', site => $httpd->url)->json;
    cmp_ok $health->{search_lag_s}, '<', 30 * slow(), 'chat-health says that it is up to date';
    until_true { ChatTest::Metrics->of($httpd->url)->value('chat_search_lag_seconds') < 5 } 'so does the metric';
    until_true { value('select up_to_date from chat.search_progress()') } 'and the database';
    is value('select count(*) from chat.unindexed'), 0, 'the queue is empty';
};

subtest 'behind, and again not' => sub {
    my $other = other_host(60);
    my $id = sent('waits');
    until_true { get(undef, '/chat-health', site => $httpd->url)->json->{search_lag_s} >= 59 } 'chat-health says how far';
    cmp_ok(ChatTest::Metrics->of($httpd->url)->value('chat_search_lag_seconds'), '>', 59, 'so does the metric');
    ok !value('select up_to_date from chat.search_progress()'), 'and so do searches';
    is words_of($id), '', 'the message is not found yet';
    $other->rollback;
    $other->disconnect;
    until_true { words_of($id) } 'then it is';
    until_true { value('select up_to_date from chat.search_progress()') } 'and searches know it';
};

subtest 'the child that does it is killed' => sub {
    kill KILL => split ' ', qx{pgrep -P @{[$httpd->pid]}};
    is_found('another one does it');
    until_true { indexers() == 1 } 'and no other';
};

subtest 'PostgreSQL crashes' => sub {
    my $other = other_host(0);
    my @ids = map { sent("lost $_") } 1 .. 5;
    is value('select count(*) from chat.unindexed') >= 5, 1, 'five messages wait';
    my $before = length $httpd->said;
    $postgresql->crash;
    forget();
    until_true { substr($httpd->said, $before) =~ $is_away } 'the log says so';
    $postgresql->start;
    until_true { !grep { !words_of($_) } @ids } 'the queue was lost, and they are indexed nevertheless';
    is_found('what comes then, too');
    my $said = substr $httpd->said, $before;
    is outages($said), 1, 'in one line' or diag $said;
    like $said, qr/search: connected to the database again/, 'and when it was over';
    eval { $other->disconnect };
};

subtest 'PostgreSQL is away' => sub {
    my $before = length $httpd->said;
    $postgresql->stop;
    forget();
    until_true { substr($httpd->said, $before) =~ $is_away } 'the log says so';
    $postgresql->start;
    is_found('it goes on');
    is outages(substr $httpd->said, $before), 1, 'in one line';
};

subtest 'another configuration' => sub {
    my $id = sent('Häuser am Fluss');
    until_true { words_of($id) =~ /hauser/ } 'as written';
    $httpd->set("ChatSearchConfig german\n");
    ok $httpd->graceful, 'a graceful restart';
    until_true { words_of($id) =~ /haus\b/ } 'all messages are indexed again';
    until_true { !value('select is_building from chat.search_state') } 'to the end';
    is_deeply value('select configs::text[] from chat.search_progress()'), ['german'], 'with the new one alone';
    $httpd->set("ChatSearchConfig nothing_such\n");
    ok $httpd->graceful, 'one that the database does not know';
    until_true { $httpd->said =~ /search: the database has no text search configuration "nothing_such" .*with "german"/ } 'is reported';
    is_found('and the one before stays in use');
    is scalar(() = $httpd->said =~ /no text search configuration/g), 1, 'in one line';
};

subtest 'a deletion that is not committed, beside a rebuild' => sub {
    my ($ben)   = here()->selectrow_array(q{insert into chat.users (username, display_name) values ('ben', 'Ben') returning id});
    my ($other) = here()->selectrow_array('select (conversation).id from chat.open_conversation(?, ?)', undef, $ben, $church);
    my $id      = value('select (message).id from chat.send_message(?, ?, ?)', undef, $ben, $other, 'to be deleted');
    until_true { words_of($id) } 'a message is indexed';
    my $session = here()->clone;
    $session->begin_work;
    $session->do('delete from chat.messages where id = ?', undef, $id);
    here()->do('update chat.search_state set is_building = true, is_rebuild = true, built_up_to = 0, built_up_to_id = 0');
    is_found('what is new does not wait for it');
    $session->commit;
    until_true { !value('select is_building from chat.search_state') } 'and the rebuild goes on afterwards';
    is words_of($id), '', 'without what was deleted';
    $session->disconnect;
};

subtest 'off, and on again' => sub {
    $httpd->set("ChatSearch off\n");
    ok $httpd->graceful, 'a graceful restart';
    until_true { indexers() == 0 } 'nobody does it';
    my $id = sent('while it was off');
    is get(undef, '/chat-health', site => $httpd->url)->json->{search_lag_s}, undef, 'chat-health knows of none';
    # What the queue has at most.
    here()->do('insert into chat.unindexed select 1, 1 from generate_series(1, 210000)');
    here()->do(q{update chat.search_state set worked_at = now() + interval '1 hour'});
    here()->do('analyze chat.unindexed');
    here()->do('select chat.trim_unindexed()') for 1 .. 3;
    cmp_ok value('select count(*) from chat.unindexed'), '>=', 210_000, 'but not while somebody works on it';
    here()->do(q{update chat.search_state set worked_at = '-infinity'});
    until_true { here()->do('select chat.trim_unindexed()'); value('select count(*) from chat.unindexed') <= 200_000 } 'the queue is trimmed';
    is value('select count(*) from chat.unindexed_since'), 0, 'which counts as a loss';
    here()->do('delete from chat.unindexed');
    $httpd->set('');
    ok $httpd->graceful, 'on again';
    until_true { words_of($id) } 'and what came meanwhile is indexed';
};
stopped($httpd, $away, qr{no text search configuration|exit signal Killed|AH00052|search: .*statement timeout});

for my $mpm ('PREFORK', 'WORKER') {
    subtest "\L$mpm" => sub {
        my $here = started("<IfModule mpm_prefork_module>\n    StartServers 2\n    MaxRequestWorkers 4\n</IfModule>\n", defines => [$mpm]);
        is_found('its messages are indexed');
        until_true { indexers() == 1 } 'by one child';
        stopped($here, qr/event MPM/);
    };
}

subtest 'two databases' => sub {
    here()->do('create database chat_second');
    my $second = $params =~ s/dbname=\S+/dbname=chat_second/r;
    is system("sql/migrate \"$second\" >/dev/null 2>&1"), 0, 'a second database';
    my $vhost = sub { "<VirtualHost *:\@port\@>\n    ServerName $_[0]\n    DBDriver pgsql\n    DBDParams \"$_[1] connect_timeout=10\"\n    $_[2]\n</VirtualHost>\n" };
    my $both  = started($vhost->('second.test', $second, 'ChatSearchConfig english'));
    ChatTest::db($second)->do(q{insert into chat.churches (name) values ('There')});
    ChatTest::db($second)->do(q{insert into chat.users (username, display_name) values ('bob', 'Bob')});
    ChatTest::db($second)->do(q{select chat.send_message(1, (conversation).id, 'running') from chat.open_conversation(1, 1)});
    until_true { ((ChatTest::db($second)->selectrow_array('select search::text from chat.message_words'))[0] // '') =~ /'run'/ } 'each has its own';
    is_found('so has the first');
    stopped($both);
    ChatTest::db($second)->disconnect;

    for my $other ('ChatSearch off', 'ChatSearchConfig english') {
        my ($is_fine, $words) = ChatTest::Httpd->new(database => $params, conf => ChatTest::Httpd->usual
            . "<VirtualHost *:\@port\@>\n    ServerName other.test\n    $other\n</VirtualHost>\n")->configtest;
        my ($directive) = split ' ', $other;
        ok !$is_fine && $words =~ /$directive of other\.test \(.*:\d+\) is not that of|$directive of .* is not that of other\.test/,
            "not $other for one of two virtual hosts with the same" or diag $words;
    }
    for my $name ('"x y"', "it's", '1st', 'a"b') {
        my ($is_fine, $words) = ChatTest::Httpd->new(database => $params, conf => "ChatSearchConfig $name\n" . ChatTest::Httpd->usual)->configtest;
        ok !$is_fine && $words =~ /ChatSearchConfig must be the name/, "$name is no configuration" or diag $words;
    }
};

forget();
done_testing;
