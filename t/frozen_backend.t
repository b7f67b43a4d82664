use ChatTest;
use ChatTest::Httpd ();
use ChatTest::WebSocket ();
use Time::HiRes qw(time);

# A database that takes what is sent to it and says nothing more: on a stuck disk, behind a dead
# router. Its own time limits do not end that, so the module's must.
my %frozen;
local $SIG{$_} = sub { exit 1 } for qw(INT TERM HUP); # so that END is come to
END { thaw() }

my $postgresql = ChatTest::PostgreSQL->new;
my $params     = $postgresql->params;
$postgresql->migrate;
my $httpd = ChatTest::Httpd->new(database => $params,
    conf => ChatTest::Httpd->usual(undef, 1500) =~ s/connect_timeout=10/connect_timeout=2/r . "ChatMaxMessage 100000\nChatMaxBody 1048576\n");
my %here  = (site => $httpd->url, statements => undef);

# statement_timeout of the pool, and half a second for the way.
my $patience = 2;

ok $httpd->start, 'httpd starts' or diag $httpd->said;
my ($church_id) = here()->selectrow_array(q{insert into chat.churches (name) values ('Here') returning id});
my @talks;
for (1 .. 6) {
    my $member = stranger();
    my $opened = post($member, 'conversations/', {church_id => $church_id}, %here);

    is $opened->code, 201, 'a person to talk';
    push @talks, {member => $member, path => "conversations/$opened->{json}{conversation}{id}/"};
}

subtest 'all connections of the pool stand still' => sub {
    warm();
    my @pids = backends();
    cmp_ok scalar(@pids), '>=', 2, scalar(@pids) . ' backends';
    freeze(@pids);

    my ($took, @answers) = timed((map { send_to($_, 'frozen') } (@talks) x 2), (map { read_of($_) } @talks));
    my @sent = splice @answers, 0, 12;
    # Those that waited for the turn of their conversation may get a connection that was renewed meanwhile.
    is scalar(grep { $_->code =~ /^(20[01]|503)$/ } @sent), 12, 'messages are refused, or go another way';
    ok scalar(grep { $_->code == 503 } @sent), 'not all go another way';
    is scalar(grep { $_->code =~ /^(200|503)$/ } @answers), 6, 'reading is refused, or begun anew';
    cmp_ok $took, '<', ($patience + 1) * slow(), sprintf 'all within %.1f s', $took;
    cmp_ok $took, '>', $patience - 0.5, 'after some patience';
    like $_->header('Retry-After'), qr/^[1-9]$/, 'Retry-After' for grep { $_->code == 503 } @sent;

    ($took, @answers) = timed(map { send_to($_, 'frozen') } (@talks) x 2);
    is scalar(grep { $_->code =~ /^(20[01]|503)$/ } @answers), 12, 'the next ones are sent, or refused';
    cmp_ok $took, '<', ($patience + 1) * slow(), sprintf 'within %.1f s', $took;
    ok $httpd->said =~ /503 unavailable: statement \w+: PostgreSQL does not answer/, 'the log says why';

    thaw();
    resumed('frozen');
};

# Longer than what the way to the backend holds, so that sending waits, too.
subtest 'a message that does not go through' => sub {
    my $long = "\x{1F600}" x 100_000;

    warm();
    freeze(backends());
    my ($took, @answers) = timed(map { send_to($_, $long, 'long') } @talks);
    # Those that waited for a place may get a connection that was renewed meanwhile.
    is scalar(grep { $_->code =~ /^(20[01]|503)$/ } @answers), 6, 'is refused, or goes another way';
    ok scalar(grep { $_->code == 503 } @answers), 'not all go another way';
    cmp_ok $took, '<', ($patience + 1) * slow(), sprintf 'within %.1f s', $took;
    thaw();
    resumed($long, 'long');
};

subtest 'all of PostgreSQL stands still' => sub {
    warm();
    freeze(backends(), postmaster());

    my ($took, @answers) = timed((map { read_of($_) } (@talks) x 2), (map { send_to($_, 'stuck') } @talks));
    is_deeply codes(@answers), {503 => 18}, 'every request is refused';
    # A read tries once more on another connection, which has its connect_timeout.
    cmp_ok $took, '<', (2 * $patience + 1) * slow(), sprintf 'all within %.1f s', $took;
    my $begin = time;
    is get(undef, 'conversations/openapi.json', %here, fresh => 1)->code, 200, 'what needs no database is served';
    is get(undef, 'conversations/', %here, fresh => 1)->code, 401, 'and nobody is nobody';
    cmp_ok time - $begin, '<', 1 * slow(), 'at once';

    thaw();
    resumed('stuck');
};

