use ChatTest;
use ChatTest::Httpd ();
use ChatTest::Search qw(indexed found);
use ChatTest::Traffic ();
use File::Path qw(make_path);
use POSIX      ();
use Time::HiRes qw(time);

# An upgrade as README has it: the release before, built from its commit, serves people who write, read and listen as fast
# as they can, while sql/migrate of this tree brings its database to the newest schema; then the module is replaced, and
# httpd restarted gracefully. No request fails but what README says, and no message is lost.
my $SENDERS   = 2;
my $LISTENERS = 4;
my $FILLED    = 5000;  # messages that there are before
my $ROUNDS    = 5;    # of each worker in each part
# Where README says that this needs a quiet hour.
my %wants_quiet = ('sql/migrations/0017_search_messages_keep_files_administer.sql' => 1);

plan skip_all => 'the release before is built without a sanitizer' if watched() > 1;
my $vars    = ChatTest::Config->suite->{vars};
my ($build) = $vars->{chat_module} =~ m{^(.*)/build/mod_chat\.so$} or plan skip_all => 'not a module that make built';
my @steps   = sort glob 'sql/migrations/*.sql sql/indexes/*.sql';
my $commit  = commit_before() or plan skip_all => 'no history, or too little: the newest of sql/migrations and sql/indexes is in none, or in the first';
my %known   = map { $_ => 1 } steps_of($commit);
my @new     = grep { !$known{$_} } @steps;
plan skip_all => "README wants a quiet hour for this: @new" if grep { $wants_quiet{$_} } @new;
my $folder  = "$build/released/$commit";

sub git
{
    my ($arguments) = @_;

    chomp(my @lines = qx{git -c safe.directory='*' $arguments 2>/dev/null});
    return @lines;
}

sub steps_of { return git("ls-tree --name-only '$_[0]' sql/migrations/ sql/indexes/") }

