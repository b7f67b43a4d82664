use ChatTest;
use ChatTest::Httpd ();
use Time::HiRes qw(time);

# A PostgreSQL and an httpd that nobody else uses, so that they may be stopped and started.
my $postgresql = ChatTest::PostgreSQL->new;
my $params     = $postgresql->params;
my $httpd      = ChatTest::Httpd->new(database => $params);
my %here       = (site => $httpd->url);

subtest 'absent when httpd starts' => sub {
    $postgresql->stop;
    ok $httpd->start, 'httpd starts' or diag $httpd->said;
    until_true { $httpd->said =~ /cannot be reached/ } 'it is told';
    my $said = $httpd->said;
    ok $said =~ /chat:error.*cannot be reached.*DBDParams/, 'the log says what to do';
    is scalar(() = $said =~ /cannot be reached/g), 1, 'once';
    refused(get(member(), 'conversations/', %here));
    is get(undef, 'conversations/openapi.json', %here)->code, 200, 'what needs no database is served';
    is get(undef, 'conversations/', %here)->code, 401, 'nobody is nobody';
};

subtest 'there, but without the schema' => sub {
    $postgresql->start;
    my $answer = get(member(), 'conversations/', %here, statements => undef);
    refused($answer);
    ok $httpd->said =~ /schema.*chat-migrate/, 'the log says what to do';
};

subtest 'with the schema' => sub {
    $postgresql->migrate;
    until_true {
        get(stranger(), 'conversations/', %here, statements => undef)->code == 200
    } 'service begins by itself';
};

my $handle;
sub here { return ChatTest::db($params) }
my ($church_id, @talks);

subtest 'people to talk' => sub {
    $church_id = here()->selectrow_array(
        q{insert into chat.churches (name) values ('Here') returning id});
    for (1 .. 6) {
        my $member = stranger();
        my $opened = post($member, 'conversations/', {church_id => $church_id}, %here, statements => [1, 3]);

        is $opened->code, 201, 'opened';
        push @talks, {%{$opened->json->{conversation}}, member => $member,
            path => "conversations/$opened->{json}{conversation}{id}/"};
    }
};

subtest 'restarted while idle: nobody notices' => sub {
    warm();
    disconnect();
    $postgresql->stop;
    $postgresql->start;
    my @answers = together(map { [$_->{member}, GET => "$_->{path}messages/", %here, statements => undef] } (@talks) x 3);
    is scalar(grep { $_->code == 200 } @answers), 18, 'reading';
    @answers = together(map {
        [$_->{member}, POST => "$_->{path}messages/", json => {content => 'x'}, %here, statements => undef]
    } (@talks) x 3);
    is scalar(grep { $_->code == 201 } @answers), 18, 'writing';
};

subtest 'backends terminated while idle: nobody notices' => sub {
    for my $round (1 .. 3) {
        warm();
        cmp_ok terminate_all(), '>=', 1, 'terminated';
        my @answers = together(map { [$_->{member}, GET => 'conversations/', %here, statements => undef] } (@talks) x 3);
        is scalar(grep { $_->code == 200 } @answers), 18, "reading, round $round";
        terminate_all();
        @answers = together(map {
            [$_->{member}, POST => "$_->{path}messages/", json => {content => 'x'}, %here, statements => undef]
        } @talks);
        is scalar(grep { $_->code == 201 } @answers), 6, 'writing';
    }
};

subtest 'backends terminated under traffic' => sub {
    my $reader = in_background {
        my $talk = $talks[$_[0] % 6];
        get($talk->{member}, "$talk->{path}messages/", %here, contract => 0)->code == 200;
    };
    my $writer = in_background {
        my $talk = $talks[$_[0] % 6];
        my $id   = "under-$_[0]";
        my $code;
        for (1 .. 10) { # what a client does: the same again until it is told
            $code = say($talk, $id, client_id => $id, %here, contract => 0)->code;
            last unless $code == 503;
        }
        $code == 201 || $code == 200;
    };
    for (1 .. 20) {
        terminate();
        Time::HiRes::sleep(0.1 * slow());
    }
    cmp_ok eval { $reader->stop } // diag($@), '>', 5, 'reading never failed';
    my $sent = eval { $writer->stop } // diag($@);
    cmp_ok $sent, '>', 5, 'writing was told, or was told to try again';
    my ($stored) = here()->selectrow_array(q{select count(*) from chat.messages where content like 'under-%'});
    is $stored, $sent, 'each was stored once';
    counters();
};

