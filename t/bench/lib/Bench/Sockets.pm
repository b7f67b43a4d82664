package Bench::Sockets;

# The cases with WebSockets. t/bench/sockets.c holds them and has the messages posted; this decides who
# they are, and reads memory and clocks. A case here has a function `measure`, which is given the number of
# sockets and gives what wrk would: requests, rate, p50, p99; and kb, of httpd for each socket.
use strict;
use warnings;
use List::Util   qw(sum);
use MIME::Base64 qw(encode_base64);
use Time::HiRes  qw(sleep time);
use Bench::Clocks;
use Bench::Programs;

my $PATH       = '/api/conversations/ws/';
my $SETTLE     = 2;  # seconds between opening sockets and looking at memory
my $ROUNDS     = 4;  # a second, of one message to all
my $PER_SECOND = 50; # messages to one of many
my $AIR_ALL    = 4;  # messages that not all sockets have, and the next are posted nevertheless
my $AIR_ONE    = 64;
my $WARM_MS    = 500;

# home, port, tls_port (or none), members, churches, seconds, restart: a function that starts httpd anew
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

# What each costs the child that holds it. The kernel's share is not in it.
sub idle
{
    my ($self, $kind, $count) = @_;

    $self->{restart}->();
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
    my ($home, $members, $churches) = @$self{qw(home members churches)};
    my $port   = $kind eq 'tls' ? $self->{tls_port} : $self->{port};
    my $answer = $members + 1; # of the staff of church 1
    my %people = (
        everybody => [1 .. $members + $churches],
        members   => [1 .. $members],
        staff     => [$answer],
    );
    my @posts;

    for my $member (1 .. $members) {
        my $conversation = $member * 10; # see data.sql
        my $church       = ($member - 1) % $churches + 1;
        my $path         = "/api/conversations/$conversation/messages/";

        push @posts, $whose eq 'staff' ? ($church == 1 ? [$path, $member, 0] : ())
            : [$path, $members + $church, $member - 1];
    }
    my $log = "$home/sockets.log";
    unlink $log;
    my $client = start_program(["$home/sockets", '127.0.0.1', $port, $PATH, $kind,
            spill("$home/people", map { login($_) . "\n" } @{$people{$whose}}), $self->{port},
            spill("$home/posts", map { "$_->[0]\t" . login($_->[1]) . "\t$_->[2]\n" } @posts),
            qq({"content":"#{n}# Good morning! Is there room for two more at the table on Sunday?",)
                . qq("client_id":"$self->{run}-@{[++$self->{started}]}-{n}"})],
        pipes => 1, log => $log);
    $servers{client} = $client->{pid};
    return $client;
}

sub end_client
{
    stop_program($_[0]);
    delete $servers{client};
}

sub login
{
    return 'Authorization: Basic ' . encode_base64("$_[0]:bench", '');
}

1;