# The last commit before the first of the indexes that came after the newest migration; where none came, before that.
sub commit_before
{
    my ($newest) = reverse grep { m{/migrations/} } @steps;
    my ($made)   = git("log -1 --format=%H --diff-filter=A HEAD -- '$newest'") or return;
    my @since    = git("rev-list --reverse --topo-order '$made..HEAD' -- sql/indexes");
    my ($before) = git("rev-parse --verify --quiet '" . ($since[0] // $made) . "^'") or return;

    return steps_of($before) ? $before : undef;
}

# Once for several runs.
sub build
{
    return 1 if -e "$folder/var/build/mod_chat.so";
    make_path("$folder/var");
    my $said = qx{{ git -c safe.directory='*' archive '$commit' Makefile conf mod_chat sql | tar -x -C '$folder' &&
        touch '$folder/var/.packages-build' &&
        env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL VARIANT=plain make -s -j2 -C '$folder' STATE=var WERROR=0 \\
            CFLAGS='-O0 -w' CPPFLAGS=-U_FORTIFY_SOURCE var/build/mod_chat.so; } 2>&1};

    diag $said if $?;
    return !$?;
}

sub install_module { return system('install', '-m', '644', @_) == 0 }

ok build(), "the release before is built: $commit" or do { done_testing; exit 1 };
my $postgresql = ChatTest::PostgreSQL->new;
my $params     = $vars->{database} = $postgresql->params; # here for everything
my $said       = qx{"$folder/sql/migrate" "$params" 2>&1};
is $?, 0, 'its schema is made' or diag $said;

my $module = "$vars->{serverroot}/own/$$-module.so";
my $httpd  = ChatTest::Httpd->new(database => $params, module => $module,
    conf => (ChatTest::Httpd->usual(join('', map {"DBD$_ 6\n"} qw(Min Keep Max)) . "DBDExptime 0\n", int 1500 * slow())
        =~ s/lock_timeout=\K\d+/int 500 * slow()/er) . <<'END' . join '', map {"ChatRateLimit $_ off\n"} qw(open send read search typing notify connect));
StartServers 2
ServerLimit 16
ThreadsPerChild 16
MaxRequestWorkers 64
END
ok install_module("$folder/var/build/mod_chat.so", $module), 'its module is in place';
ok $httpd->start, 'httpd starts with it' or diag $httpd->said;

my $church = church('Upgraded');
my $carol  = staff_of($church, 'Carol');
my @talks  = map { talk(member("Sender $_")) } 1 .. $SENDERS;
for my $talk (talk(member('Filler'))) {
    sql('select count(chat.send_message(?, ?, n::text)) from generate_series(1, ?) n', $talk->{member}->id, $talk->{id}, $FILLED);
}

sub talk
{
    my ($member) = @_;
    my $id = sql('select (conversation).id from chat.open_conversation(?, ?)', $member->id, $church->{id})->{id};

    sql(q{select chat.send_message(?, ?, 'begun')}, $member->id, $id); # from then on staff may write
    return {member => $member, id => $id, path => "conversations/$id/"};
}

# ---- The traffic ------------------------------------------------------------------------------

my $log       = "$vars->{serverroot}/own/$$-migrate.log";
my $traffic   = ChatTest::Traffic->new($httpd, contract => 0);
my $finds     = get($carol, 'conversations/search/?q=x', site => $httpd->url, contract => 0, statements => undef)->code == 200;

sub message
{
    my ($talk, $content) = @_;

    return [POST => "$talk->{path}messages/", {content => $content, client_id => $content}];
}

# What has been sent is in the next page.
sub sender
{
    my ($how, $talk) = @_;

    return $traffic->worker($talk->{member}, $how => sub {
        my ($n) = @_;

        return message($talk, "$how $n"), [GET => "$talk->{path}messages/", undef, qr/"$how $n"/];
    });
}

sub staff
{
    my @lists = map { [GET => $_] } qw(conversations/ conversations/?unread=true conversations/unread/ notifications/ notifications/preferences/),
        $finds ? 'conversations/search/?q=fresh' : ();

    return $traffic->worker($carol, kept => sub {
        my ($n)  = @_;
        my $talk = $talks[$n % @talks];

        return @lists, [POST => "$talk->{path}typing/", {is_typing => Cpanel::JSON::XS::true}], message($talk, "staff $n"),
            [GET => $talk->{path}], [POST => "$talk->{path}read/", {}],
            [POST => 'notifications/read/', {all => Cpanel::JSON::XS::true}];
    });
}

for my $n (0 .. $LISTENERS - 1) {
    my $talk = $talks[$n / 2 % @talks];

    $traffic->listen($n % 2 ? ($carol, {map { $_->{id} => 0 } @talks}) : ($talk->{member}, {$talk->{id} => 1}));
}
my %workers = (
    (map { +"fresh $_" => sender(fresh => $talks[$_]), "kept $_" => sender(kept => $talks[$_]) } 0 .. $#talks),
    'live 0' => $traffic->live_sender($talks[0]{member}, $talks[0], 'live'), 'staff' => staff());

# How many messages each worker has sent into each conversation. Others wait for the processor, so not all the time.
my ($sent, $looked_at) = ([], 0);
sub sent
{
    if (time > $looked_at + 0.2) {
        $sent = ChatTest::db()->selectcol_arrayref(q{select count(*) from chat.messages where client_id is not null
            group by conversation_id, split_part(client_id, ' ', 1) order by conversation_id, split_part(client_id, ' ', 1)});
        $looked_at = time;
    }
    return @$sent;
}

# All have begun, and each has done some rounds more; or one has failed.
sub go_on
{
    my ($when) = @_;
    my @before = sent();

    return ok $traffic->listen_until(sub {
        my @now = sent();

        return has_failed() || @now == 3 * @talks + 1 && !grep { $now[$_] < ($before[$_] // 0) + $ROUNDS } 0 .. $#now;
    }), "all goes on $when";
}

sub has_failed { return scalar grep { !$_->is_running } values %workers }

# The exit status; while that runs, all listen.
sub run_migrate
{
    my $pid = fork // die $!;

    if (!$pid) {
        open STDOUT, '>', $log or die $!;
        open STDERR, '>&', \*STDOUT or die $!;
        exec 'sql/migrate', $params or POSIX::_exit(127);
    }
    my $has_ended = $traffic->listen_until(sub { waitpid($pid, POSIX::WNOHANG()) == $pid });
    return $? >> 8 if $has_ended;
    kill TERM => $pid;
    waitpid $pid, 0;
    return 'too long';
}

# ---- The upgrade ------------------------------------------------------------------------------

go_on('with the module and the schema of the release before');
my $begun = time;
is run_migrate(), 0, 'the schema is upgraded' or diag ChatTest::Httpd::_slurp($log);
my $took = time - $begun;
is sql('select max(version) as version from chat.schema_migrations')->{version}, scalar(grep {/migrations/} @steps), 'to the newest';
go_on('with the module of the release before on the newest schema');

my $opened = $traffic->opened;
ok install_module($vars->{chat_module}, $module), 'the module is replaced';
ok $httpd->graceful, 'and httpd restarted gracefully' or diag $httpd->said;
ok $traffic->listen_until(sub { $traffic->are_back($opened) || has_failed() }), 'all WebSockets come back';
go_on('with the new module');

# Which its children have mapped, and not the file that was removed.
until_true {
    my @children = split ' ', ChatTest::Httpd::_slurp("/proc/@{[$httpd->pid]}/task/@{[$httpd->pid]}/children");

    return @children && !grep { my $maps = ChatTest::Httpd::_slurp("/proc/$_/maps"); $maps !~ /\Q$module\E$/m || $maps =~ /\Q$module\E \(deleted\)/ } @children;
} 'all children of httpd run the new module';

# ---- What has become of it --------------------------------------------------------------------

for my $name (sort keys %workers) {
    my $done = eval { $workers{$name}->stop };
    is $@, '', "no request of $name has failed, of @{[$done // 0]} rounds";
    my ($kind, $n) = split ' ', $name;
    my $stored = sql(q{select count(distinct client_id) as named, count(*) as n from chat.messages where client_id like ? and conversation_id = any (?)},
        "$kind %", defined $n ? [$talks[$n]{id}] : [map { $_->{id} } @talks]);
    is "$stored->{named} of $stored->{n}", "$done of $done", 'each message is stored once' if defined $done;
}
my %stored = map { $_->{id} => scalar sql('select last_seq from chat.conversations where id = ?', $_->{id})->{last_seq} } @talks;
ok $traffic->listen_until(sub { $traffic->have_all(%stored) }), 'and has come to everybody';
is_deeply [$traffic->breaches], [], 'once, and in order' or diag join ' ', 'they were told', $traffic->told;
is_deeply [$traffic->close_codes], [1001], 'and all closes were announced';

my $tally = $traffic->tally;
diag sprintf('sql/migrate took %.1f s; ', $took) . join ', ', map {"$_: $tally->{$_}"} sort keys %$tally;
my @check = sql('select * from chat.check()');
is @check, 0, 'what is derived from messages is right' or diag explain \@check;
indexed(@talks);
my @found = found($talks[0]{member}, '"fresh 0"', conversation_id => $talks[0]{id}, -site => $httpd->url);
is @found, 1, 'what was written before the upgrade is found';

$httpd->stop;
is_deeply [$httpd->unexpected(qr/AH00045/)], [], 'the log is quiet';
done_testing;
