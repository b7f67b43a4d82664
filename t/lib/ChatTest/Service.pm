package ChatTest::Service;

=head1 NAME

ChatTest::Service - what tests of mail and of push share: a server that httpd talks to, and a database

    package ChatTest::Mail;
    our @ISA = 'ChatTest::Service';
    my $mail = ChatTest::Mail->make(options => []);
    $mail->serve('python3', 't/mail/smtp.py', $mail->{folder});    # prints its port
    my ($one) = $mail->wait_for(1);                                # of what $mail->received gives

The database is one of its own in the suite's PostgreSQL, as all notifiers of a database share the work. A subclass says
what has been received(), and the mail address_of() a name.

=cut

use strict;
use utf8;
use warnings;
use ChatTest ();
use ChatTest::Httpd ();
use File::Temp qw(tempdir);
use Time::HiRes qw(sleep);

my $count = 0;

# Of busy(): how many sides are due at once, more than one notifier takes, so that all have something to decide; how
# often; for how long in advance.
my ($BUSY_SIDES, $BUSY_STEP, $BUSY_STEPS) = (40, '500 ms', 12);

sub make
{
    my ($class, %given) = @_;
    my $vars = ChatTest::Config->suite->{vars};
    my $kind = lc $class =~ s/.*:://r;
    my $self = bless {%given, name => join('_', 'chat', $kind, $$, ++$count), owner => $$,
        folder => tempdir("/var/tmp/mod_chat-$kind-XXXXXX", CLEANUP => 1)}, $class;

    chmod 0755, $self->{folder};
    chomp(my $admin = qx{STATE='$vars->{serverroot}' conf/instance database-params admin});
    ChatTest::db()->do("create database $self->{name}");
    $self->{database} = $vars->{database} =~ s/dbname=\S+/dbname=$self->{name}/r;
    my $said = qx{sql/migrate "$self->{database}" 2>&1};
    die "sql/migrate: $said" if $?;
    $self->{admin} = $admin =~ s/dbname=\S+/dbname=$self->{name}/r;
    $self->{db}    = ChatTest::db($self->{admin});
    return $self;
}

# Start a server whose first line of output is its port, or several.
sub serve
{
    my ($self, @command) = @_;

    $self->{pid} = open $self->{out}, '-|', @command or die "@command: $!";
    $self->{ports} = [split ' ', readline($self->{out}) // die "@command did not start"];
    $self->{port}  = $self->{ports}[0];
}

sub stop
{
    my ($self) = @_;

    kill KILL => delete $self->{pid} // return;
    close $self->{out};
}

sub sql
{
    my ($self, $statement, @values) = @_;

    return $self->{db}->selectrow_array($statement, undef, @values);
}

sub address_of { return undef }

# A church with staff, and a member.
sub people
{
    my ($self, $member, @staff) = @_;
    my $church = $self->sql('insert into chat.churches (name) values (?) returning id', 'St. Märy\'s "Abbey"');
    my %id     = map {
        ($_ => scalar $self->sql('insert into chat.users (username, display_name, email) values (?, ?, ?) returning id', $_, $_,
            $self->address_of($_)))
    } $member, @staff;

    $self->sql('insert into chat.church_staff (church_id, user_id) values (?, ?) returning 1', $church, $id{$_}) for @staff;
    return (church => $church, talk => scalar $self->sql('select (conversation).id from chat.open_conversation(?, ?)', $id{$member}, $church),
        %id);
}

# From now on some conversation is due at each moment, as where many people write. So all notifiers look at once, and
# not up to half a minute later, at what a test has made due.
sub busy
{
    my ($self) = @_;
    my $talks = $self->{db}->selectcol_arrayref(<<'END', undef, $BUSY_SIDES * $BUSY_STEPS);
with member as (insert into chat.users (username, display_name)
                select 'busy' || n, 'Busy' from generate_series(1, ?) n returning id),
     church as (insert into chat.churches (name) values ('Busy') returning id)
insert into chat.conversations (member_id, church_id) select m.id, c.id from member m, church c returning id
END

    $self->{busy_talks} = $talks;
    $self->{busy} = ChatTest::in_background {
        ChatTest::db($self->{admin})->do(<<"END", undef, $talks);
insert into chat.waiting (conversation_id, church_side, due_at)
select t.id, false, clock_timestamp() + (1 + t.n / $BUSY_SIDES) * interval '$BUSY_STEP' from unnest(?::bigint[]) with ordinality t (id, n)
on conflict (conversation_id, church_side) do update set due_at = excluded.due_at
END
        sleep 1;
    };
}

# At least so many.
sub wait_for
{
    my ($self, $wanted, $what) = @_;

    ChatTest::until_true(sub { $self->count >= $wanted }, $what // "$wanted have come");
    return $self->received;
}

sub count { return scalar(my @all = $_[0]->received) }

sub DESTROY
{
    my ($self) = @_;

    return if $self->{owner} != $$;
    local ($@, $?, $!);
    kill KILL => $self->{pid} if $self->{pid};
    return if ${^GLOBAL_PHASE} eq 'DESTRUCT'; # the database ends with that of the suite
    undef $self->{busy};
    $self->{db}->disconnect if $self->{db};
    eval { ChatTest::db()->do("drop database $self->{name} with (force)") };
}

1;
