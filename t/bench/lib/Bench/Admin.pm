package Bench::Admin;

# What the lists of the administration cost, over a copy of the data of searches (t/bench/search.sql) to which t/bench/admin.sql adds.
use strict;
use warnings;
use Digest::MD5 qw(md5_hex);
use Time::HiRes qw(time);
use Bench::Programs;

my $ASKS = 50; # of each shape

# search, a Bench::Search; sql and admin as its own.
sub new
{
    my ($class, %self) = @_;

    return bless {%self, found => []}, $class;
}

# The connection string of the copy, which is kept.
sub load
{
    my ($self, $messages) = @_;
    my $name     = "admin_$messages";
    my $admin    = $self->{admin} =~ s/dbname=\S+/dbname=$name/r;
    my $original = $self->{search}->load($messages);
    my $mark     = md5_hex(map { slurp($_) } glob 't/bench/{admin,search}.sql sql/migrations/*.sql');

    if ($self->{sql}->($self->{admin}, "select shobj_description(oid, 'pg_database') from pg_database where datname = '$name'") ne $mark) {
        my $start = time;

        $self->{sql}->($self->{admin}, "drop database if exists $name with (force)",
            'create database ' . $name . ' owner chat strategy file_copy template ' . ($original =~ /dbname=(\S+)/)[0]);
        run_program(['psql', '-Xq', '-d', $admin, '-v', "messages=$messages", '-f', 't/bench/admin.sql']);
        $self->{sql}->($self->{admin}, "comment on database $name is '$mark'", 'checkpoint');
        note(sprintf 'bench: %d messages to administer made in %.0f s', $messages, time - $start);
    }
    run_program(['sql/migrate', $original =~ s/dbname=\S+/dbname=$name/r]);
    return $admin; # a superuser, who sees what a backend has used
}

sub measure
{
    my ($self, $messages) = @_;
    my $params = $self->load($messages);
    my @statements = map { chomp(my $text = qx{conf/statements $_->[1]}); ('-v', "$_->[0]=$text") }
        [list => 'list_admin_items'], [item => 'get_admin_item'], [stats => 'get_admin_stats'];

    my $said = run_program(['psql', '-Xq', '-d', $params, @statements, '-v', "asks=$ASKS", '-v', 'only=.', '-f', 't/bench/admin_times.sql']);
    push @{$self->{found}}, [$messages, map { [split /\|/] } grep {/\|/} split /\n/, $said];
}

sub print_found
{
    my ($self) = @_;

    for (@{$self->{found}}) {
        my ($messages, @lines) = @$_;

        printf "\n%-40s %8s %8s %8s %8s %8s\n", "administration of $messages messages", 'asked', 'p50 ms', 'p95 ms', 'CPU p95', 'budget';
        printf "  %-38s %8d %8.1f %8.1f %8.1f %8d%s\n", @$_[0, 2, 3, 4, 5, 1], $_->[5] > $_->[1] ? ' exceeded' : '' for @lines;
    }
}

1;