subtest 'stopped under traffic' => sub {
    my $traffic = in_background {
        my $talk   = $talks[$_[0] % 6];
        my $begin  = time;
        my $answer = get($talk->{member}, "$talk->{path}messages/", %here, contract => 0);
        ($answer->code == 200 || $answer->code == 503) && time - $begin < 5 * slow();
    };
    warm();
    disconnect();
    $postgresql->stop;
    for my $round (1 .. 3) {
        my $begin = time;
        refused(get($talks[0]{member}, 'conversations/', %here, statements => undef));
        cmp_ok time - $begin, '<', 2 * slow(), 'quickly';
    }
    my @answers = together(map {
        [$_->{member}, POST => "$_->{path}messages/", json => {content => 'lost'}, %here, statements => undef]
    } (@talks) x 5);
    is scalar(grep { $_->code == 503 } @answers), 30, 'all are refused';
    $postgresql->start;
    until_true { # in both children
        18 == grep { $_->code == 200 }
            together(map { [$_->{member}, GET => 'conversations/', %here, statements => undef] } (@talks) x 3)
    } 'service resumes by itself';
    for my $round (1 .. 3) {
        @answers = together(
            (map { [$_->{member}, GET => "$_->{path}messages/", %here, statements => undef] } @talks),
            (map { [$_->{member}, POST => "$_->{path}messages/", json => {content => 'back'}, %here,
                statements => undef] } @talks),
        );
        is scalar(grep { $_->code < 300 } @answers), 12, "whole, round $round";
    }
    cmp_ok eval { $traffic->stop } // diag($@), '>', 5, 'every request had its answer in time';
    counters();
    my ($lost) = here()->selectrow_array(q{select count(*) from chat.messages where content = 'lost'});
    is $lost, 0, 'what was refused was not stored';
};

# What an administrator reads of it: how it began, how it ended, and a line a minute.
subtest 'while it is away the log is short' => sub {
    warm();
    disconnect();
    my $before = length $httpd->said;
    $postgresql->stop;
    my %codes;
    for (1 .. 10) {
        $codes{$_->code}++ for together(map { [$_->{member}, GET => 'conversations/', %here, statements => undef] } (@talks) x 3);
    }
    is_deeply \%codes, {503 => 180}, 'a hundred and eighty are refused';
    my @lines = split /\n/, substr $httpd->said, $before;
    cmp_ok scalar(grep {/:error\]/} @lines), '<=', 16 + 4, 'with few lines of error' or diag map {"  $_\n"} @lines;
    is scalar(grep {/:error\].* 503 unavailable: \S/} @lines), 1, 'one of ours, which says why';
    $postgresql->start;
    until_true { get($talks[0]{member}, 'conversations/', %here, statements => undef)->code == 200 } 'it is there again';
    until_true { substr($httpd->said, $before) =~ /:notice\].*database: it is there again/ } 'which is told';
    is scalar(() = substr($httpd->said, $before) =~ /database: it is there again/g), 1, 'once';
};

subtest 'away for less than ChatDatabaseWait: nobody notices' => sub {
    my $patient = ChatTest::Httpd->new(database => $params, conf => $httpd->usual . "ChatDatabaseWait 60000\n");
    my $begun   = 0;

    for my $started ('before httpd has seen it', 'while its connections are open') {
        disconnect();
        $postgresql->stop;
        if (!$begun++) { ok $patient->start, 'httpd starts' or diag $patient->said }
        my $asked = in_background {
            my $talk = $talks[$_[0] % 6];
            my $said = "patient $$ $_[0]";

            say($talk, $said, client_id => $said =~ tr/ /-/r, site => $patient->url, contract => 0)->code == 201;
        };
        Time::HiRes::sleep(0.5);
        my $begin = time;
        $postgresql->start;
        if (time - $begin > 50) { # the directive allows a minute at most
            note('too slow to tell');
            eval { $asked->stop };
            next;
        }
        until_true {
            here()->selectrow_array(q{select count(*) from chat.messages where content like 'patient %'}) > 3 * $begun
                || !$asked->is_running
        }
            "$started: requests wait, and are served", 30;
        cmp_ok eval { $asked->stop } // diag($@), '>', 3, 'none was refused';
    }
};

