use ChatTest;
use ChatTest::Httpd ();
use ChatTest::WebSocket ();

# What the cluster, the database or the role set changes no answer: each in turn, in a database of its own,
# for sessions that are all new. What cannot be had otherwise is refused, and the log says what to do.
my $suite = ChatTest::Config->suite->{vars};
my $name  = "chat_settings_$$";
my $owner = $$;
my ($params, $admin) = map {s/dbname=\S+/dbname=$name/r} $suite->{database},
    qx{STATE='$suite->{serverroot}' conf/instance database-params admin};
chomp $admin;

ChatTest::db()->do("create database $name");
END { drop() if defined $owner && $owner == $$ }
my $migrated = qx{sql/migrate "$params" 2>&1};
is $?, 0, 'a database' or diag $migrated;

# Nothing but what the module itself sets; the feed looks once a second.
my $usual = ChatTest::Httpd->usual =~ s/ options='[^']*'//r;
my $httpd = ChatTest::Httpd->new(database => $params, conf => "${usual}ChatRateLimit send off\n");
my %here  = (site => $httpd->url, statements => undef);
ok $httpd->start, 'httpd starts' or diag $httpd->said;

my ($ada, $carol, $dave) = map { stranger() } 1 .. 3;
my $db = ChatTest::db($admin);
my ($church) = $db->selectrow_array(q{insert into chat.churches (name) values ('Set') returning id});
is get($_, 'conversations/', %here)->code, 200, 'known' for $carol, $dave;
$db->do(q{insert into chat.church_staff (church_id, user_id) select ?, id from chat.users}, undef, $church);
my $opened = post($ada, 'conversations/', {church_id => $church}, %here);
is $opened->code, 201, 'opened';
my $path = "conversations/$opened->{json}{conversation}{id}/";

