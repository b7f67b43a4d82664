package ChatTest;

=head1 NAME

ChatTest - fresh people, requests and the rules that every answer keeps

=head1 SYNOPSIS

    use ChatTest;
    my $talk = conversation(member('Ada'));
    is say($talk, 'hello', client_id => 'k1')->code, 201, 'a member can speak';
    done_testing;

=head1 DESCRIPTION

The server is the one that t/run started. Every test makes its own people, churches and
conversations, so that files run in any order and at once. A person is logged in by Basic
authentication with any password.

ask() is the one door to the server. It holds every answer against the OpenAPI document that the
server publishes and against what API.md says of all answers; a breach is a failed test.
done_testing() also fails when this file's requests left anything in the error log that it did not
announce with log_may_say().

=cut

use strict;
use warnings;
use utf8;
use Carp           ();
use DBI            ();
use Exporter       ();
use IO::Socket     ();
use Cpanel::JSON::XS       ();
use POSIX          ();
use Scalar::Util   qw(blessed);
use Test::More     ();
use Time::HiRes    qw(time sleep);
use Mojo::UserAgent ();
use Mojo::Promise  ();
use Mojo::IOLoop   ();
use List::Util     qw(max);
use Mojo::File     qw(path);
use Mojo::Util     qw(b64_encode encode url_escape);
use ChatTest::Answer ();
use ChatTest::Config ();
use ChatTest::Contract ();
use ChatTest::Log  ();

our @ISA    = 'Exporter';
our @EXPORT = qw(
    member stranger church staff_of conversation begun
    ask get post say messages_of read_all notifications_of request together in_background raw
    db sql site until_true wait_for_others slow watched log_may_say done_testing
    url_escape
);

my $marker = do { (my $file = $0) =~ s{.*/|[^\w.]}{}g; "$file.$$" };
my $log;
my @announced;
my $made = 0;
my @opened; # conversations
my %agents;

sub import
{
    my $class = shift;

    $_->import for qw(strict warnings utf8);
    $class->export_to_level(1, $class);
    Test::More->export_to_level(1, 'Test::More',
        grep { $_ ne 'done_testing' } @Test::More::EXPORT);
    binmode $_, ':encoding(UTF-8)'
        for Test::More->builder->output, Test::More->builder->failure_output;
    $log //= ChatTest::Log->new(_config()->{vars}{t_logs} . '/error_log', $marker);
}

sub _config { return ChatTest::Config->suite }

# How much longer things may take than on an idle machine. One that shares its processors, or has a slow disk,
# does not tell how slow it is: the factor is never below $SLOW_MIN. So an upper bound shows that nothing waits
# for a timeout. Where the time itself matters, compare the fastest of several tries with a bound of its own.
my $SLOW_MIN = 3;

sub slow { return watched() * max($SLOW_MIN, _crowd()) }

# Whether that is measured, and not only taken for granted.
sub is_crowded { return watched() > 1 || _crowd() > $SLOW_MIN }

# The factor of a tool that watches the server: 1 for none, 20 for valgrind.
sub watched { return $ENV{CHAT_TEST_SLOW} || 1 }

