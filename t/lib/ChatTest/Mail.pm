package ChatTest::Mail;

=head1 NAME

ChatTest::Mail - a mail server with faults, a database, and httpd that sends mail

    my $mail  = ChatTest::Mail->new;
    my $httpd = $mail->httpd('ChatEmailDelay 0');
    my ($one) = $mail->wait_for(1);       # {facts}, {head}, {text}, {html}, {source}
    $mail->faults({rcpt => '550 5.1.1 nobody', times => 1});

It is a ChatTest::Service. Mails are read by Python's parser.

=cut

use strict;
use utf8;
use warnings;
use ChatTest ();
use ChatTest::Httpd ();
use ChatTest::Service ();
use Cpanel::JSON::XS ();

our @ISA = 'ChatTest::Service';

sub new
{
    my ($class, @options) = @_;
    my $self = $class->make(options => [@options]);

    $self->start;
    return $self;
}

sub start
{
    my ($self) = @_;

    $self->serve('/usr/bin/python3', 't/mail/smtp.py', $self->{folder}, @{$self->{options}},
        $self->{port} ? ('--port', $self->{port}) : ());
}

# Another mail server in its place.
sub replace
{
    my ($self, @options) = @_;

    $self->stop;
    $self->{options} = [@options];
    $self->start;
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

sub address_of { return lc "$_[1]\@example.org" }

# As with the passing of some seconds, for those who have not been told.
sub hurry
{
    my ($self) = @_;

    # Without those of busy(), which are changed at the same time in another order.
    $self->{db}->do(q{update chat.waiting w set due_at = now() from chat.conversations c
        where c.id = w.conversation_id and c.id <> all (?::bigint[]) and (w.due_at < 'infinity'
            or w.decided_up_to < case when w.church_side then c.church_newest_unread_id else c.member_newest_unread_id end)},
        undef, $self->{busy_talks} // []);
}

sub faults
{
    my ($self, $faults) = @_;

    open my $out, '>', "$self->{folder}/faults.tmp" or die $!;
    print {$out} Cpanel::JSON::XS->new->encode($faults);
    close $out;
    rename "$self->{folder}/faults.tmp", "$self->{folder}/faults";
}

# All mails so far, in their order.
sub mails
{
    my ($self) = @_;
    my @files = sort { (stat $a)[9] <=> (stat $b)[9] || $a cmp $b } glob "$self->{folder}/*.eml";

    return @files ? @{Cpanel::JSON::XS->new->utf8->decode(scalar qx{/usr/bin/python3 t/mail/parse.py @files})} : ();
}

sub received { return $_[0]->mails }
sub count { return scalar(() = glob "$_[0]{folder}/*.eml") }

# Those to somebody.
sub mails_to
{
    my ($self, $who) = @_;
    my $address = $self->address_of($who);

    return grep { $_->{facts}{to}[0] eq $address } $self->mails;
}

sub forget { unlink glob "$_[0]{folder}/*.eml $_[0]{folder}/*.json" }

1;