$httpd->stop;
my @lines = $httpd->unexpected(
    qr/PostgreSQL does not answer|no connection came free|timeout expired|connection to PostgreSQL/,
    qr/mod_dbd gave no connection|\[dbd:error\]/,
    qr/search: statement index_messages: PostgreSQL says 57014/, # it went on after its time was over
);
is_deeply [@lines[0 .. ($#lines > 4 ? 4 : $#lines)]], [], 'nothing else was logged';

# The database's own limits would hold a child for longer than httpd waits before it kills it.
subtest 'httpd is stopped meanwhile' => sub {
    my $patient = ChatTest::Httpd->new(database => $params,
        conf => ChatTest::Httpd->usual(undef, 30_000) =~ s/connect_timeout=10/connect_timeout=30/r);
    my @waiting;

    ok $patient->start, 'httpd starts' or diag $patient->said;
    $here{site} = $patient->url;
    warm();
    my $ws = ChatTest::Live->of($talks[0]{member}, site => $patient->url);
    until_true { @{connected('mod_chat feed')} && @{connected('mod_chat search')} } 'the threads of the module are connected';
    freeze(@{connected('own')}, @{connected('mod_chat %')}, postmaster());
    for my $talk (@talks) {
        push @waiting, IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $patient->{port}) or die "no connection: $@";
        $waiting[-1]->printflush("GET /api/$talk->{path}messages/ HTTP/1.1\r\nHost: x\r\nAuthorization: Basic "
            . Mojo::Util::b64_encode("$talk->{member}{username}:x", '') . "\r\n\r\n");
    }
    is ChatTest::Live::closed($ws, 1.5), undef, 'a WebSocket stays open, and its feed asks the database once a second';

    my $begin = time;
    ok $patient->stop, 'it stops';
    my $took = time - $begin;
    is $ws->closed, 1001, 'the WebSocket is told';
    is $_->sysread(my $bytes, 1), 0, 'a request gets no answer' for $waiting[0];
    cmp_ok $took, '<', 3 * slow(), sprintf 'after %.1f s', $took;
    unlike $patient->said, qr/AH00046/, 'no child has to be killed';
    thaw();
    is_deeply [$patient->unexpected(qr/503 (?:unavailable|busy): .*(?:PostgreSQL does not answer|no connection came free|httpd stops)/)], [], 'the log is quiet';
};
done_testing;

sub here { return ChatTest::db($params) }

sub send_to
{
    my ($talk, $text, $client_id) = @_;

    return [$talk->{member}, POST => "$talk->{path}messages/",
        json => {content => $text, client_id => $client_id // $text}, %here];
}

sub read_of
{
    my ($talk) = @_;

    return [$talk->{member}, GET => "$talk->{path}messages/", %here];
}

sub timed
{
    my @requests = @_;
    my $begin    = time;
    my @answers  = together(@requests);

    return (time - $begin, @answers);
}

sub codes
{
    my %codes;

    $codes{$_->code}++ for @_;
    return \%codes;
}

# Every connection of both children is made, and has its statements prepared.
sub warm
{
    for (1 .. 3) {
        together((map { read_of($_) } (@talks) x 3), (map { send_to($_, "warm $_") } @talks));
    }
}

sub backends
{
    return @{here()->selectcol_arrayref(q{select pid from pg_stat_activity where application_name = 'own'})};
}

# The processes that serve connections of that name.
sub connected
{
    return here()->selectcol_arrayref(q{select pid from pg_stat_activity where application_name like ?}, undef, $_[0]);
}

sub postmaster
{
    open my $in, '<', "$postgresql->{state}/postgresql/data/postmaster.pid" or die "postmaster.pid: $!";
    return 0 + readline $in;
}

sub freeze
{
    for my $pid (@_) {
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

# Whether a refused message was stored nobody knows: said again, it is there once.
sub resumed
{
    my ($text, $client_id) = @_;

    until_true {
        my @answers = together(map { read_of($_) } (@talks) x 3);
        18 == grep { $_->code == 200 } @answers;
    } 'service resumes by itself';
    my @answers = together(map { send_to($_, $text, $client_id) } @talks);
    is scalar(grep { $_->code =~ /^20[01]$/ } @answers), 6, 'all can send what they wanted to';
    until_true {
        !here()->selectrow_array(
            q{select count(*) from pg_stat_activity where application_name = 'own' and state <> 'idle'})
    } 'nothing goes on';
    my ($stored) = here()->selectrow_array('select count(*) from chat.messages where content = ?', undef, $text);
    is $stored, 6, 'and each was stored once';
    my ($wrong) = here()->selectrow_array(q{select count(*) from chat.conversations c
        where c.last_seq <> (select count(*) from chat.messages m where m.conversation_id = c.id)});
    is $wrong, 0, 'counters are counts';
    cmp_ok scalar(backends()), '<=', 4, 'no connection was lost from the pool, and none is left over';
}
