use ChatTest;
use ChatTest::Httpd ();
use ChatTest::WebSocket ();
use Time::HiRes qw(time sleep);

# SetHandler chat-health, with a PostgreSQL and an httpd that nobody else uses.
my %frozen;
local $SIG{$_} = sub { exit 1 } for qw(INT TERM HUP); # so that END is come to
END { thaw() }

my $postgresql = ChatTest::PostgreSQL->new;
my $params     = $postgresql->params;
my $nowhere    = $params =~ s/dbname=\S+/dbname=nowhere/r;
my $elsewhere  = ChatTest::Config->suite->{vars}{database};
my $httpd = ChatTest::Httpd->new(database => $params, conf => ChatTest::Httpd->usual(undef, 1500) =~ s/connect_timeout=10/connect_timeout=2/r . <<"END");
<Location /chat-health>
    SetHandler chat-health
</Location>
<Location /echo>
    SetHandler chat-echo
</Location>
<Location /closed/>
    SetHandler chat-health
    Require all denied
</Location>
<VirtualHost *:\@port\@>
    ServerName here.test
</VirtualHost>
<VirtualHost *:\@port\@>
    ServerName elsewhere.test
    DBDriver pgsql
    DBDParams "$elsewhere connect_timeout=2"
</VirtualHost>
<VirtualHost *:\@port\@>
    ServerName nowhere.test
    DBDriver pgsql
    DBDParams "$nowhere connect_timeout=2"
</VirtualHost>
END

sub health
{
    my ($host, $path) = @_;

    return get(undef, $path // '/chat-health', site => $httpd->url, headers => {Host => ($host // 'here') . '.test'});
}

sub schema { return scalar here()->selectrow_array('select max(version) from chat.schema_migrations') }
sub here { return ChatTest::db($params) }

# Everything that the answer says.
sub says
{
    my ($answer, $code, $what, %wanted) = @_;
    my $json = $answer->json // {};

    is $answer->code, $code, "$what: $code" or diag $answer->body;
    is $json->{$_}, $wanted{$_}, "$_ $wanted{$_}" for sort keys %wanted;
    is_deeply [sort keys %$json], [sort qw(status database schema feed sockets hub notifier mail search_lag_s)], 'all of its members';
    is $json->{hub}, 'ok', 'the hub serves';
    like $answer->body, qr/"sockets":\d+,/, 'a number of sockets';
    like $answer->body, qr/"schema":(?:null|[1-9]\d*),/, 'a number, or null';
    like $answer->body, qr/"search_lag_s":\d+\}/, 'how far behind searches are';
    is $answer->type, 'application/json', 'JSON';
    is $answer->header('Cache-Control'), 'no-store', 'not to be kept';
    is $answer->header('Content-Length'), length $answer->body, 'its length';
    is $answer->header('Retry-After'), $code == 503 ? 1 : undef, 'Retry-After where it belongs';
    unlike $answer->body, qr{/|dbname|SQL|connection}i, 'nothing internal';
}

sub becomes
{
    my ($code, $what, @wanted) = @_;

    until_true { health()->code == $code } $what;
    says(health(), $code, $what, @wanted);
}

ok $httpd->start, 'httpd starts' or diag $httpd->said;

subtest 'without the schema' => sub {
    says(health(), 503, 'none', status => 'unavailable', database => 'schema', sockets => 0);
    ok $httpd->said =~ /health: database schema: .*chat-migrate/, 'the log says what to do';
    $postgresql->migrate;
    becomes(200, 'with it', status => 'ok', database => 'ok', schema => schema(), sockets => 0);
    is scalar(() = $httpd->said =~ /health: the database is available again/g), 1, 'and that it is done';
};

subtest 'who may, and how' => sub {
    is health('here', '/closed/')->code, 403, 'Require decides';
    for my $method (qw(POST PUT DELETE OPTIONS)) {
        my $answer = ask(undef, $method => '/chat-health', site => $httpd->url);

        is $answer->code, 405, "$method is refused";
        like $answer->header('Allow'), qr/\bGET\b/, 'and told what goes';
    }
    my $head = ask(undef, HEAD => '/chat-health', site => $httpd->url);
    is $head->code, 200, 'HEAD';
    is $head->body, '', 'without a body';
};

