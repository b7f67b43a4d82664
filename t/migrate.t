use ChatTest;
use ChatTest::Httpd ();
use Cwd        qw(getcwd);
use File::Temp qw(tempdir);

# sql/migrate, which is chat-migrate where the module is installed: what it refuses before it changes
# anything, what it does without, and two of it at once.
plan skip_all => 'nothing of this is the module\'s' if watched() > 1;

my $postgresql = ChatTest::PostgreSQL->new;
my $state      = $postgresql->{state};
my $params     = $postgresql->params;
my $limit      = 600; # seconds, which only what hangs needs
my $newest     = () = glob 'sql/migrations/*.sql';
my $dir        = tempdir('/var/tmp/mod_chat-migrate-XXXXXX', CLEANUP => 1);
my $pooler;
chomp(my $admin = qx{STATE='$state' conf/instance database-params admin});
chmod 0755, $dir;
END { kill TERM => $pooler if $pooler }

sub in_database { return $_[0] =~ s/dbname=\S+/dbname=$_[1]/r }

# What psql prints as a superuser.
sub psql
{
    my ($database, @commands) = @_;

    open my $psql, '-|', 'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', in_database($admin, $database), map { ('-c', $_) } @commands
        or die "psql: $!";
    chomp(my @lines = readline $psql);
    close $psql or die "psql failed: @commands";
    return join "\n", @lines;
}

# The exit status and what it says; as a superuser who becomes that role.
sub migrate
{
    my ($where, %env) = @_;
    my $env  = join ' ', map {"$_='$env{$_}'"} sort keys %env;
    my $said = qx{env $env timeout $limit sql/migrate "$where" 2>&1};

    return ($? >> 8, $said);
}

sub refuses
{
    my ($what, $database, $where, @wanted) = @_;
    my ($status, $said) = migrate($where);

    subtest $what => sub {
        isnt $status, 0, 'it fails';
        like $said, $_, "and says $_" for @wanted;
        unlike $said, qr/applied|CONTEXT/, 'before anything is applied';
        is psql($database, "select count(*) from pg_class where relname = 'schema_migrations'"), 0, 'and leaves nothing'
            unless $what =~ /belongs|standby/;
    };
}

sub succeeds
{
    my ($what, $where, %env) = @_;
    my ($status, $said) = migrate($where, %env);

    is $status, 0, $what or diag $said;
    like $said, qr/^migrate: the schema is at version $newest$/m, 'to the newest version';
}

psql('postgres', "create role site login password 'site'", "alter role chat createdb");

for my $encoding (qw(SQL_ASCII LATIN1 EUC_JP)) {
    my $name = lc "in_$encoding";

    psql('postgres', "create database $name owner chat encoding '$encoding' lc_collate 'C' lc_ctype 'C' template template0");
    refuses("a database in $encoding", $name, in_database($params, $name), qr/encoding.*"$name" is $encoding and must be UTF8/,
        qr/createdb -E UTF8 -T template0 -O chat/);
}

psql('postgres', 'create database foreigner owner site');
refuses('a database of somebody else', 'foreigner', in_database($params, 'foreigner'),
    qr/"chat" may not create a schema in the database "foreigner"/, qr/grant create on database foreigner to chat/);
psql('postgres', "create database several owner site encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0");
refuses('several reasons', 'several', in_database($params, 'several'), qr/must be UTF8.*may not create a schema/s);
psql('postgres', 'create database taken owner chat');
psql('taken', 'create schema chat authorization chat', 'create table chat.rooms (id integer)', 'alter table chat.rooms owner to chat');
refuses('a schema of that name that is not ours', 'taken', in_database($params, 'taken'), qr/not made by chat-migrate/);

