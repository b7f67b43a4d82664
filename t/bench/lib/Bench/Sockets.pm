package Bench::Sockets;

# The cases with WebSockets. t/bench/sockets.c holds them and has the messages posted; this decides who
# they are, and reads memory and clocks. A case here has a function `measure`, which is given the number of
# sockets and gives what wrk would: requests, rate, p50, p99; and kb, of httpd for each socket.
use strict;
use warnings;
use MIME::Base64 qw(encode_base64);
use Time::HiRes  qw(sleep time);
use Bench::Clocks;
use Bench::Programs;

my $SETTLE     = 2;  # seconds between opening sockets and looking at memory
our $ROUNDS     = 4;  # a second, of one message to all
our $PER_SECOND = 50; # messages to one of many
my $AIR_ALL    = 4;  # messages that not all sockets have, and the next are posted nevertheless
my $AIR_ONE    = 64;
my $WARM_MS    = 500;
my $TEXT       = 'Good morning! Is there room for two more at the table on Sunday?';

# home, port, tls_port (or none), members, churches, seconds, restart: a function that starts httpd anew;
# busy: one that gives all its workers something to do; or instead of ports and people a site, as own_site() gives it
sub new
{
    my ($class, %self) = @_;

    return bless {%self, run => sprintf '%x', time * 1000}, $class;
}

sub compile
{
    my ($self, $cc) = @_;

    run_program([$cc, qw(-std=c11 -O2 -Wall -Wextra -Werror -o), "$self->{home}/sockets", 't/bench/sockets.c',
            qw(-lssl -lcrypto)]);
}

sub cases
{
    my ($self) = @_;
    my @kinds = ('plain', $self->{tls_port} ? 'tls' : ());
    my @cases;

    for my $kind (@kinds) {
        my $tls = $kind eq 'tls' ? ', TLS' : '';

        push @cases,
            $self->case("sockets-idle-$kind", "idle sockets$tls", [1000, 10_000], sub { $self->idle($kind, @_) }),
            $self->case("sockets-all-$kind", "one message to all$tls", [1000, 5000],
                sub { $self->say_to_all($kind, $ROUNDS, 1, @_) }),
            $self->case("sockets-one-$kind", "POST to frame, $PER_SECOND/s$tls", [1000],
                sub { $self->say_to_one($kind, $PER_SECOND, 1000, @_) }),
            $self->case("sockets-many-$kind", "frames delivered$tls", [1000],
                sub { $self->say_to_all($kind, 0, $AIR_ALL, @_) }),
            $self->case("sockets-flow-$kind", "messages delivered$tls", [1000],
                sub { $self->say_to_one($kind, 0, $AIR_ONE, @_) });
    }
    return @cases;
}

sub case
{
    my ($self, $name, $title, $rows, $measure) = @_;

    return {name => $name, title => $title, rows => $rows, measure => $measure, writes => 1, has_database => 1};
}

# What each costs the child that holds it. The kernel's share is not in it, nor what a worker takes once, for
# the heap of its thread: as many of them as have worked, which depends on how quickly the sockets come.
sub idle
{
    my ($self, $kind, $count) = @_;

    $self->{restart}->();
    $self->{busy}->();
    my $holder = $self->client($kind, 'everybody');
    open_sockets($holder, 10); # what the first ones bring once
    my @tree   = tree_of($servers{httpd});
    my $before = resident_kb(@tree);
    my $clocks = clocks();
    my $us     = open_sockets($holder, $count);
    my %used   = used($clocks, clocks());
    sleep $SETTLE;
    die "bench: httpd has other processes now\n" if "@tree" ne join ' ', tree_of($servers{httpd});
    my $kb = (resident_kb(@tree) - $before) / ($count - 10);
    end_client($holder);
    return $self->result(\%used, requests => $count, rate => $count * 1e6 / $us, kb => $kb);
}

# All sockets are those of one of a church's staff, so that each message is for all of them. The times
# are those until the last socket has it.
sub say_to_all
{
    my ($self, $kind, $per_second, $air, $count) = @_;

    my $m = $self->say($kind, 'staff', $count, "all $per_second $air", 'frames');

    $m->{rate} = 0 if $per_second; # which is no merit
    return $m;
}