subtest 'functions replaced and columns added while it runs' => sub {
    my $handle = here();

    warm();
    $handle->do('alter table chat.conversations add column spare text');
    $handle->do('alter table chat.messages add column spare text');
    $handle->do('alter table chat.users add column spare text');
    my @answers = together(
        (map { [$_->{member}, GET => "$_->{path}messages/", %here, statements => undef] } @talks),
        (map { [$_->{member}, GET => 'conversations/', %here, statements => undef] } @talks),
        (map { [$_->{member}, POST => "$_->{path}messages/", json => {content => 'y'}, %here,
            statements => undef] } @talks),
    );
    is scalar(grep { $_->code < 300 } @answers), 18, 'nobody notices';
};

subtest 'a migration ahead, and one too far' => sub {
    my ($version) = here()->selectrow_array('select max(version) from chat.schema_migrations');
    my $add = sub {
        here()->do('insert into chat.schema_migrations (version, name) values (?, ?)', undef, $_[0], "later $_[0]");
    };

    $add->($version + 1);
    terminate_all();
    is get($talks[0]{member}, 'conversations/', %here, statements => undef)->code, 200, 'one step back still works';
    $add->($version + 2);
    terminate_all();
    my $answer = get($talks[0]{member}, 'conversations/', %here, statements => undef);
    refused($answer);
    ok $httpd->said =~ /version @{[$version + 2]}.*install the module/, 'the log says what to do';
    here()->do('delete from chat.schema_migrations where version > ?', undef, $version);
    until_true {
        get($talks[0]{member}, 'conversations/', %here, statements => undef)->code == 200
    } 'service resumes by itself';
};

$httpd->stop;
my @lines = $httpd->unexpected(
    qr/cannot be reached|schema "chat"|\[dbd:|terminating connection|server closed the connection/,
    qr/mod_dbd gave no connection|connection to server|shutting down|starting up|SSL SYSCALL/,
    qr/could not send|administrator command|no connection came free/,
);
is_deeply [@lines[0 .. ($#lines > 4 ? 4 : $#lines)]], [], 'nothing else was logged';
my ($raw) = $httpd->said =~ /^((?:FATAL|ERROR|WARNING|NOTICE|LOG|DETAIL|HINT):.*)/m;
is $raw, undef, 'no line of libpq stands there as it is';
my ($stale) = $httpd->said =~ /(.*(?:prepared statement|does not exist|cached plan|exit signal).*)/;
is $stale, undef, 'no stale statement';

done_testing;

sub refused
{
    my ($answer) = @_;

    is $answer->code, 503, 'refused';
    is $answer->type, 'application/problem+json', 'a problem';
    like $answer->header('Retry-After'), qr/^[1-9]\d?$/, 'with Retry-After';
}

# Every connection of both children has its statements prepared.
sub warm
{
    for (1 .. 2) {
        together(map { [$_->{member}, GET => "$_->{path}messages/", %here, statements => undef] } (@talks) x 2);
        together(map { [$_->{member}, POST => "$_->{path}read/", %here, statements => undef] } (@talks) x 2);
    }
}

# The pids of those that were told to go.
sub terminate
{
    return @{here()->selectcol_arrayref(q{
        select pid, pg_terminate_backend(pid) from pg_stat_activity where application_name = 'own'})};
}

# A signal takes its time, and a backend that pg_stat_activity has forgotten still has its socket.
sub terminate_all
{
    my @pids = terminate();

    until_true { !grep { -d "/proc/$_" } @pids } @pids . ' backends are gone';
    return scalar @pids;
}

sub disconnect { here()->disconnect; ChatTest::forget_db($params) }

sub counters
{
    my ($wrong) = here()->selectrow_array(q{
        select count(*) from chat.conversations c
        where c.last_seq <> (select count(*) from chat.messages m where m.conversation_id = c.id)
           or c.church_unread <> (select count(*) from chat.messages m where m.conversation_id = c.id
                                  and not m.from_church and m.read_at is null)});
    is $wrong, 0, 'counters are counts';
}