subtest 'whose it is' => sub {
    psql('foreigner', 'create schema chat authorization chat');
    succeeds('a schema that the administrator made, without a right in the database', in_database($params, 'foreigner'));
    psql('postgres', 'create database fresh owner chat');
    succeeds('a superuser', in_database($admin, 'fresh'));
    my $others = q{select count(*) from pg_class where relnamespace = 'chat'::regnamespace and relowner <> 'chat'::regrole};
    is psql('fresh', $others), 0, 'makes it the property of the owner of the database';
    is psql('fresh', "select pg_get_userbyid(nspowner) from pg_namespace where nspname = 'chat'"), 'chat', 'as is the schema';
    psql('fresh', "alter table chat.messages owner to site", "alter function chat.mark_read owner to site");
    refuses('a table that belongs to somebody else', 'fresh', in_database($params, 'fresh'),
        qr/"alter table chat\.messages owner to chat"/, qr/"alter function chat\.mark_read\([^)]*\) owner to chat"/);
    psql('fresh', "alter table chat.messages owner to chat", "alter function chat.mark_read owner to chat", 'alter schema chat owner to site');
    refuses('a schema that belongs to somebody else', 'fresh', in_database($params, 'fresh'), qr/belongs to the role "site": connect as that role \(now "chat"\)/);
};

# What they set would change the meaning of the files, or end them half way.
subtest 'settings of the database' => sub {
    psql('postgres', 'create database settings owner chat');
    psql('settings', 'create schema trap', 'grant usage on schema trap to public',
        "create function trap.lower(text) returns text language sql as \$\$ select 'trapped'::text \$\$");
    psql('postgres', map {"alter database settings set $_"}
        'default_transaction_read_only = on', "default_transaction_isolation = 'serializable'", 'standard_conforming_strings = off',
        'statement_timeout = 300', 'lock_timeout = 1', 'search_path = trap, pg_catalog', 'row_security = off', "datestyle = 'German'");
    succeeds('make no difference', in_database($params, 'settings'), PGCLIENTENCODING => 'LATIN1');
    ok schema('settings') eq schema('foreigner'), 'to what is made';
};

# In the background; what it says when it has ended.
sub begin
{
    my ($database, @commands) = @_;

    open my $psql, '-|', join ' ', 'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', "'@{[in_database($admin, $database)]}'",
        map({"-c '" . s/'/'\\''/gr . "'"} @commands), '2>&1' or die "psql: $!";
    until_true { psql($database, q{select count(*) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()}) }
        'it is under way';
    return sub { return join '', readline $psql };
}

# Where people read and write while the schema is upgraded.
subtest 'in use' => sub {
    psql('postgres', 'create database in_use owner chat');
    succeeds('made', in_database($params, 'in_use'));
    psql('in_use', "insert into chat.users (username, display_name) values ('ada', 'Ada'), ('carol', 'Carol')",
        "insert into chat.churches (name) values ('Here')", 'insert into chat.church_staff (church_id, user_id) values (1, 2)',
        'select chat.open_conversation(1, 1)', q{select chat.send_message(1, 1, 'hello'), chat.send_message(1, 1, 'again')});

    # As a function that knows nothing of the triggers, and derives what they derive.
    psql('in_use', map({"drop trigger $_ on chat.messages"} qw(follow_updated follow_deleted follow_truncated)), 'alter table chat.messages add column search text', q{
        create or replace function chat.mark_read(by_user bigint, in_conversation bigint, up_to bigint default null, out outcome text,
            out marked bigint) language plpgsql as $$
        begin
            perform pg_sleep(1);
            update chat.messages set read_at = now() where conversation_id = in_conversation and read_at is null;
            get diagnostics marked = row_count;
            update chat.conversations set church_unread = church_unread - marked, church_newest_unread_id = null,
                church_unread_since = null where id = in_conversation;
            outcome := 'read';
        end $$});
    my $reading = begin('in_use', 'select chat.mark_read(2, 1)');
    succeeds('while a function of the release before is under way', in_database($params, 'in_use'));
    is $reading->(), "(read,2)\n", 'which ends as it would have';
    is psql('in_use', 'select * from chat.check()'), '', 'nothing was derived twice';
    is psql('in_use', q{select count(*) from pg_trigger where tgrelid = 'chat.messages'::regclass and tgname = 'follow_updated'}), 1, 'the trigger is there';
    is psql('in_use', q{select count(*) from pg_attribute where attrelid = 'chat.messages'::regclass and attname = 'search'}), 0,
        'what nobody needs is gone';

    psql('in_use', 'alter table chat.messages add column search text');
    my $looking = begin('in_use', 'select count(*) from chat.messages where id > 0 and pg_sleep(1) is not null');
    succeeds('while a table is read', in_database($params, 'in_use'));
    is $looking->(), "2\n", 'which ends';
    is psql('in_use', q{select count(*) from pg_attribute where attrelid = 'chat.messages'::regclass and attname = 'search'}), 0,
        'before the column goes';
};