sub renew
{
    my @pids = @{$db->selectcol_arrayref(q{select pid, pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'})};

    until_true { !grep { -d "/proc/$_" } @pids } 'sessions are gone';
}

# What is said comes back as it was, at its time; whoever writes at the same time is served; counts are right.
sub works
{
    my ($what) = @_;

    subtest $what => sub {
        my $said = "Gr\x{fc}\x{df}e \\ \x{1f600} '";
        my $sent = post($ada, "${path}messages/", {content => $said}, %here);

        is $sent->code, 201, 'sent' or return;
        my $message = $sent->json->{message};
        is $message->{content}, $said, 'as it was said';
        my ($age) = $db->selectrow_array('select abs(extract(epoch from now() - ?::timestamptz))', undef, $message->{created_at});
        cmp_ok $age, '<', 60, 'at its time';
        is scalar @{get($ada, "conversations/?updated_since=$message->{created_at}", %here)->json->{conversations}}, 1,
            'is new since then';
        my @codes = map { $_->code } together(map {
            my $person = $_;
            map { [$person, POST => "${path}messages/", json => {content => "at once $_"}, %here] } 1 .. 4
        } $ada, $carol, $dave);
        is_deeply \@codes, [(201) x 12], 'twelve at once';
        is get($ada, 'conversations/unread/', %here)->json->{unread_count}, 8, 'eight of them are unread';
        is post($_, "${path}read/", undef, %here)->code, 200, 'read' for $ada, $carol;
        is get($_, 'conversations/unread/', %here)->json->{unread_count}, 0, 'all' for $ada, $carol;
    };
}

works('as it comes');
my @settings = (
    ["default_transaction_isolation = 'repeatable read'"], ['default_transaction_isolation = serializable'],
    ['default_transaction_deferrable = on'], ["timezone = 'Asia/Kathmandu'"], ["datestyle = 'SQL, DMY'"],
    ["datestyle = 'German'"], ["intervalstyle = 'sql_standard'"], ['bytea_output = escape'],
    ['standard_conforming_strings = off'], ["search_path = ''"], ["client_encoding = 'LATIN1'"], ['array_nulls = off'],
    ['transform_null_equals = on'], ['extra_float_digits = -15'], ['plan_cache_mode = force_custom_plan'],
    ["work_mem = '64kB'"], ['row_security = off'], ['idle_in_transaction_session_timeout = 1'],
    ["idle_session_timeout = '400ms'"], ['synchronous_commit = off'],
    ['enable_indexscan = off', 'enable_bitmapscan = off', 'enable_nestloop = off'], ["lc_messages = 'C'"],
    ['jit = on', 'jit_above_cost = 0', 'jit_inline_above_cost = 0', 'jit_optimize_above_cost = 0'],
    ['default_toast_compression = pglz'], ["xmlbinary = 'hex'"], ['quote_all_identifiers = on'],
    ['escape_string_warning = off'], ["lc_numeric = 'C'"], ['force_parallel_mode = regress'],
);
for my $set (@settings) {
    $db->do("alter database $name set $_") for @$set;
    renew();
    works(join ', ', @$set);
    $db->do("alter database $name reset all");
}
renew();

subtest 'what is committed is on the disk, unless DBDParams say otherwise' => sub {
    my $ask = q{select string_agg(distinct s, ',') from (
        select current_setting('synchronous_commit') as s) x};
    $db->do("alter database $name set synchronous_commit = off");
    $db->do(q{create function public.note() returns trigger language plpgsql as $$
        begin raise exception 'synchronous_commit is %', current_setting('synchronous_commit'); end $$});
    $db->do('create trigger note before insert on chat.messages for each row execute function public.note()');
    renew();
    is post($ada, "${path}messages/", {content => 'x'}, %here)->code, 500, 'refused, by a trigger that tells';
    like $httpd->said, qr/synchronous_commit is on/, 'on';
    $db->do('drop function public.note cascade');
    $db->do("alter database $name reset all");
    renew();
};

subtest 'what cannot be had is refused, in words' => sub {
    for my $case (
        ['session_replication_role = replica', 503, qr/session_replication_role is replica.*alter role/],
        ['default_transaction_read_only = on', 503, qr/25006.*default_transaction_read_only/],
        )
    {
        my ($set, $code, $words) = @$case;

        $db->do("alter database $name set $set");
        renew();
        my $answer = post($ada, "${path}messages/", {content => 'x'}, %here);
        is $answer->code, $code, $set;
        ok $answer->header('Retry-After'), 'to be tried again';
        like $httpd->said, $words, 'and the log says what to do';
        $db->do("set default_transaction_read_only = off");
        $db->do("alter database $name reset all");
        renew();
        until_true { get($ada, 'conversations/', %here)->code == 200 } 'service resumes by itself';
    }
};

subtest 'a right that the role lacks' => sub {
    my ($role) = $params =~ /user=(\S+)/;

    for my $what (['table', 'insert on chat.messages', qr/42501.*chat\.?\S* ?messages|42501.*table messages/],
        ['sequence', 'usage on sequence chat.messages_id_seq', undef], ['schema', 'usage on schema chat', qr/42501.*schema chat/])
    {
        my (undef, $right, $words) = @$what;

        give_away() if $what->[0] eq 'table';
        $db->do("grant usage on schema chat to $role"), $db->do("grant all on all tables in schema chat to $role"),
            $db->do("grant all on all sequences in schema chat to $role"), $db->do("grant execute on all functions in schema chat to $role")
            if $what->[0] eq 'table';
        works('all that it needs') if $what->[0] eq 'table';
        $db->do("revoke all on chat.messages from $role") if $what->[0] eq 'table';
        next if $what->[0] eq 'sequence';
        $db->do("revoke usage on schema chat from $role") if $what->[0] eq 'schema';
        renew();
        my $answer = post($ada, "${path}messages/", {content => 'x'}, %here);
        is $answer->code, 503, "without $right";
        like $httpd->said, qr/42501: permission denied for $what->[0].*run chat-migrate as that role, or grant/, 'the log says what to do';
    }
};

$httpd->stop;
drop();
done_testing;

# What is in the schema, and nothing besides: REASSIGN OWNED would take the role's other databases as well, which
# other tests drop meanwhile.
sub give_away
{
    $db->do(q{do $$
        declare command text;
        begin
            alter schema chat owner to postgres;
            for command in
                select format('alter %s %s owner to postgres', case c.relkind when 'S' then 'sequence' when 'v' then 'view' else 'table' end, c.oid::regclass)
                from pg_class c
                where c.relnamespace = 'chat'::regnamespace and c.relkind in ('r', 'v', 'S')
                  and not exists (select from pg_depend d where d.objid = c.oid and d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i'))
                union all
                select format('alter routine %s owner to postgres', p.oid::regprocedure) from pg_proc p where p.pronamespace = 'chat'::regnamespace
            loop
                execute command;
            end loop;
        end $$});
}

sub drop
{
    return unless defined $owner;
    undef $owner;
    local $?;
    $_->disconnect for $db // ();
    eval { ChatTest::db($admin =~ s/dbname=\S+/dbname=postgres/r)->do("drop database $name with (force)") } or diag $@;
}
