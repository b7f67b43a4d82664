package Bench::Peers;

# What a team would write instead, measured beside the module: make bench PEERS=1, where there is a folder
# (PEERS_DIR) with such servers. Each has `setup`, which fills an empty database, and `run`:
#
#   node/     Fastify: run <port>
#   django/   run rest <port> under gunicorn, run ws <port> under daphne, with Redis between them
#   nchan/    run <port>: no contract and no database, only one message to all
#
# They trust the header X-Remote-User, and their data sets are alike: user n is "user<n>", the first are the
# staff of one church each, and conversation c is that of member (c + 9) / 10, as in data.sql. The folder is
# copied, so that nothing is written into it.
use strict;
use warnings;
use Digest::MD5 qw(md5_hex);
use File::Find  ();
use IO::Socket::INET ();
use Bench::Clocks;
use Bench::Programs;
use Bench::Sockets ();

my $TEXT    = 'Good morning! Is there room for two more at the table on Sunday, number 00000000?';
my $PATH    = '/ws/chat/';
my $STARTED = 30; # seconds that a server may take to start

my %PEERS = (
    fastify => {title => 'Fastify', folder => 'node',   sockets => [qw(all one)], table => 'conversation'},
    django  => {title => 'Django',  folder => 'django', sockets => [qw(all one)], table => 'chat_conversation'},
    nchan   => {title => 'nchan',   folder => 'nchan',  sockets => ['all']},
);
my @ORDER = qw(fastify django nchan);

# dir, home, port: the first to try; members, churches, messages (of a conversation), seconds; admin and
# sql: how to reach the cluster, and a function that gives it commands; params: of a database, for users
sub new
{
    my ($class, %self) = @_;

    die "bench: PEERS=1 needs a folder with node, django and nchan; there is no $self{dir} (PEERS_DIR)\n"
        unless -d "$self{dir}/node";
    return bless \%self, $class;
}

# The cases of one peer, for those of ours that it can be held against.
sub cases
{
    my ($self, @names) = @_;
    my @cases;

    for my $name (@names) {
        for my $peer (grep { $PEERS{$_}{table} } @ORDER) {
            push @cases, {
                name => "$name-$peer", wrk => 'lines', has_database => 1, peer => $peer, of => $name,
                file   => "$self->{home}/$name-$peer",
                writes => ($name eq 'send' ? $PEERS{$peer}{table} : undef),
            };
        }
    }
    return @cases;
}

sub socket_cases
{
    my ($self) = @_;
    my @cases;

    for my $peer (@ORDER) {
        for my $what (@{$PEERS{$peer}{sockets}}) {
            push @cases, {
                name => "sockets-$what-$peer", rows => [1000], has_database => 1, peer => $peer, of => "sockets-$what-plain",
                measure => sub {
                    my $sockets = $self->{sockets}{$peer};
                    return $what eq 'all' ? $sockets->say_to_all('plain', $Bench::Sockets::ROUNDS, 1, @_)
                        : $sockets->say_to_one('plain', $Bench::Sockets::PER_SECOND, 1000, @_);
                },
            };
        }
    }
    return @cases;
}

sub title
{
    my ($self, $peer) = @_;

    return $PEERS{$peer}{title};
}

# Databases, servers, and what to ask them.
sub start
{
    my ($self, @peers) = @_;
    my %wanted = map { $_ => 1 } @peers;

    run_program(['rm', '-rf', "$self->{home}/peers"]);
    run_program(['cp', '-RL', $self->{dir}, "$self->{home}/peers"]);
    run_program(['chmod', '-R', 'u+w,go+rX', "$self->{home}/peers"]);
    if ($wanted{fastify}) {
        run_program([qw(sh -c), 'command -v node && command -v npm || conf/install-packages node']);
        run_program([qw(sh -c), 'cd "$0" && npm install --no-fund --no-audit', "$self->{home}/peers/node"]);
    }
    for my $peer (grep { $wanted{$_} } @ORDER) {
        note("bench: starting $PEERS{$peer}{title}");
        $self->load($peer) if $PEERS{$peer}{table};
        my $start = "start_$peer";
        $self->$start;
        $self->write_lines($peer) if $PEERS{$peer}{table};
        $self->{sockets}{$peer} = Bench::Sockets->new(
            home => $self->{home}, seconds => $self->{seconds}, site => $self->site($peer));
    }
}

