package ChatTest::Push;

=head1 NAME

ChatTest::Push - a push service with faults, a database, and httpd that pushes

    my $push  = ChatTest::Push->new;
    my $httpd = $push->httpd;
    my $path  = $push->subscribe($httpd, 'Ada');    # a browser of hers, whose pushes come to that path
    my ($one) = $push->wait_for(1);                 # {path}, {headers}, {json}, {wrong}
    $push->fault($path, is => 'status', status => 429, times => 1);

It is a ChatTest::Service: t/push/service.mjs, over TLS with a certificate that httpd is told of (ChatPushCA). npm's part
is ChatTest::Npm's; why_not() says why it cannot be had.

=cut

use strict;
use utf8;
use warnings;
use ChatTest ();
use ChatTest::Httpd ();
use ChatTest::Npm;
use ChatTest::Service ();
use Cpanel::JSON::XS ();
use Mojo::UserAgent ();

our @ISA = 'ChatTest::Service';
my $JSON = Cpanel::JSON::XS->new;

sub why_not { return npm_install('push') }

sub new
{
    my ($class) = @_;
    my $self = $class->make;

    system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost "
        . "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout '$self->{folder}/tls.key' -out '$self->{folder}/tls.crt' 2>/dev/null") == 0
        or die 'no certificate';
    $self->{agent} = Mojo::UserAgent->new(ca => "$self->{folder}/tls.crt", inactivity_timeout => 60 * ChatTest::slow());
    $self->start;
    return $self;
}

sub start
{
    my ($self) = @_;

    $self->serve('node', 't/push/service.mjs', npm_home('push'), $self->{folder}, "$self->{folder}/tls.crt", "$self->{folder}/tls.key",
        @{$self->{ports} // []});
}

sub httpd
{
    my ($self, $more, %given) = @_;
    my $httpd = ChatTest::Httpd->new(database => $self->{database}, %given, conf => ChatTest::Httpd->usual . <<"END" . ($more // ''));
ChatPushKey file:\@serverroot\@/push-key
ChatPushContact mailto:webmaster\@example.org
ChatPushAllow localhost:$self->{ports}[0] localhost:$self->{ports}[1]
ChatPushCA "$self->{folder}/tls.crt"
ChatPushDelay 0
ChatNotificationLink /messages?c={conversation_id}
ChatRateLimit notify off
ChatRateLimit push-test off
END

    $self->{key} //= qx{openssl ecparam -name prime256v1 -genkey -noout 2>/dev/null};
    $httpd->file('push-key' => $given{key} // $self->{key});
    $self->{httpd} = $httpd;
    delete $self->{waker};
    $httpd->preload($given{preload}) if $given{preload};
    Test::More::ok($httpd->start, 'httpd starts') or Test::More::diag($httpd->said);
    return $httpd;
}

# What a browser and its page do; the path of its subscription. Of two services, the second with service => 1; with
# host => name, the endpoint is one of port 443 there.
sub subscribe
{
    my ($self, $httpd, $who, %given) = @_;
    my $person = {username => $who};
    my $key    = ChatTest::get($person, 'push/key/', site => $httpd->url, statements => undef)->json;
    my $made   = $self->_tell('/make', {vapid => $key->{public_key}, service => $given{service} // 0});

    $made->{endpoint} =~ s{//localhost:\d+}{//$given{host}} if $given{host};
    Test::More::is(ChatTest::post($person, 'push/subscriptions/', {%$made, key_id => $key->{key_id}}, site => $httpd->url)->code, 201,
        "$who subscribes");
    return $made->{endpoint} =~ m{(/send/\d+)$} ? $1 : die;
}

sub _tell
{
    my ($self, $path, $json) = @_;

    return $self->{agent}->post("https://localhost:$self->{port}$path", json => $json)->result->json;
}

sub fault
{
    my ($self, $path, %fault) = @_;

    return $self->_tell('/set', {path => $path, %fault});
}

# As with the passing of so many seconds; not for what is on its way. A push to somebody wakes those who wait for it.
sub pass
{
    my ($self, $seconds) = @_;
    my $by = "- make_interval(secs => $seconds)";

    $self->{db}->begin_work;
    $self->{db}->do($_)
        for q{select from chat.outbox where state = 'due' order by id for update}, q{select from chat.push_subscriptions order by id for update},
        "update chat.waiting w set due_at = least(w.due_at, now() + interval '5 s') $by from chat.conversations c
         where c.id = w.conversation_id and (w.due_at < 'infinity'
             or w.decided_up_to < case when w.church_side then c.church_newest_unread_id else c.member_newest_unread_id end)",
        "update chat.outbox o set due_at = due_at $by where state = 'due' and exists (
             select from chat.push_subscriptions s where s.id = any (o.left_over) and s.retry_at = o.due_at)",
        "update chat.push_subscriptions set retry_at = retry_at $by";
    $self->{db}->commit;
    $self->{waker} //= $self->subscribe($self->{httpd}, 'Waker');
    ChatTest::post({username => 'Waker'}, 'push/test/', {}, site => $self->{httpd}->url, statements => undef);
}

# All that has come so far, in its order.
sub pushes
{
    my ($self) = @_;

    return grep { $_->{path} ne ($self->{waker} // '') } map {
        open my $in, '<', $_ or die "$_: $!";
        my $one = Cpanel::JSON::XS->new->utf8->decode(join '', readline $in);
        $one->{json} = $JSON->decode($one->{text}) if defined $one->{text};
        $one
    } sort glob "$self->{folder}/*.json";
}

sub received { return $_[0]->pushes }

sub forget { unlink glob "$_[0]{folder}/*.json" }

1;
