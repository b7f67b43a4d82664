use ChatTest;
use ChatTest::Mail    ();
use ChatTest::Metrics ();

# What becomes of a mail when the mail server refuses it, is slow, gone, or somebody else; and when httpd dies.
my $mail  = ChatTest::Mail->new;
my $conf  = <<'END';
ChatEmailRepeat 0
ChatMailTimeout 10
<Location /chat-health>
    SetHandler chat-health
    Require all granted
</Location>
<Location /chat-metrics>
    SetHandler chat-metrics
    Require all granted
</Location>
END
$mail->busy;
my $httpd = $mail->httpd($conf);
my $north = $mail->httpd($conf);
my $db    = $mail->{db};

# Somebody new with a message that they have not read; their id.
sub somebody
{
    my ($name) = @_;
    my %people = $mail->people($name, "Staff of $name");

    $mail->sql('select (message).id from chat.send_message(?, ?, ?)', $people{"Staff of $name"}, $people{talk}, "to $name");
    $mail->hurry;
    return $people{$name};
}

sub state_of { return join ' ', map { $_ // '-' } $mail->sql('select state, attempts, last_error from chat.outbox where user_id = ?', $_[0]) }

# What both hosts say of mail.
sub health { return join ' ', map { get(undef, '/chat-health', site => $_->url)->json->{mail} } $httpd, $north }

sub becomes
{
    my ($id, $pattern, $what) = @_;

    until_true { state_of($id) =~ $pattern } $what or diag state_of($id);
    return;
}

my @refusals = (
    # at, reply, what becomes of it, of the address
    [rcpt => '550 5.1.1 <x@example.org> unknown', qr/^dead 1 the server has answered 550 5\.1\.1 at RCPT$/, '1 t'],
    [rcpt => '550 5.7.0 x@example.org no',        qr/^dead 1 the server has answered 550 5\.7\.0 at RCPT$/, '1 f'],
    [rcpt => '451 4.7.1 later',                   qr/^due 1 the server has answered 451 4\.7\.1 at RCPT$/, undef],
    [mail => '451 4.3.0 later',                   qr/^due 1 the server has answered 451 4\.3\.0 at MAIL$/, undef],
    [data => '451 4.3.0 later',                   qr/^due 1 the server has answered 451 4\.3\.0 at DATA$/, undef],
    [data => '554 5.7.1 spam',                    qr/^dead 1 the server has answered 554 5\.7\.1 at DATA$/, undef],
    [rcpt => 'drop',                              qr/^due 1 .*\(libcurl \d+, at RCPT\)$/, undef],
    [data => 'drop',                              qr/^due 1 .*\(libcurl \d+, at DATA\)$/, undef],
);
my $number = 0;
for my $refusal (@refusals) {
    my ($at, $reply, $wanted, $address) = @$refusal;

    subtest "$reply at $at" => sub {
        $mail->faults({$at => $reply, times => 1});
        my $name = 'Refused' . ++$number;
        my $id   = somebody($name);
        becomes($id, $wanted, 'is recorded');
        is $mail->sql(q{select failures || ' ' || case when is_off then 't' else 'f' end from chat.mail_failures where address = ?},
            lc "$name\@example.org"), $address, 'for the address, too';
        if (state_of($id) =~ /^due/) {
            ok $mail->sql(q{select due_at > created_at + interval '59 s' and due_at < created_at + interval '1 hour' from chat.outbox where user_id = ?}, $id),
                'it is tried again after a minute';
            $db->do('update chat.outbox set due_at = now() where user_id = ?', undef, $id);
            becomes($id, qr/^sent 2 -$/, 'and sent');
        }
    };
}
is_deeply [$_->unexpected], [], 'faults of one mail are not for the log' for $httpd, $north;

subtest 'accepted, but the answer did not come' => sub {
    $mail->forget;
    $mail->faults({end => 'drop', times => 1});
    my $id = somebody('Twice');
    becomes($id, qr/^due 1 /, 'it is not known');
    $db->do(q{select chat.send_message(m.sender_id, m.conversation_id, 'another one') from chat.messages m where m.content = 'to Twice'});
    $db->do('update chat.outbox set due_at = now() where user_id = ?', undef, $id);
    becomes($id, qr/^sent 2 -$/, 'sent again');
    my ($one, $two) = grep { $_->{head}{to} =~ /Twice/ } $mail->mails;
    is $two->{head}{'message-id'}, $one->{head}{'message-id'}, 'under the same id';
    is $two->{text} =~ s/token=\S+//gr, $one->{text} =~ s/token=\S+//gr, 'with the same messages';
};

subtest 'a server that is gone' => sub {
    $mail->forget;
    $mail->faults({});
    $mail->stop;
    my $id = somebody('Later');
    until_true { $httpd->said =~ /mail: paused/ || $north->said =~ /mail: paused/ } 'the log says so';
    becomes($id, qr/^due 0 /, 'and no attempt is counted');
    until_true { health() eq 'failing failing' } 'both hosts find out', 60;
    is(ChatTest::Metrics->of($httpd->url)->value('chat_mail_paused'), 1, 'so do the metrics');
    $mail->start;
    until_true { state_of($id) =~ /^sent 1 -$/ } 'it goes on by itself, and the mail is sent', 120;
    # A host that has nothing to send has not found out yet.
    for ($httpd, $north) {
        my $paused = () = $_->said =~ /mail: paused/g;
        my $again  = () = $_->said =~ /mail: goes on again/g;
        cmp_ok $paused, '<=', 1, 'one line at most';
        cmp_ok $again, '<=', $paused, 'and one when it goes on';
    }
    is scalar(grep { $_->{head}{to} =~ /Later/ } $mail->mails), 1, 'once';
    until_true { health() eq 'ok ok' } 'a host that has nothing to send does not fail for ever', 300;
    is(ChatTest::Metrics->of($httpd->url)->value('chat_mail_paused'), 0, 'nor in the metrics');
};

subtest 'many at once, at two hosts with two children each, of which one is killed' => sub {
    $mail->forget;
    my %people = map {%$_} map { my %p = $mail->people("Many$_", "Staff of Many$_"); {"Many$_" => \%p} } 1 .. 60;
    $mail->sql('select (message).id from chat.send_message(?, ?, ?)', $people{"Many$_"}{"Staff of Many$_"}, $people{"Many$_"}{talk}, "to $_") for 1 .. 60;
    $mail->hurry;
    $mail->wait_for(5);
    my @children = grep {/^\d+$/} split ' ', qx{pgrep -P @{[$north->pid]}};
    kill KILL => $children[0];
    until_true { $mail->sql(q{select count(*) from chat.outbox o join chat.users u on u.id = o.user_id
        where u.username like 'Many%' and o.state = 'sent'}) >= 59 } 'all but that of the killed child are sent';
    $db->do(q{update chat.outbox set due_at = now() where state = 'due'}); # as when the claim has run out
    until_true { $mail->sql(q{select count(*) from chat.outbox o join chat.users u on u.id = o.user_id
        where u.username like 'Many%' and o.state = 'sent'}) == 60 } 'then that, too';
    my %times;
    $times{$_->{head}{'message-id'}}++ for grep { $_->{head}{to} =~ /Many/ } $mail->mails;
    is keys %times, 60, 'everybody has one';
    cmp_ok scalar(grep { $_ > 1 } values %times), '<=', 2, 'and what the killed child had in hand is the only one that came twice';
    ok !(grep { $_ > 2 } values %times), 'twice at most';
};

is_deeply [$httpd->unexpected(qr/mail: paused/)], [], 'the log is quiet otherwise';
is_deeply [$north->unexpected(qr/mail: paused/, qr/AH00052: child pid \d+ exit signal Killed/)], [], 'at both hosts';
unlike $_->said, qr/\@example\.org|to Many|to Later/, 'without addresses and content' for $httpd, $north;
done_testing;