sub trees { return $_[0]{trees}{$_[1]} }
sub port  { return $_[0]{ports}{$_[1]} }

# ---- Data ------------------------------------------------------------------------------------------

# As with the module's own: made once, and copied before each sitting.
sub load
{
    my ($self, $peer) = @_;
    my $folder  = $PEERS{$peer}{folder};
    my @numbers = ($self->{members}, $self->{churches}, $self->{members} * 10, $self->{members} * 10 * $self->{messages});
    my $kept    = "data_${peer}_$self->{members}";
    my $mark    = md5_hex(join ' ', @numbers, map { slurp($_) } $self->files($folder));
    my $there   = $self->sql('postgres', "select shobj_description(oid, 'pg_database') from pg_database where datname = '$kept'");

    if ($there ne $mark) {
        note("bench: loading the data set of $PEERS{$peer}{title}; the next run will find it");
        $self->sql('postgres', "drop database if exists $kept with (force)", "create database $kept owner chat");
        $self->run_in($folder, $kept, './setup', @numbers);
        $self->sql($kept, 'create extension pg_prewarm');
        $self->sql('postgres', "comment on database $kept is '$mark'", 'checkpoint');
    }
    $self->sql('postgres', "drop database if exists peer_$peer with (force)",
        "create database peer_$peer template $kept owner chat strategy file_copy");
    $self->sql("peer_$peer",
        q{select count(pg_prewarm(c.oid)) from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where n.nspname = 'public' and c.relkind in ('r', 'i') and pg_relation_size(c.oid) > 0});
}

sub tidy_up
{
    my ($self, $case) = @_;

    $self->sql("peer_$case->{peer}", "vacuum $case->{writes}");
}

sub sql
{
    my ($self, $database, @commands) = @_;

    return $self->{sql}->($self->{admin} =~ s/dbname=\S+/dbname=$database/r, @commands);
}

sub files
{
    my ($self, $folder) = @_;
    my @files;

    File::Find::find(sub { push @files, $File::Find::name if -f }, "$self->{home}/peers/$folder");
    return sort grep { !m{\.pyc$|/package-lock\.json$|/node_modules/} } @files;
}

# ---- Servers ---------------------------------------------------------------------------------------