subtest 'WebSockets' => sub {
    my $ws = ChatTest::WebSocket->new($httpd->url . '/echo', headers => {Host => 'here.test'});

    ok $ws->is_open, 'one is open';
    until_true { (health()->json->{sockets} // 0) == 1 } 'it is counted';
    close $ws->socket;
    until_true { health()->json->{sockets} == 0 } 'and no more when it has ended';
};

# Both children are asked, from many connections.
subtest 'the database is asked once a second' => sub {
    my ($begin, $asked, %codes, %served) = (time, 0);

    while (time - $begin < 3 || keys %served < 2 && time - $begin < 30 * slow()) {
        for my $answer (together(map { [undef, GET => '/chat-health', site => $httpd->url,
            headers => {Host => 'here.test'}] } 1 .. 20)) {
            $codes{$answer->code}++;
            $asked += $answer->statements // 0;
        }
        %served = $httpd->served_by;
    }
    my $seconds = time - $begin;
    is_deeply [keys %codes], [200], "$codes{200} answers";
    cmp_ok $asked, '<=', $seconds + 1, sprintf '%d questions in %.1f s', $asked, $seconds;
    cmp_ok $asked, '>=', 2, 'and not only once';
    is scalar(keys %served), 2, 'by both children';
};

subtest 'databases of virtual hosts' => sub {
    until_true { health('elsewhere')->code == 200 } 'one is well';
    says(health('elsewhere'), 200, 'elsewhere', status => 'ok', database => 'ok');
    says(health('nowhere'), 503, 'nowhere', status => 'unavailable', database => 'away');
    says(health('here'), 200, 'here', status => 'ok', database => 'ok');
};

subtest 'stopped, and started' => sub {
    becomes(200, 'there', database => 'ok');
    ChatTest::forget_db($params);
    $postgresql->stop;
    my $begin = time;
    becomes(503, 'gone', status => 'unavailable', database => 'away');
    cmp_ok time - $begin, '<', 2.5 * slow(), sprintf 'within %.1f s', time - $begin;
    for my $round (1 .. 3) {
        sleep 1.05;
        $begin = time;
        is health()->code, 503, 'and still';
        cmp_ok time - $begin, '<', 1 * slow(), sprintf 'told within %.2f s', time - $begin;
    }
    is scalar(() = $httpd->said =~ /health: database away: \S/g), 2, 'one line for each change, and host';
    says(health('elsewhere'), 200, 'elsewhere', database => 'ok');
    $postgresql->start;
    becomes(200, 'back', status => 'ok', database => 'ok');
};

subtest 'one that answers no more' => sub {
    becomes(200, 'there', database => 'ok');
    freeze();
    my $begin = time;
    my $slow  = 0;
    my %codes;
    # One asks, and all others are answered meanwhile.
    while (time - $begin < 9 * slow()) {
        for my $answer (together(map { [undef, GET => '/chat-health', site => $httpd->url,
            headers => {Host => 'here.test'}] } 1 .. 3)) {
            $codes{$answer->code}++;
        }
        $slow = time - $begin;
        last if $codes{503};
    }
    cmp_ok $slow, '<', 8 * slow(), sprintf 'told after %.1f s', $slow;
    says(health(), 503, 'frozen', status => 'unavailable', database => 'away');
    my @took = map { my $then = time; health(); time - $then } 1 .. 30;
    cmp_ok scalar(grep { $_ > 0.5 * slow() } @took), '<=', 1, 'nobody waits but one';
    is scalar(() = $httpd->said =~ /health: database busy/g), 0, 'nobody takes it for busy';
    thaw();
    becomes(200, 'thawed', status => 'ok', database => 'ok');
};

subtest 'a schema too new' => sub {
    my $version = schema();

    here()->do('insert into chat.schema_migrations (version, name) values (?, ?)', undef, $version + 5, 'later');
    becomes(503, 'refused', status => 'unavailable', database => 'schema');
    my @pids = @{here()->selectcol_arrayref(q{select pid, pg_terminate_backend(pid) from pg_stat_activity where application_name = 'own'})};
    until_true { !grep { -d "/proc/$_" } @pids } 'connections are gone';
    sleep 1.05;
    is health()->json->{database}, 'schema', 'by new backends, too';
    here()->do('delete from chat.schema_migrations where version > ?', undef, $version);
    becomes(200, 'taken back', status => 'ok', database => 'ok', schema => $version);
};

subtest 'a table that is missing' => sub {
    becomes(200, 'there', database => 'ok');
    here()->do('alter table chat.schema_migrations rename to migrations');
    until_true { health()->json->{status} eq 'unavailable' } 'a table that is missing is found';
    here()->do('alter table chat.migrations rename to schema_migrations');
    becomes(200, 'and when it is back', status => 'ok', database => 'ok');
};

subtest 'restarted gracefully' => sub {
    ok $httpd->graceful, 'restarted';
    becomes(200, 'the new children', status => 'ok', database => 'ok');
};

$httpd->stop;
is_deeply [$httpd->unexpected(
    qr/health: database |cannot be reached|schema "chat"|\[dbd:|terminating connection|connection to server/,
    qr{PostgreSQL does not answer|timeout expired|AH01630.*/closed},
    qr/: statement \w+: PostgreSQL says 42883/, # a worker that came between the tables of the schema and its functions
)], [], 'nothing else was logged';
log_may_say(qr/\[dbd:/);
done_testing;

sub freeze
{
    my @pids = @{here()->selectcol_arrayref(q{select pid from pg_stat_activity where application_name = 'own'})};

    ChatTest::forget_db($params);
    open my $in, '<', "$postgresql->{state}/postgresql/data/postmaster.pid" or die "postmaster.pid: $!";
    for my $pid (@pids, 0 + readline $in) {
        $frozen{$pid} = $$;
        kill STOP => $pid or die "process $pid: $!";
    }
}

sub thaw
{
    for my $pid (grep { $frozen{$_} == $$ } keys %frozen) {
        kill CONT => $pid;
        delete $frozen{$pid};
    }
}