# The folder as it was before the newest step, without functions: what they are does not matter here.
sub make_earlier
{
    my ($name) = @_;
    my $folder = "$dir/earlier";

    if (!-d $folder) {
        system('mkdir', '-p', map {"$folder/$_"} qw(migrations functions triggers cleanup)) == 0
            && system('cp', 'sql/migrate', $folder) == 0
            && system('cp', (sort glob 'sql/migrations/*.sql')[0 .. $newest - 2], "$folder/migrations") == 0
            && system('touch', "$folder/functions/none.sql") == 0 or die "$folder: $!";
    }
    psql('postgres', "create database $name owner chat");
    my $said = qx{timeout $limit "$folder/migrate" "@{[in_database($params, $name)]}" 2>&1};
    like $said, qr/at version @{[$newest - 1]}$/m, 'a schema as it was before the newest step';
    psql($name, q{insert into chat.users (username, display_name) select 'user' || n, 'User ' || n from generate_series(1, 1000) n},
        q{insert into chat.churches (name) select 'Church ' || n from generate_series(1, 1000) n},
        'insert into chat.conversations (member_id, church_id) select n, n from generate_series(1, 1000) n',
        q{insert into chat.messages (conversation_id, seq, sender_id, from_church, content, created_at) select n, 1, n, false, 'x', now() from generate_series(1, 1000) n},
        q{insert into chat.attachments (conversation_id, message_id, name, kind, content_type, size_bytes, sha256, file)
          select conversation_id, id, 'x', 'other', 'x', 0, decode(repeat('00', 32), 'hex'), md5(id::text) from chat.messages},
        'vacuum analyze');
    return;
}