# The members have the sockets, and their churches write to them in turn.
sub say_to_one
{
    my ($self, $kind, $per_second, $air, $count) = @_;

    return $self->say($kind, 'members', $count, "one $per_second $air", 'heard');
}

# `counted`: what there are so many of in a second, the frames, or the messages heard.
sub say
{
    my ($self, $kind, $whose, $count, $how, $counted) = @_;
    my $client = $self->client($kind, $whose);
    my %said;

    open_sockets($client, $count);
    said($client, "$how $WARM_MS");
    my $clocks = clocks();
    %said = said($client, "$how " . 1000 * $self->{seconds});
    my %used = used($clocks, clocks($clocks->{processes}));
    end_client($client);
    die "bench: no message was heard\n", indent(slurp($client->{log})) unless $said{$counted};
    return $self->result(\%used,
        requests => $said{$counted}, rate => $said{$counted} * 1e6 / $said{us}, p50 => $said{p50}, p99 => $said{p99},
        refused => $said{refused}, unheard => $said{messages} - $said{heard});
}

sub result
{
    my ($self, $used, %m) = @_;

    return {
        p50 => 0, p99 => 0, broken => 0, refused => 0, %m,
        httpd_us => 1e6 * $used->{httpd} / $m{requests}, pg_us => 1e6 * $used->{postgresql} / $m{requests},
        foreign => foreign(%$used),
    };
}

sub open_sockets
{
    my ($client, $count) = @_;

    talk_to($client, "open $count");
    return (hear_from($client))[2];
}

sub said
{
    my ($client, $how) = @_;
    my %said;

    talk_to($client, "say $how");
    (undef, @said{qw(messages heard frames us p50 p99 most refused)}) = hear_from($client);
    return %said;
}

# The client, with the files that tell it who the people are and what they say.
sub client
{
    my ($self, $kind, $whose) = @_;
    my $site = $self->{site} ||= $self->own_site;
    my $log  = "$self->{home}/sockets.log";
    my $body = $site->{body} =~ s/\{run\}/"$self->{run}-" . ++$self->{started}/er;

    unlink $log;
    my $client = start_program(["$self->{home}/sockets", '127.0.0.1', $site->{$kind}, $site->{path}, $kind,
            spill("$self->{home}/people", map {"$_\n"} @{$site->{people}{$whose}}), $site->{port},
            spill("$self->{home}/posts", map { join("\t", @$_) . "\n" } @{$site->{posts}{$whose}}), $body],
        pipes => 1, log => $log);
    $servers{client} = $client->{pid};
    return $client;
}

sub end_client
{
    stop_program($_[0]);
    delete $servers{client};
}

# Who is where and may say what, in the data set of the module (see data.sql): for each of two groups of
# people the field with which they log in, and posts that they hear: path, login, place among the people.
sub own_site
{
    my ($self) = @_;
    my ($members, $churches) = @$self{qw(members churches)};
    my %site = (
        port => $self->{port}, plain => $self->{port}, tls => $self->{tls_port}, path => '/api/conversations/ws/',
        people => {
            everybody => [map { login($_) } 1 .. $members + $churches],
            members   => [map { login($_) } 1 .. $members],
            staff     => [login($members + 1)], # one of church 1
        },
        body => qq({"content":"#{n}# $TEXT","client_id":"{run}-{n}"}),
    );

    for my $member (1 .. $members) {
        my $church = ($member - 1) % $churches + 1;
        my $path   = "/api/conversations/@{[$member * 10]}/messages/";

        push @{$site{posts}{members}}, [$path, login($members + $church), $member - 1];
        push @{$site{posts}{staff}}, [$path, login($member), 0] if $church == 1;
    }
    $site{posts}{everybody} = $site{posts}{members};
    return \%site;
}

sub login
{
    return 'Authorization: Basic ' . encode_base64("$_[0]:bench", '');
}

1;
