use ChatTest;
use ChatTest::Httpd ();

# sql/demo.sql, the story that the demo begins with: it is right at every hour of the day, and told once. And what
# the demo does to log people in with one click is not installed.
$ENV{PGOPTIONS} = '-c client_min_messages=warning';
plan skip_all => 'nothing of this is the module\'s' if ($ENV{CHAT_TEST_SLOW} || 1) > 1;

my $postgresql = ChatTest::PostgreSQL->new;
my $params     = $postgresql->params;
chomp(my $admin = qx{STATE='$postgresql->{state}' conf/instance database-params admin});

sub in_demo { return $_[0] =~ s/dbname=\S+/dbname=demo/r }

# What psql prints, as the role that httpd uses.
sub psql
{
    my @arguments = @_;

    open my $psql, '-|', 'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', in_demo($params), @arguments or die "psql: $!";
    chomp(my @lines = readline $psql);
    close $psql or die "psql failed: @arguments";
    return join "\n", @lines;
}

sub query { return psql(map { ('-c', $_) } @_) }

my ($owner) = $params =~ /user=(\S+)/;
system('psql', '-Xq', '-d', $admin, '-c', 'drop database if exists demo', '-c', "create database demo owner $owner") == 0 or die;
system('sql/migrate "' . in_demo($params) . '" >/dev/null') == 0 or die;

subtest 'right at every hour' => sub {
    for my $zone (-11 .. 12) {
        local $ENV{PGTZ} = sprintf 'Etc/GMT%+d', $zone; # where it is another hour now

        query('truncate chat.messages, chat.conversations cascade');
        psql('-f', 'sql/demo.sql');
        is query('select count(*) from chat.check()'), 0, "$ENV{PGTZ}: nothing is wrong";
        is query('select count(*) from (select m.*, lag(m) over (partition by conversation_id order by seq) as p
                from chat.messages m) m where (m.p).id > m.id or (m.p).created_at > m.created_at'), 0, 'in their order';
        is query('select count(*) from chat.messages m join chat.conversations c on c.id = m.conversation_id
                where greatest(m.created_at, m.read_at) > now() or m.read_at < m.created_at or c.created_at > m.created_at'),
            0, 'all of it in the past';
    }
};

subtest 'what README and the pages count on' => sub {
    query('truncate chat.messages, chat.conversations restart identity cascade');
    psql('-f', 'sql/demo.sql');
    is query("select c.id, c.church_unread from chat.conversations c join chat.users u on u.id = c.member_id
            where u.username = 'alice'"), '1|0', 'Alice has conversation 1, and no question is open';
    is query("select u.username from chat.messages m join chat.users u on u.id = m.sender_id where m.id = 1"), 'alice',
        'and message 1 is hers';
    is query("select count(*) from chat.conversations c join chat.users u on u.id = c.member_id where u.username = 'erin'"),
        0, 'Erin has written to nobody';
    is query('select count(*) from chat.conversations'), 11, 'about ten conversations';
    is query('select string_agg(distinct church_id::text, chr(32)) from chat.conversations where church_unread > 0'), '1 2',
        'something is unread in both churches';
    is query('select count(distinct created_at::date) >= 5 from chat.messages'), 't', 'over several days';
    is query(q{select bool_or(length(content) > 200), bool_or(length(content) < 40), bool_or(content ~ '[\U0001F300-\U0001FAFF]'),
            bool_or(content ~ '[äöüß]'), bool_or(read_at is null), bool_or(read_at is not null) from chat.messages}), 't|t|t|t|t|t',
        'long and short, with emoji, in German, unread and read';
    for my $page (qw(st-marys holy-trinity)) {
        my $html = do { local (@ARGV, $/) = "conf/demo/htdocs/$page.html"; <> };

        for my $attribute (qr/live\b/, qr/greeting="[^"]+"/, qr/answer-time="\d+[mhd]"/) {
            like $html, qr/<chat-widget [^>]*\b$attribute/, "$page: $attribute";
        }
    }
};

subtest 'told once' => sub {
    my $everything = 'select (select count(*) from chat.messages), (select count(*) from chat.users),
                      (select max(last_value) from chat.events_id_seq)';
    my $before = query($everything);

    psql('-f', 'sql/demo.sql');
    is query($everything), $before, 'loading it again changes nothing';
    query("delete from chat.conversations where id > 1", "delete from chat.users where username = 'priya'");
    $before = query($everything);
    psql('-f', 'sql/demo.sql');
    is query($everything), $before, 'nor where people have conversations of their own';
};

subtest 'an installed site has no login by one click' => sub {
    my $makefile = do { local (@ARGV, $/) = 'Makefile'; <> };
    my ($install) = $makefile =~ /^(install: .*?)\n\n/ms;

    unlike $install, qr{conf/demo|conf/httpd\.conf}, 'make install takes nothing of the demo';
    for my $file (glob('conf/*.conf'), 'conf/login.html') {
        my $text = do { local (@ARGV, $/) = $file; <> };

        unlike $text, qr/data-login|Define CHAT_DEMO/, "$file knows nothing of it";
    }
};

done_testing;