# A step may lock tables that people use, and holds all its locks to its end. So it must do with them what takes no time,
# however many rows they have: neither rewrite them, nor read, change or index all that they have. And it may keep others
# from one table alone: on a busy server there is always somebody who has another one and waits for the first, and who
# waits for whom is seen only when one gives up. What these commands do of that.
sub found_to_take_time
{
    my ($name, @commands) = @_;

    return psql($name, 'begin', 'set local search_path = pg_catalog', 'set local client_min_messages = warning',
        q{create temporary table known on commit drop as select oid, relname, relkind, relfilenode from pg_class
          where relnamespace = 'chat'::regnamespace and relkind in ('r', 'i')},
        @commands,
        q{with locked as materialized (
              select distinct l.relation from pg_locks l join known k on k.oid = l.relation
              where k.relkind = 'r' and l.pid = pg_backend_pid()
                and l.mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'))
          select concat_ws(' ', found.what, k.relname)
          from known k,
               lateral (select 'rewritten:' where (select relfilenode from pg_class where oid = k.oid) <> k.relfilenode
                        union all
                        select 'indexed:' where exists (
                            select from pg_index i where i.indrelid = k.oid and i.indexrelid not in (select oid from known))
                        union all
                        select 'locked:' where k.oid in (table locked) and (select count(*) from locked) > 1
                        union all
                        select 'read or changed:' from pg_stat_xact_all_tables s
                        where s.relid = k.oid and seq_tup_read + n_tup_ins + n_tup_upd + n_tup_del >= 1000) found (what)
          order by 1}, 'rollback');
}

# What a step does of that nevertheless: README, "Upgrading", says who is refused meanwhile.
my %takes_time = (17 => join "\n",
    (map { +"indexed: $_" } qw(audit_log church_staff churches conversations messages outbox users)),
    (map { +"locked: $_" } qw(attachments audit_log church_staff churches conversations events messages outbox users)),
    (map { +"read or changed: $_" } qw(churches conversations messages users)),
    (map { +"rewritten: $_" } qw(church_staff church_staff_by_user church_staff_pkey)));

subtest 'what the newest step does to tables that people use' => sub {
    make_earlier('rule');
    my ($file) = (sort glob 'sql/migrations/*.sql')[-1];

    is found_to_take_time('rule', 'alter table chat.users add x integer'), '', 'what takes no time';
    is found_to_take_time('rule', "\\i $file"), $takes_time{$newest} // '', "nothing that takes time in $file, but for what the README says";
    my %wrong = (
        'create index on chat.messages (created_at)'                              => qr/^indexed: messages$/m,
        'alter table chat.messages add check (seq >= 0)'                          => qr/^read or changed: messages$/m,
        'alter table chat.attachments alter column size_bytes type numeric'       => qr/^rewritten: attachments$/m,
        q{alter table chat.users add column seen timestamptz default clock_timestamp()} => qr/^rewritten: users$/m,
        'update chat.users set is_active = true'                                  => qr/^read or changed: users$/m,
        'alter table chat.users add x integer; alter table chat.churches add x integer' => qr/^locked: churches\nlocked: users$/m,
    );
    like found_to_take_time('rule', $_), $wrong{$_}, "found: $_" for sort keys %wrong;
};

# As pg_dump does, which others must not wait for behind the upgrade.
subtest 'while a backup is made' => sub {
    make_earlier('backed_up');
    my $backup = begin('backed_up', 'begin', 'lock table chat.users, chat.conversations, chat.messages, chat.attachments in access share mode',
        'select pg_sleep(4)', 'commit');
    my $people = in_background {
        my $db = ChatTest::db(in_database($params, 'backed_up'));

        $db->do('set lock_timeout = 500');
        $db->do('update chat.conversations set updated_at = updated_at where id = 1');
        $db->do(q{insert into chat.messages (conversation_id, seq, sender_id, from_church, content, created_at)
                  select 1, max(seq) + 1, 1, false, 'x', now() from chat.messages where conversation_id = 1});
        $db->selectall_arrayref('select from chat.attachments where id = 1');
        1;
    };
    succeeds('it waits', in_database($params, 'backed_up'));
    like $backup->(), qr/^\s*$/, 'the backup ends';
    cmp_ok eval { $people->stop } // 0, '>', 0, 'nobody had to wait for longer than a request may' or diag $@;
};

# Indexes are made while people write; of a table here that no other step locks.
subtest 'an index of a table that people write to' => sub {
    my $folder = "$dir/with_index";
    my $where  = in_database($params, 'in_use');
    my $state  = q{select i.indisvalid from pg_index i where i.indexrelid = to_regclass('chat.audit_log_by_test')};
    my $migrate = sub {
        open my $out, '-|', "timeout $limit '$folder/migrate' '" . ($_[0] // $where) =~ s/'/'\\''/gr . "' 2>&1" or die $!;
        return $out;
    };
    my $ends = sub {
        my ($out) = @_;
        my $said = join '', readline $out;
        close $out;
        return ($? >> 8, $said);
    };
    my $add = sub {
        my ($name, $text) = @_;
        open my $file, '>', "$folder/indexes/$name.sql" or die "$folder: $!";
        print {$file} $text;
        close $file;
    };

    system('cp', '-R', 'sql', $folder) == 0 && system('mkdir', '-p', "$folder/indexes") == 0 or die $folder;
    for ([wrong_name => 'create index concurrently if not exists other_name on chat.audit_log (created_at)'],
        [locks => 'create index if not exists locks on chat.audit_log (created_at)'],
        [two => "create index concurrently if not exists two on chat.audit_log (created_at);\nselect 1"]) {
        $add->(@$_);
        my ($status, $said) = $ends->($migrate->());
        isnt $status, 0, "$_->[0] is refused";
        like $said, qr/$_->[0]\.sql must be one command.*begins: create index concurrently if not exists $_->[0] on chat\./, 'as it is said';
        unlink "$folder/indexes/$_->[0].sql";
    }
    $add->(audit_log_by_test => "-- For this test.\ncreate index concurrently if not exists audit_log_by_test on chat.audit_log (created_at)\n");

    my $writer = ChatTest::db(in_database($admin, 'in_use'));
    my $begins = sub {
        $writer->begin_work;
        $writer->do(q{insert into chat.audit_log (username, action, object_kind) values ('ada', 'change', 'user')});
        my $running = $migrate->();
        until_true { psql('in_use', q{select count(*) from pg_stat_progress_create_index where datname = current_database() and phase ~ 'waiting'}) }
            'it waits for who writes';
        return $running;
    };
    my $running = $begins->();
    my $others = ChatTest::db(in_database($admin, 'in_use'));
    $others->do('set lock_timeout = 500');
    ok eval { $others->do(q{insert into chat.audit_log (username, action, object_kind) values ('ada', 'change', 'user')}) }, 'others write meanwhile' or diag $@;
    psql('in_use', q{select pg_terminate_backend(pid) from pg_stat_progress_create_index where datname = current_database()});
    my ($status, $said) = $ends->($running);
    $writer->rollback;
    is $status, 3, 'it is ended half way';
    like $said, qr/the schema is upgraded, but the index audit_log_by_test is not there, .*run chat-migrate again/m, 'which is said';
    is psql('in_use', $state), 'f', 'and leaves something that nobody can use';

    my @said = map { [$ends->($_)] } map { $migrate->() } 1, 2;
    is_deeply [map { $_->[0] } @said], [0, 0], 'the next runs, two at once' or diag $said[0][1], $said[1][1];
    like join('', map { $_->[1] } @said), qr/^migrate: made the index audit_log_by_test$/m, 'make it';
    is psql('in_use', $state), 't', 'anew';

    psql('in_use', 'drop index chat.audit_log_by_test', 'create table chat.audit_log_by_test ()');
    ($status, $said) = $ends->($migrate->());
    is $status, 3, 'something else of that name';
    like $said, qr/chat\.audit_log_by_test is there, but is not an index: rename it/, 'is named';
    psql('in_use', 'drop table chat.audit_log_by_test', "alter role chat in database in_use set statement_timeout = 300",
        'alter role chat in database in_use set default_transaction_read_only = on');
    $running = $begins->();
    until_true { psql('in_use', q{select count(*) from pg_stat_progress_create_index p join pg_stat_activity using (pid)
        where query_start < clock_timestamp() - interval '500 ms' and p.datname = current_database()}) } 'for longer than a statement may take';
    $writer->rollback;
    ($status, $said) = $ends->($running);
    is $status, 0, 'limits of the database are not for it' or diag $said;
    is psql('in_use', $state), 't', 'the index is there';
    $_->disconnect for $writer, $others;
};

# A server that speaks another language, and a clock that is quick: psql fails as it does when a lock is not to be had.
subtest 'a table that is in use for too long' => sub {
    my %instead = (
        psql  => q{echo >>tries; echo 'psql:<stdin>:7: FEHLER:  55P03: storniere Anfrage wegen Zeitüberschreitung' >&2
            echo 'ORT:  LockAcquireExtended, lock.c:987' >&2; exit 3},
        date  => q{echo >>moments; echo $((1000 + 20 * $(wc -l <moments)))},
        sleep => ':',
    );

    mkdir "$dir/instead" or die "$dir/instead: $!";
    for my $name (sort keys %instead) {
        open my $file, '>:utf8', "$dir/instead/$name" or die $!;
        print $file "#!/bin/sh\ncd '$dir' || exit 9\n$instead{$name}\n";
        close $file;
        chmod 0755, "$dir/instead/$name";
    }
    my ($status, $said) = migrate($params, PATH => "$dir/instead:$ENV{PATH}");
    my $tries = -s "$dir/tries";

    isnt $status, 0, 'is an error';
    like $said, qr/^migrate: stopped: a table was in use for too long/m, 'as the last line says';
    like $said, qr/^psql:<stdin>:7: FEHLER:  storniere Anfrage/m, 'with what PostgreSQL says';
    unlike $said, qr/55P03|LockAcquire/, 'and nothing for programmers';
    ok $tries >= 2 && $tries <= 5, 'after a minute by the clock, however long a try takes' or diag "$tries tries";
};

sub schema
{
    my ($name) = @_;
    my $dump = qx{pg_dump --schema-only --schema=chat "@{[in_database($admin, $name)]}"};

    is $?, 0, "the schema of $name";
    return join "\n", grep { !/^--|^\\|^SET|OWNER/ } split /\n/, $dump;
}

sub at_once
{
    my ($where, $count) = @_;
    my @runs = map { open my $out, '-|', "timeout $limit sql/migrate \"$where\" 2>&1" or die $!; $out } 1 .. $count;
    my @said = map { join '', readline $_ } @runs;
    my @failed = grep { !close $_ } @runs;

    is @failed, 0, "none of $count fails" or diag @said;
    is scalar(grep {/^migrate: applied/} map { split /\n/ } @said), $newest, 'each migration was applied once';
}

# An httpd that waits for its schema must not see tables that lack their functions or triggers.
subtest 'a new schema of which a part cannot be made' => sub {
    my $copy = "$dir/incomplete";

    is system('cp', '-R', 'sql', $copy), 0, 'a copy';
    psql('postgres', 'create database incomplete owner chat');
    for my $part (qw(triggers functions)) {
        open my $file, '>', "$copy/$part/zz_broken.sql" or die "$copy: $!";
        print $file "select no_such_function();\n";
        close $file;
        my $said = qx{timeout $limit $copy/migrate "@{[in_database($params, 'incomplete')]}" 2>&1};

        isnt $?, 0, "$part: an error";
        like $said, qr/no_such_function.*^migrate: stopped/ms, 'which it tells';
        unlike $said, qr/applied/, 'and nothing else';
        is psql('incomplete', q{select count(*) from pg_namespace where nspname = 'chat'}), 0, 'nothing is left';
        unlink "$copy/$part/zz_broken.sql" or die "$copy: $!";
    }
    my $said = qx{timeout $limit $copy/migrate "@{[in_database($params, 'incomplete')]}" 2>&1};
    is scalar(() = $said =~ /^migrate: applied /mg), $newest, 'and all of it, once it can be made' or diag $said;
    ok schema('incomplete') eq schema('foreigner'), 'as elsewhere';
};

subtest 'several at once' => sub {
    psql('postgres', 'create database together owner chat');
    at_once(in_database($params, 'together'), 4);
    ok schema('together') eq schema('foreigner'), 'what they make is whole';
};

subtest 'through a pooler of transactions' => sub {
    my ($host) = $params =~ /host='([^']*)'/;
    my ($password) = qx{cat '$state/postgresql/password'} =~ /(\w+)/;

    psql('postgres', 'create database pooled owner chat');
    start_pooler(<<"END", qq{"chat" "$password"\n});
[databases]
pooled = host=$host
[pgbouncer]
listen_addr =
listen_port = 6432
unix_socket_dir = $dir
auth_type = scram-sha-256
auth_file = $dir/users
pool_mode = transaction
server_round_robin = 1
default_pool_size = 4
END
    my $pooled = in_database($params, 'pooled') =~ s/host='[^']*'/host=$dir port=6432/r;
    at_once($pooled, 3);
    ok schema('pooled') eq schema('foreigner'), 'what they make is whole';
    is psql('pooled', "select count(*) from pg_locks where locktype = 'advisory'"), 0, 'no lock is left in a session';
};

