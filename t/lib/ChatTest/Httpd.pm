package ChatTest::Httpd;

=head1 NAME

ChatTest::Httpd - an httpd of its own for tests that need other settings, and a PostgreSQL likewise

    my $httpd = ChatTest::Httpd->new(conf => "ChatRoot /chat\n");
    ok $httpd->start, 'it starts';
    get($ada, 'conversations/', site => $httpd->url);
    is_deeply [$httpd->unexpected], [], 'its log is quiet';

It is made of t/conf/httpd.conf.in and C<conf>, in a directory of its own that goes with the object.
C<defines>: words for -D. C<module>: another one than the suite's. C<database>: likewise. With the suite's, requests
wait long for a connection, unless C<conf> says otherwise; with another one, which tests stop and start, as
long as without any directive. graceful() restarts it as
C<apachectl graceful> does; file($name, $text, $mode) writes a file into its directory, which the
configuration calls C<@serverroot@>; served_by() tells which children have answered. It takes seconds to end: with end(),
that happens beside what follows, up to stop().

=cut

use strict;
use warnings;
use ChatTest::Config ();
use ChatTest::Log  ();
use ChatTest::Reports ();
use File::Path     qw(make_path remove_tree);
use IO::Socket::INET ();
use Time::HiRes    qw(time sleep);

my $count = 0;
my %ending; # httpd takes a second or two for that, so it is waited for at the end