# For Debian's python and its modules, whatever else is on the PATH.
sub environment
{
    my ($self, $database) = @_;
    my ($host)     = $self->{params} =~ /host='([^']*)'/;
    my ($password) = slurp($self->{params} =~ /passfile='([^']*)'/) =~ /([^:\n]+)$/;

    # Inherited, and not one of the words, which every user sees in ps.
    $ENV{DATABASE_URL} = "postgresql://chat:$password\@/$database?host=$host";
    return ("PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/bin:$ENV{PATH}", 'PYTHONDONTWRITEBYTECODE=1',
        'REDIS_URL=redis://127.0.0.1:' . ($self->{redis} // 0) . '/0');
}

sub run_in
{
    my ($self, $folder, $database, @words) = @_;

    return run_program(['env', '-C', "$self->{home}/peers/$folder", $self->environment($database), @words]);
}

# Starts it, and waits until it listens.
sub serve
{
    my ($self, $peer, $port, @words) = @_;
    my $log = "$self->{home}/$peer.log";

    push @{$self->{trees}{$peer}}, start_program(\@words, log => $log)->{pid};
    return if answers_at($port, $STARTED);
    die "bench: $words[0] does not start\n", indent(substr slurp($log), -2000);
}

sub next_port
{
    my ($self) = @_;

    return $self->{last} = free_port($self->{last} ? $self->{last} + 1 : $self->{port});
}

sub start_fastify
{
    my ($self) = @_;
    my $port = $self->{ports}{fastify} = $self->{socket_ports}{fastify} = $self->next_port;

    $self->serve('fastify', $port, 'env', '-C', "$self->{home}/peers/node", $self->environment('peer_fastify'), './run', $port);
}

sub start_django
{
    my ($self) = @_;
    my $port  = $self->{ports}{django} = $self->next_port;
    my $ws    = $self->{socket_ports}{django} = $self->next_port;
    my $redis = $self->{redis} = $self->next_port;
    my @env   = ('env', '-C', "$self->{home}/peers/django", $self->environment('peer_django'));

    # The program of the package redis-tools is the server, when it is called so: that package starts nothing.
    $self->serve('django', $redis, 'bash', '-c', 'exec -a redis-server /usr/bin/redis-check-rdb "$@"', 'redis',
        '--bind', '127.0.0.1', '--port', $redis, '--save', '', '--dir', $self->{home});
    $self->serve('django', $port, @env, './run', 'rest', $port);
    $self->serve('django', $ws,   @env, './run', 'ws',   $ws);
}

sub start_nchan
{
    my ($self) = @_;
    my $port = $self->{ports}{nchan} = $self->{socket_ports}{nchan} = $self->next_port;

    $self->serve('nchan', $port, 'env', '-C', "$self->{home}/peers/nchan", $self->environment('none'),
        "TMPDIR=$self->{home}", './run', $port);
}

# ---- What is asked ---------------------------------------------------------------------------------

sub login
{
    return "X-Remote-User: user$_[0]";
}

sub member_of
{
    return int(($_[0] + 9) / 10);
}

# The requests of each case, for wrk.lua; and one of each, to see whether it is what is meant.
sub write_lines
{
    my ($self, $peer) = @_;
    my @conversations = 1 .. $self->{members} * 10;
    my %lines = (
        list => [map { ['GET', '/api/conversations/', login($_), ''] } $self->{churches} + 1 .. $self->{members}],
        page => [map { ['GET', "/api/conversations/$_/messages/?limit=50", login(member_of($_)), ''] } @conversations],
        send => [map { ['POST', "/api/conversations/$_/messages/", login(member_of($_)), qq({"content":"$TEXT"})] } @conversations],
    );
    my %wanted = (list => '"church' => page => '"content"' => send => '"content"');
    my %count  = (list => 10, page => 50, send => 1);

    for my $name (sort keys %lines) {
        spill("$self->{home}/$name-$peer", map { join("\t", @$_) . "\n" } @{$lines{$name}});
        my $answer = $self->ask($peer, @{$lines{$name}[0]});
        my $there  = () = $answer =~ /$wanted{$name}/g;
        die "bench: $PEERS{$peer}{title} answered to $name\n", indent(substr $answer, 0, 2000), "\n"
            if $answer !~ m{^HTTP/1\.1 20} || $there < $count{$name};
    }
}

sub ask
{
    my ($self, $peer, $method, $path, $field, $body) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{ports}{$peer}, Timeout => 5)
        or die "bench: $PEERS{$peer}{title} is gone\n";

    print {$socket} "$method $path HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n$field\r\n",
        length $body ? "Content-Type: application/json\r\nContent-Length: " . length($body) . "\r\n" : '', "\r\n$body";
    local $/;
    return scalar <$socket> // '';
}

# See Bench::Sockets::own_site().
sub site
{
    my ($self, $peer) = @_;
    my %site = (
        port => $self->{ports}{$peer}, plain => $self->{socket_ports}{$peer}, path => $PATH,
        people => {members => [map { login($_) } 1 .. $self->{members}], staff => [login(1)]},
        body   => qq({"content":"#{n}# $TEXT"}),
    );

    if ($peer eq 'nchan') {
        return {%site, path => '/sub/all', posts => {staff => [['/pub/all', login(1), 0]]}};
    }
    for my $member ($self->{churches} + 1 .. $self->{members}) {
        my $path   = "/api/conversations/@{[$member * 10 - 9]}/messages/";
        my $church = ($member + 1) % $self->{churches} + 1; # whose staff is the user of that number

        push @{$site{posts}{members}}, [$path, login($church), $member - 1];
        push @{$site{posts}{staff}}, [$path, login($member), 0] if $church == 1;
    }
    return \%site;
}

1;