sub start_pooler
{
    my ($ini, $users) = @_;
    my ($program) = grep {-x} '/usr/sbin/pgbouncer', map {"$_/pgbouncer"} split /:/, $ENV{PATH};

    for (['pgbouncer.ini', $ini], ['users', $users]) {
        open my $out, '>', "$dir/$_->[0]" or die $!;
        print {$out} $_->[1];
        close $out;
    }
    chown +(getpwnam 'postgres')[2, 3], $dir, glob "$dir/*" if $> == 0;
    defined($pooler = fork) or die $!;
    if (!$pooler) {
        open STDERR, '>', "$state.pooler" or die $!;
        exec $program, '-q', ($> == 0 ? (-u => 'postgres') : ()), "$dir/pgbouncer.ini" or POSIX::_exit(127);
    }
    until_true { -S "$dir/.s.PGSQL.6432" } 'pgbouncer listens';
}

subtest 'as it is installed' => sub {
    symlink getcwd() . "/sql/migrate", "$dir/chat-migrate" or die $!;
    my $said = qx{cd / && "$dir/chat-migrate" "@{[in_database($params, 'together')]}" 2>&1};
    is $?, 0, 'through a link, from anywhere' or diag $said;
    is $said, "migrate: the schema is at version $newest\n", 'there is nothing to do';
    like qx{"$dir/chat-migrate" --help}, qr/^chat-migrate: .*dbname=chat/s, 'it explains itself';
};

subtest 'a standby' => sub {
    $postgresql->stop;
    open my $signal, '>', "$state/postgresql/data/standby.signal" or die $!;
    close $signal;
    chown +(getpwnam 'postgres')[2, 3], "$state/postgresql/data/standby.signal" if $> == 0;
    $postgresql->start;
    refuses('is a standby', 'together', in_database($params, 'together'), qr/standby.*connect to the primary/);
};

done_testing;