# How many want each processor, in the last minute and now; and how long this process has waited for one.
sub _crowd
{
    my ($minute, $now) = _proc('loadavg') =~ m{^([\d.]+) .* (\d+)/};
    my ($ran, $waited) = _proc('self/schedstat') =~ /^(\d+) (\d+)/;
    my $processors     = () = _proc('cpuinfo') =~ /^processor/mg;
    my $wanting        = max($minute // 0, $now // 0) / ($processors || 1);
    my $delayed        = $ran ? ($ran + $waited) / $ran : 1;

    return 1.5 * max($wanting, $delayed);
}

sub _proc { return eval { path("/proc/$_[0]")->slurp } // '' }

=head2 People

=over

=item member($display_name), stranger($username)

A user with a row, or one that the server has never seen.

=item church($name, %columns), staff_of($church, $display_name)

For staff_of() also a person, who becomes staff.

=item conversation($member, $church), begun($member, $church)

Opened through the API; a hash of C<id>, C<member>, C<church> and C<staff>. The second has a message, which its staff
have read, and so is seen by them.

=back

=cut

sub _unique
{
    my ($stem) = @_;

    ($stem = lc $stem) =~ s/[^a-z]+//g;
    return join '-', $stem || 'x', $$, ++$made, POSIX::floor(time * 1000) % 1_000_000;
}

sub member
{
    my ($name, %columns) = @_;
    my %row = (username => _unique($name // 'member'), display_name => $name // 'Member', %columns);

    return ChatTest::Person->new(_insert('chat.users', \%row));
}

sub stranger
{
    my ($username) = @_;

    return ChatTest::Person->new({username => $username // _unique('stranger')});
}

sub church
{
    my ($name, %columns) = @_;
    my $unique = _unique('church');

    return _insert('chat.churches',
        {name => $name // "Church $unique", logo_url => "/logo/$unique.png", %columns});
}

sub staff_of
{
    my ($church, $name) = @_;
    my $person = ref $name ? $name : member($name // 'Staff');

    sql('insert into chat.church_staff (church_id, user_id) values (?, ?)',
        $church->{id}, $person->{id});
    return $person;
}

sub conversation
{
    my ($member, $church, %options) = @_;

    $member //= member('Member');
    $church //= church();
    my $answer = post($member, 'conversations/', {church_id => $church->{id}}, %options);
    Carp::croak('no conversation: ' . $answer->code . ' ' . $answer->body)
        unless $answer->code == 201 || $answer->code == 200;
    push @opened, $answer->{json}{conversation}{id};
    return {%{$answer->json->{conversation}}, member => $member, church => $church,
        path => "conversations/$answer->{json}{conversation}{id}/"};
}

sub begun
{
    my $talk = conversation(@_);

    sql(q{select chat.send_message(?, ?, 'begun')}, $talk->{member}->id, $talk->{id});
    sql('update chat.messages set read_at = now() where conversation_id = ?', $talk->{id});
    return {%$talk, %{get($talk->{member}, $talk->{path})->json->{conversation}}};
}

=head2 Requests

=over

=item ask($person, $method, $path, %options)

C<$path> lies below the root, or is absolute when it begins with a slash. Options: C<json> or
C<body> and C<type>, C<headers>, C<site> (name of a virtual host), C<root>, C<fresh> (a connection
of its own), C<statements> (how many the database may have seen; undef for any), C<contract> (0: no
check against OpenAPI and the general rules). C<$person> undef: nobody is logged in.

=item get($person, $path, %options), post($person, $path, $json, %options)

=item say($conversation, $content, %options)

As the member, or C<as> somebody else; C<client_id> too.

=item messages_of($conversation, %options), read_all($conversation, %options), notifications_of($person, $query)

As the member, or C<as> somebody else; what notifications/ answers, as JSON.

=item together([...], [...])

The arguments of many ask() at once, on connections of their own; the answers in that order.

=item raw($bytes, $site)

The answer to bytes that no HTTP client would send.

=back

=cut

sub site
{
    my ($name) = @_;
    my $config = _config();

    return "http://127.0.0.1:$config->{vars}{port}" if !defined $name;
    return $name if $name =~ m{^http://};
    Carp::croak("no virtual host '$name'") unless $config->{vhosts}{$name};
    return "http://127.0.0.1:$config->{vhosts}{$name}{port}";
}

sub ask
{
    my ($person, $method, $path, %options) = @_;
    my $agent = _agent($options{fresh} ? 'fresh' : 'kept');
    my $tx    = _transaction($agent, $person, $method, $path, \%options);

    return _answer($agent->start($tx), $path, \%options);
}

sub get
{
    my ($person, $path, %options) = @_;

    return ask($person, GET => $path, %options);
}

sub post
{
    my ($person, $path, $json, %options) = @_;

    return ask($person, POST => $path, defined $json ? (json => $json) : (), %options);
}

sub say
{
    my ($talk, $content, %options) = @_;
    my $json = {content => $content};
    my $as   = delete $options{as} // $talk->{member};

    $json->{client_id} = delete $options{client_id} if exists $options{client_id};
    return post($as, "conversations/$talk->{id}/messages/", $json, %options);
}

sub messages_of
{
    my ($talk, %options) = @_;
    my $as    = delete $options{as} // $talk->{member};
    my $query = delete $options{query} // 'limit=200';

    return get($as, "conversations/$talk->{id}/messages/?$query", %options)->json->{messages};
}

sub read_all
{
    my ($talk, %options) = @_;
    my $as = delete $options{as} // $talk->{member};

    return post($as, "conversations/$talk->{id}/read/", undef, %options);
}

sub notifications_of
{
    my ($person, $query, %options) = @_;

    my $json = get($person, 'notifications/' . (length($query // '') ? "?$query" : ''), %options)->json;

    delete @$json{qw(epoch version)} if ref $json; # which are no part of what is told
    return $json;
}

sub together
{
    my @requests = @_;
    my $agent    = _agent('together');
    my (@done, @options);

    for my $i (0 .. $#requests) {
        my ($person, $method, $path, %options) = @{$requests[$i]};
        my $tx = _transaction($agent, $person, $method, $path, \%options);

        push @options, [$path, \%options];
        push @done, $agent->start_p($tx)->catch(sub { return $tx });
    }
    my @txs;
    Mojo::Promise->all(@done)->then(sub { @txs = map { $_->[0] } @_ })->wait;
    $_->[1]{in_company} = 1 for @options;
    return map { _answer($txs[$_], @{$options[$_]}) } 0 .. $#txs;
}

sub raw
{
    my ($bytes, $site) = @_;
    my ($host, $port) = site($site) =~ m{//(.*):(\d+)};
    my $socket = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Timeout => 10 * slow())
        or Carp::croak("no connection: $@");
    my $response = Mojo::Message::Response->new;

    $bytes =~ s/\r\n/\r\nX-Test: $marker\r\n/;
    print {$socket} $bytes;
    $socket->shutdown(1) if $bytes !~ /keep-alive/;
    while (!$response->is_finished && sysread $socket, my $part, 65536) {
        $response->parse($part);
    }
    return ChatTest::Answer->new(response => $response, method => 'RAW', path => '');
}

# A blocking agent keeps its connection; a fresh one stands for another client.
sub _agent
{
    my ($kind) = @_;

    return $agents{"$kind.$$"} //= do {
        my $agent = Mojo::UserAgent->new(
            connect_timeout    => 10 * slow(),
            inactivity_timeout => 60 * slow(),
            request_timeout    => 60 * slow(),
            max_redirects      => 0,
            max_connections    => $kind eq 'kept' ? 20 : 0,
        );
        $agent->transactor->name('ChatTest');
        $agent->cookie_jar->ignore(sub { 1 });
        $agent;
    };
}

sub _transaction
{
    my ($agent, $person, $method, $path, $options) = @_;
    my $root = $options->{root} // '/api';
    my $url  = site($options->{site}) . ($path =~ m{^/} ? $path : "$root/$path");
    my %headers = ('X-Test' => $marker, Accept => 'application/json', %{$options->{headers} // {}});
    my $body = $options->{body};

    $headers{Authorization} //= 'Basic ' . b64_encode(encode('UTF-8', "$person->{username}:x"), '')
        if $person;
    if (exists $options->{json}) {
        $body = Cpanel::JSON::XS->new->utf8->canonical->allow_nonref->encode($options->{json});
        $headers{'Content-Type'} //= 'application/json';
    }
    $headers{'Content-Type'} = $options->{type} if defined $options->{type};
    delete $headers{$_} for grep { !defined $headers{$_} } keys %headers;

    my $tx = $agent->build_tx($method => $url => \%headers => $body // '');
    $tx->req->headers->content_length(0) if $method =~ /^(POST|PUT|PATCH)$/ && !length($body // '');
    return $tx;
}

sub _answer
{
    my ($tx, $path, $options) = @_;
    my $answer = ChatTest::Answer->new(
        response => $tx->res,
        method   => $tx->req->method,
        path     => $path,
        root     => $options->{root} // '/api',
        error    => $tx->error,
    );

    if (!$tx->res->code) {
        Test::More::fail($answer->what . ' is answered');
        Test::More::diag($tx->error ? $tx->error->{message} : 'no answer');
        return $answer;
    }
    if ($options->{contract} // 1) {
        my @breaches = ChatTest::Contract->breaches($answer, $options, \&_openapi);
        _complain($answer, @breaches) if @breaches;
    }
    return $answer;
}

sub _complain
{
    my ($answer, @breaches) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 3;
    Test::More::fail($answer->what . ' keeps the contract');
    Test::More::diag("  $_") for @breaches;
    Test::More::diag('  answer: ' . substr $answer->body, 0, 400);
}

my $openapi;
sub _openapi
{
    return $openapi //= do {
        my $tx = _agent('openapi')->get(site() . '/api/conversations/openapi.json',
            {'X-Test' => $marker});
        $tx->res->is_success or Carp::croak('no OpenAPI document: ' . ($tx->res->code // 'none'));
        ChatTest::OpenAPI->new(Cpanel::JSON::XS->new->utf8->decode($tx->res->body));
    };
}

=head2 Work in the background

in_background { ... } runs a block in a process of its own, again and again until C<stop> is called
on what it returned; that gives the number of times the block came back with a true value and dies
when it once did not. C<is_running> tells whether it has not yet.

=cut

my %stops; # of workers that run: a worker must not hold another one's pipe open
sub in_background(&)
{
    my ($code) = @_;

    pipe my $stop_reader, my $stop_writer or die $!;
    pipe my $result_reader, my $result_writer or die $!;
    defined(my $pid = fork) or die $!;
    if (!$pid) {
        close $_ for $stop_writer, $result_reader, values %stops;
        my ($done, $failed) = (0, '');
        my $rin = '';
        vec($rin, fileno $stop_reader, 1) = 1;
        %agents = ();
        until (select my $ready = $rin, undef, undef, 0) {
            my $fine = eval { $code->($done) };
            $failed = $@ || 'came back false' unless $fine;
            last if $failed;
            $done++;
        }
        print {$result_writer} Cpanel::JSON::XS->new->encode([$done, "$failed"]);
        close $result_writer;
        POSIX::_exit(0);
    }
    close $_ for $stop_reader, $result_writer;
    $stops{$pid} = $stop_writer;
    return bless {pid => $pid, result => $result_reader}, 'ChatTest::Worker';
}

=head2 The database

db() is a handle of this process; sql($statement, @values) runs a statement and gives its rows as
hashes (the first in scalar context).

=cut

my %handles;
sub db
{
    my ($params) = @_;

    $params //= _config()->{vars}{database};
    return $handles{"$params.$$"} //= do {
        (my $dsn = $params) =~ s/\s+/;/g; # no value of conf/instance has a blank
        DBI->connect("dbi:Pg:$dsn;application_name=test", undef, undef,
            {RaiseError => 1, PrintError => 0, AutoCommit => 1, AutoInactiveDestroy => 1,
                pg_enable_utf8 => 1, pg_server_prepare => 0});
    };
}

sub forget_db { delete $handles{"$_[0].$$"} }

sub sql
{
    my ($statement, @values) = @_;
    my $query = db()->prepare($statement);

    $query->execute(@values);
    return unless $query->{NUM_OF_FIELDS};
    my $rows = $query->fetchall_arrayref({});
    return wantarray ? @$rows : $rows->[0];
}

sub _insert
{
    my ($table, $row) = @_;
    my @columns = sort keys %$row;

    return scalar sql(
        sprintf('insert into %s (%s) values (%s) returning *',
            $table, join(', ', @columns), join(', ', ('?') x @columns)),
        @$row{@columns});
}

=head2 Waiting, the log, the end

until_true { ... } $what [, $seconds] polls for an event with a deadline. wait_for_others() waits until the
transactions that are in progress now, of other files, have ended: the sync of a list names them, so that
until then the same list may have another ETag.

=cut

sub until_true(&$;$)
{
    my ($code, $what, $seconds) = @_;
    my $deadline = time + ($seconds // 30) * slow();

    while (1) {
        my $result = $code->();
        return Test::More::pass($what) && $result if $result;
        last if time > $deadline;
        sleep 0.05;
    }
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    Test::More::fail("$what (waited in vain)");
    return;
}

sub wait_for_others
{
    my $next = sql('select pg_snapshot_xmax(pg_current_snapshot())::text as xid')->{xid};

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return until_true {
        sql('select pg_snapshot_xmin(pg_current_snapshot()) >= ?::text::xid8 as ended', $next)->{ended};
    } 'what was in progress has ended', 120;
}

sub log_may_say { push @announced, @_ }

sub done_testing
{
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @lines = $log->unexpected(@announced);

    Test::More::ok(!@lines, 'the error log is quiet');
    Test::More::diag("  $_") for @lines > 20 ? @lines[0 .. 19] : @lines;
    _check_derived();
    Test::More::done_testing();
}

# Of this file's own conversations, for others are at work beside it.
sub _check_derived
{
    my @wrong = @opened ? eval { @{db()->selectall_arrayref(
        'select k.* from unnest(?::bigint[]) c (id) cross join lateral chat.check(c.id) k', {}, [keys %{{map { $_ => 1 } @opened}}])} } : ();

    Test::More::diag("  chat.check: $@") if @opened && $@;
    Test::More::ok(!@wrong, 'what is derived from messages is right (chat.check)');
    Test::More::diag(join ' ', '  ', map { $_ // 'null' } @$_) for @wrong;
}

package ChatTest::Person;

sub new
{
    my ($class, $row) = @_;

    return bless {%$row}, $class;
}

# Who of them a list of typers or senders means.
sub id { $_[0]{id} //= (ChatTest::sql('select id from chat.users where username = ?',
    $_[0]{username}) // {})->{id} }

package ChatTest::Worker;

sub stop
{
    my ($self) = @_;

    return $self->{done} if $self->{stopped}++;
    close delete $stops{$self->{pid}};
    my $result = do { local $/; readline $self->{result} };
    waitpid $self->{pid}, 0;
    my ($done, $failed) = @{Cpanel::JSON::XS->new->decode($result || '[0,"died"]')};
    Carp::croak("in the background: $failed") if $failed;
    return $self->{done} = $done;
}

# False when its block has come back false, or died: nothing that it should do is worth waiting for.
sub is_running { return waitpid($_[0]{pid}, POSIX::WNOHANG()) == 0 }

sub DESTROY
{
    my ($self) = @_;

    return if $self->{stopped};
    local ($@, $?);
    close delete $stops{$self->{pid}};
    waitpid $self->{pid}, 0;
}

1;
