package ChatTest::Mail;

=head1 NAME

ChatTest::Mail - a mail server with faults, a database, and httpd that sends mail

    my $mail  = ChatTest::Mail->new;
    my $httpd = $mail->httpd('ChatEmailDelay 0');
    my ($one) = $mail->wait_for(1);       # {facts}, {head}, {text}, {html}, {source}
    $mail->faults({rcpt => '550 5.1.1 nobody', times => 1});

The database is one of its own in the suite's PostgreSQL, as all notifiers of a database share the work. Mails are read
by Python's parser.

=cut

use strict;
use utf8;
use warnings;
use ChatTest ();
use ChatTest::Httpd ();
use File::Temp qw(tempdir);
use JSON::PP ();
use Time::HiRes qw(sleep);

my $count = 0;

sub new
{
    my ($class, @options) = @_;
    my $vars   = ChatTest::Config->suite->{vars};
    my $self   = bless {name => join('_', 'chat_mail', $$, ++$count), owner => $$, options => [@options],
        folder => tempdir('/var/tmp/mod_chat-mail-XXXXXX', CLEANUP => 1)}, $class;

    chmod 0755, $self->{folder};
    chomp(my $admin = qx{STATE='$vars->{serverroot}' conf/instance database-params admin});
    ChatTest::db()->do("create database $self->{name}");
    $self->{database} = $vars->{database} =~ s/dbname=\S+/dbname=$self->{name}/r;
    my $said = qx{sql/migrate "$self->{database}" 2>&1};
    die "sql/migrate: $said" if $?;
    $self->{admin} = $admin =~ s/dbname=\S+/dbname=$self->{name}/r;
    $self->{db} = ChatTest::db($self->{admin});
    $self->start;
    return $self;
}

sub start
{
    my ($self) = @_;

    my @port = $self->{port} ? ('--port', $self->{port}) : ();
    $self->{pid} = open $self->{out}, '-|', '/usr/bin/python3', 't/mail/smtp.py', $self->{folder}, @{$self->{options}}, @port
        or die "smtp.py: $!";
    chomp($self->{port} = readline($self->{out}) // die 'smtp.py did not start');
}

sub stop
{
    my ($self) = @_;

    kill KILL => $self->{pid};
    close $self->{out};
}

# What every httpd of such a test has.
sub conf
{
    my ($self, $more) = @_;

    return ChatTest::Httpd->usual . <<"END" . ($more // '');
ServerLimit 2
StartServers 2
MinSpareThreads 25
MaxSpareThreads 150
ThreadsPerChild 25
MaxRequestWorkers 50
ChatSecret file:\@serverroot\@/secret
ChatNotificationLink https://chat.example.org/messages?c={conversation_id}
ChatMail smtp://localhost:$self->{port}
ChatMailTLS off
ChatMailFrom chat\@example.org
ChatMailHost chat.example.org
ChatMailTemplates "$ENV{PWD}/conf/mail"
ChatEmailDelay 0
<Location "/api/notifications/unsubscribe">
    Require all granted
</Location>
END
}

sub httpd
{
    my ($self, $more, %given) = @_;
    my $httpd = ChatTest::Httpd->new(conf => $self->conf($more), database => $self->{database}, %given);

    $httpd->file(secret => "0123456789abcdef0123456789abcdef\n");
    $httpd->file($_ => $given{files}{$_}) for keys %{$given{files} // {}};
    Test::More::ok($httpd->start, 'httpd starts') or Test::More::diag($httpd->said);
    return $httpd;
}

sub sql
{
    my ($self, $statement, @values) = @_;

    return $self->{db}->selectrow_array($statement, undef, @values);
}

# A church with staff, and a member, whose addresses are their names.
sub people
{
    my ($self, $member, @staff) = @_;
    my $church = $self->sql('insert into chat.churches (name) values (?) returning id', 'St. Märy\'s "Abbey"');
    my %id     = map {
        ($_ => scalar $self->sql('insert into chat.users (username, display_name, email) values (?, ?, ?) returning id', $_, $_,
            lc "$_\@example.org"))
    } $member, @staff;

    $self->sql('insert into chat.church_staff (church_id, user_id) values (?, ?) returning 1', $church, $id{$_}) for @staff;
    return (church => $church, talk => scalar $self->sql('select (conversation).id from chat.open_conversation(?, ?)', $id{$member}, $church),
        %id);
}

# As with the passing of some seconds.
sub hurry
{
    my ($self) = @_;

    $self->{db}->do(q{update chat.waiting w set due_at = now() from chat.conversations c
        where c.id = w.conversation_id and (w.due_at < 'infinity'
            or w.decided_up_to < case when w.church_side then c.church_newest_unread_id else c.member_newest_unread_id end)});
}

sub faults
{
    my ($self, $faults) = @_;

    open my $out, '>', "$self->{folder}/faults.tmp" or die $!;
    print {$out} JSON::PP->new->encode($faults);
    close $out;
    rename "$self->{folder}/faults.tmp", "$self->{folder}/faults";
}

# How many connections there have been.
sub connections
{
    my ($self) = @_;

    open my $in, '<', "$self->{folder}/connections" or return 0;
    return scalar(() = readline $in);
}

# All mails so far, in their order.
sub mails
{
    my ($self) = @_;
    my @files = sort { (stat $a)[9] <=> (stat $b)[9] || $a cmp $b } glob "$self->{folder}/*.eml";

    return @files ? @{JSON::PP->new->utf8->decode(scalar qx{/usr/bin/python3 t/mail/parse.py @files})} : ();
}

# At least so many.
sub wait_for
{
    my ($self, $wanted) = @_;

    ChatTest::until_true(sub { (() = glob "$self->{folder}/*.eml") >= $wanted }, "$wanted mails have come");
    return $self->mails;
}

sub forget { unlink glob "$_[0]{folder}/*.eml $_[0]{folder}/*.json" }

sub DESTROY
{
    my ($self) = @_;

    return if $self->{owner} != $$;
    local ($@, $?, $!);
    kill KILL => $self->{pid} if $self->{pid};
    $self->{db}->disconnect if $self->{db};
    eval { ChatTest::db()->do("drop database $self->{name} with (force)") };
}

1;