sub new
{
    my ($class, %given) = @_;
    my $vars = ChatTest::Config->suite->{vars};
    my $home = join '/', $vars->{serverroot}, 'own', join '-', $$, ++$count;
    my $self = bless {home => $home, port => _free_port(), defines => $given{defines} // [],
        httpd => $vars->{httpd}, owner => $$}, $class;

    make_path($home, "$home/logs", "$home/htdocs");
    my %words = (%$vars, serverroot => $home, documentroot => "$home/htdocs", t_logs => "$home/logs",
        t_pid_file => "$home/logs/httpd.pid", port => $self->{port},
        database => $given{database} // $vars->{database}, chat_module => $given{module} // $vars->{chat_module});
    my $text = _slurp("$vars->{t_conf}/httpd.conf.in") . "ServerName 127.0.0.1\n"
        . (defined $given{database} ? '' : "ChatDatabaseWait 10000\n")
        . ($> == 0 ? "User www-data\nGroup www-data\n" : '') . ($given{conf} // $self->usual);
    $text =~ s/\@(\w+)\@/$words{lc $1} \/\/ die "no word for $1"/ge;
    open my $conf, '>', "$home/httpd.conf" or die "$home: $!";
    print {$conf} $text;
    close $conf;
    $self->{log} = ChatTest::Log->new("$home/logs/error_log", '');
    return $self;
}

# What most of them need; a test may put its own beside it. C<$limit_ms>: how long a statement may take; C<$sessions>: the
# name of its sessions, for a test that ends or counts them in the suite's database, where others have this one, too. A
# client that is not read while a database starts on a busy machine does not answer pings.
sub usual
{
    my ($class, $dbd, $limit_ms, $sessions) = @_;

    $limit_ms //= 10_000;
    $sessions //= 'own';
    $dbd //= "DBDMin 2\nDBDKeep 2\nDBDMax 2\nDBDExptime 0\n";
    return <<"END";
DBDriver pgsql
DBDParams "\@database\@ connect_timeout=10 application_name=$sessions options='-c statement_timeout=$limit_ms -c lock_timeout=$limit_ms'"
$dbd
<Location "/api">
    Require valid-user
</Location>
<Location "/api/conversations/openapi.json">
    Require all granted
</Location>
ChatWebSocketHeartbeat 900
END
}

sub url { return "http://127.0.0.1:$_[0]{port}" }

# What httpd says of its configuration, and whether it takes it.
sub configtest
{
    my ($self) = @_;
    my $words = qx{$self->{httpd} @{[$self->_arguments]} -t 2>&1};

    return ($? == 0, $words);
}

sub start
{
    my ($self, $seconds) = @_;
    my $deadline = time + ($seconds // 60) * ($ENV{CHAT_TEST_SLOW} || 1);

    $self->{words} = qx{$self->{httpd} @{[$self->_arguments]} 2>&1 </dev/null};
    return 0 if $?;
    while (time < $deadline) {
        return 1 if $self->pid && $self->is_listening;
        sleep 0.05;
    }
    return 0;
}

sub _arguments
{
    my ($self) = @_;

    return ("-d '$self->{home}' -f '$self->{home}/httpd.conf'", map {"-D $_"} @{$self->{defines}});
}

# Have httpd start with a library before all others, sanitizers' too; `settings` are for the shell.
sub preload
{
    my ($self, $library, $settings) = @_;
    my $program = $self->{httpd};
    my $script  = "LD_PRELOAD='$library' exec $program \"\$\@\"\n";

    if (open my $wrapper, '<', $program) {
        local $/;
        my $text = readline $wrapper;
        $script = $text =~ s/LD_PRELOAD='/$&$library /r =~ s/ASAN_OPTIONS='/$&verify_asan_link_order=0:use_sigaltstack=0:/r
            if $text =~ /^#!.*LD_PRELOAD/s;
    }
    $self->{httpd} = $self->file('httpd', "#!/bin/sh\n" . ($settings // '') . $script =~ s/^#!.*\n//r, 0755);
    return;
}

sub pid
{
    my ($self) = @_;
    my ($pid) = _slurp("$self->{home}/logs/httpd.pid") =~ /(\d+)/;

    return $pid && kill(0 => $pid) ? $pid : undef;
}

sub is_listening
{
    my ($self) = @_;

    return !!IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port}, Timeout => 5);
}

# Tell it to end; stop() then waits for that.
sub end
{
    my ($self) = @_;
    my $pid = $self->pid or return;

    return kill TERM => $pid;
}

sub stop
{
    my ($self) = @_;
    my $pid = $self->pid or return;

    $self->end;
    return _await_end($pid);
}

sub _await_end
{
    my ($pid) = @_;

    for (1 .. 1200 * ($ENV{CHAT_TEST_SLOW} || 1)) {
        return 1 unless kill 0 => $pid;
        sleep 0.05;
    }
    return kill KILL => $pid;
}

# Other lines of its own at the end of the configuration, for the next graceful().
sub set
{
    my ($self, $lines) = @_;
    my $text = _slurp("$self->{home}/httpd.conf");

    $self->{conf} //= $text;
    $self->file('httpd.conf', "$self->{conf}$lines", 0644);
    return;
}

sub graceful
{
    my ($self) = @_;
    my $begun    = sub { return scalar(() = $self->said =~ /resuming normal operations/g) };
    my $before   = $begun->();
    my $deadline = time + 60 * ($ENV{CHAT_TEST_SLOW} || 1);

    kill USR1 => $self->pid;
    while (time < $deadline) {
        return 1 if $begun->() > $before;
        sleep 0.05;
    }
    return 0;
}

sub file
{
    my ($self, $name, $text, $mode) = @_;
    my $path = "$self->{home}/$name";

    open my $out, '>', $path or die "$path: $!";
    print {$out} $text;
    close $out;
    chmod $mode // 0600, $path;
    return $path;
}

# Process ids, each with how many requests it has answered; of those alone that said so in X-Test.
sub served_by
{
    my ($self, $test) = @_;
    my %served;

    /^(\S+) (\d+) / && (!defined $test || $1 eq $test) and $served{$2}++
        for split /\n/, _slurp("$self->{home}/logs/access_log");
    return %served;
}

# All that was said, at the start and in the log.
sub said
{
    my ($self) = @_;

    return ($self->{words} // '') . _slurp("$self->{home}/logs/error_log");
}

sub unexpected
{
    my ($self, @patterns) = @_;
    my @lines = grep { !/^\[[^\]]*\] \[\w*:(?:debug|info|notice)\]/ } $self->{log}->lines;

    # On a busy machine few threads may find many requests, which the MPM says.
    push @patterns, qr/AH10159|AH00484|AH00161/;
    push @patterns, qr/AH00045/ if ChatTest::is_crowded();
    # A watched child takes long to end: it looks for leaks then. After a graceful restart the next has no
    # room beside it.
    push @patterns, qr/AH03490: scoreboard is full/, qr/AH00046/ if ($ENV{CHAT_TEST_SLOW} || 1) > 1;

    for my $pattern (@patterns) {
        @lines = grep { $_ !~ $pattern } @lines;
    }
    return @lines;
}

sub DESTROY
{
    my ($self) = @_;

    return if $self->{owner} != $$;
    local ($@, $?, $!);
    return $self->stop if ${^GLOBAL_PHASE} eq 'DESTRUCT';
    my $pid = $self->pid or return;
    kill TERM => $pid;
    $ending{$pid} = $$;
}

END {
    local ($@, $?, $!);
    _await_end($_) for grep { $ending{$_} == $$ } keys %ending;
}

sub _free_port
{
    my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 1);

    return $socket->sockport;
}

sub _slurp
{
    my ($file) = @_;

    open my $in, '<', $file or return '';
    local $/;
    return readline($in) // '';
}

# A PostgreSQL that a test may stop and start.
package ChatTest::PostgreSQL;

sub new
{
    my ($class) = @_;
    my $vars = ChatTest::Config->suite->{vars};
    my $self = bless {state => "$vars->{serverroot}/own/$$-postgresql", owner => $$}, $class;

    File::Path::make_path($self->{state});
    $self->start;
    chomp($self->{params} = qx{STATE='$self->{state}' conf/instance database-params});
    ChatTest::Reports->shorten_login($self->{params}) if ($ENV{CHAT_TEST_SLOW} || 1) > 1;
    return $self;
}

sub _instance
{
    my ($self, $verb) = @_;

    system("STATE='$self->{state}' conf/instance $verb >'$self->{state}.log' 2>&1") == 0
        or die "conf/instance $verb failed: " . ChatTest::Httpd::_slurp("$self->{state}.log");
}

sub start { $_[0]->_instance('database-start') }

# As after a crash: unlogged tables are empty then.
sub crash
{
    my ($self) = @_;
    my ($pid) = ChatTest::Httpd::_slurp("$self->{state}/postgresql/data/postmaster.pid") =~ /^(\d+)/ or die 'PostgreSQL does not run';

    kill QUIT => $pid;
    return ChatTest::Httpd::_await_end($pid);
}

sub stop { $_[0]->_instance('database-stop') }
sub params { return $_[0]{params} }

sub migrate
{
    my ($self) = @_;

    system("sql/migrate \"$self->{params}\" >'$self->{state}.log' 2>&1") == 0
        or die 'sql/migrate failed: ' . ChatTest::Httpd::_slurp("$self->{state}.log");
}

sub DESTROY
{
    my ($self) = @_;

    return if $self->{owner} != $$;
    local ($@, $?, $!);
    eval { $self->_instance('clean') };
}

1;
