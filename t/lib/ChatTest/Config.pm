package ChatTest::Config;

=head1 NAME

ChatTest::Config - Apache::Test with everything it makes below one directory

Apache::Test writes into the directory of the tests and takes over the modules of the system's
httpd; here neither happens: the templates of t/conf/ are the whole configuration, and what is made
lies in the home given. Every port is bound to 127.0.0.1 alone.

=cut

use strict;
use warnings;
use Time::HiRes qw(sleep);
use Apache::Test       ();
use Apache::TestConfig ();
use Apache::TestServer ();
our @ISA = 'Apache::TestConfig';

sub make
{
    my ($class, %given) = @_;
    my $home = $given{home};
    chomp(my $modules_dir = qx{apxs -q LIBEXECDIR});

    my $self = $class->SUPER::new({
        top_dir      => $home,
        t_dir        => $home,
        serverroot   => $home,
        documentroot => "$home/htdocs",
        t_conf       => "$home/conf",
        t_logs       => "$home/logs",
        httpd        => $given{httpd},
        apxs         => '',
        port         => $given{port},
        servername   => '127.0.0.1',
        $> == 0 ? (user => 'www-data', group => 'www-data') : (),
        chat_module  => $given{module},
        database     => $given{database},
        modules_dir  => $modules_dir,
        save         => 1,
    });
    $self->{save} = 1;
    $self->{server}{port_counter} = $given{port};
    $self->httpd_config;
    $self->generate_httpd_conf;
    $self->save;
    return $self;
}

# What t/run left for the tests: vars and vhosts. As Apache::Test::config(), which asks httpd anew.
my $suite;
sub suite { return $suite //= Apache::TestConfig->thaw }

# The system's configuration is none of ours.
sub inherit_config
{
    my ($self) = @_;

    $self->get_httpd_static_modules;
    $self->{mpm} = 'event';
    return;
}

sub default_apxs { return }
sub find_apache_module { return }

sub parse_vhost
{
    my $self  = shift;
    my $vhost = $self->SUPER::parse_vhost(@_) or return;

    $vhost->{out_string} =~ s/Listen 0\.0\.0\.0:/Listen 127.0.0.1:/;
    return $vhost;
}

# Apache::Test tells a terminal how long it waits; its words are kept for when it waited in vain.
sub start
{
    my ($self, $words, $slow) = @_;

    local $ENV{APACHE_TEST_STARTUP_TIMEOUT} = $slow ? 180 : 20;
    open my $stdout, '>&', \*STDOUT or die $!;
    open my $stderr, '>&', \*STDERR or die $!;
    open STDOUT, '>', $words or die $!;
    open STDERR, '>&', \*STDOUT or die $!;
    local $SIG{TERM} = sub { die "httpd has died\n" }; # what Apache::Test then sends to itself
    my $started = eval { $self->server->start };
    print $@ unless defined $started;
    open STDOUT, '>&', $stdout or die $!;
    open STDERR, '>&', $stderr or die $!;
    return $started;
}

sub stop { return stop_pid(undef, $_[0]{vars}{t_pid_file}) }

sub stop_pid
{
    my (undef, $file) = @_;

    open my $in, '<', $file or return;
    my ($pid) = (readline($in) // '') =~ /^(\d+)/ or return;
    my $home = $file =~ s{/logs/[^/]*$}{}r;
    open my $words, '<', "/proc/$pid/cmdline" or return;
    return unless (readline($words) // '') =~ /\Q$home\E/; # a pid that somebody else has got
    kill TERM => $pid or return;
    for (1 .. 600) {
        return 1 unless kill 0 => $pid;
        sleep 0.1;
    }
    return kill KILL => $pid;
}

1;
