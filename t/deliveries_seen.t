use ChatTest;
use ChatTest::Mail    ();
use ChatTest::Metrics ();

# What an administrator sees of mails and pushes in chat-metrics. Of chat-health, in t/mail_login.t and t/mail_faults.t.
my $mail = ChatTest::Mail->new;
my $db   = $mail->{db};

sub unread
{
    my ($name) = @_;
    my %people = $mail->people($name, "Staff of $name");

    $mail->sql('select (message).id from chat.send_message(?, ?, ?)', $people{"Staff of $name"}, $people{talk}, "to $name");
    return \%people;
}

sub put
{
    my ($people, $reader, $kind, $state) = @_;

    $db->do(q{insert into chat.outbox (conversation_id, user_id, kind, state, due_at, done_at)
              values (?, ?, ?, ?, now() + interval '1 day', case when ? = 'dead' then now() end)},
        undef, $people->{talk}, $people->{$reader}, $kind, $state, $state);
}

# Before there is anybody who counts: two sides wait, and each kind and state has a number of its own.
my @waiting = map { unread("Waiting$_") } 1 .. 2;
my @others  = map { +{$mail->people("Other$_", "Staff $_")} } 1 .. 4;
$db->do(q{update chat.waiting set due_at = now() + interval '1 hour', decided_up_to = 9223372036854775807}); # or notifiers wake them
put($others[$_ - 1], "Other$_", 'email', 'due') for 1 .. 3;
put($others[0], 'Other1', 'email', 'dead');
put($others[$_ - 1], "Other$_", 'push', 'due') for 1 .. 4;
put($others[0], 'Other1', 'push', 'dead') for 1 .. 5;

# In a virtual host, which has no settings of mail.
my $httpd = $mail->httpd("<VirtualHost *:\@port\@>\n</VirtualHost>\nChatEmailRepeat 0\n<Location /chat-metrics>\n    SetHandler chat-metrics\n    Require all granted\n</Location>\n"
    . "LoadModule status_module \@modules_dir\@/mod_status.so\n<Location /server-status>\n    SetHandler server-status\n    Require all granted\n</Location>\n");
sub metrics { return ChatTest::Metrics->of($httpd->url) }

# What the counters are to be, as [name, labels ..., value].
sub becomes
{
    my ($what, @wanted) = @_;
    my $now;

    until_true {
        $now = metrics();
        !grep { my ($name, @labels) = @$_; my $value = pop @labels; $now->value($name, @labels) != $value } @wanted;
    } $what, 60 or diag map { my ($name, @labels) = @$_; pop @labels; "$name @labels: " . $now->value($name, @labels) . "\n" } @wanted;
}

subtest 'what there is to do, and what has failed' => sub {
    becomes('is counted', [chat_waiting => 2], map { ['chat_outbox', kind => $$_[0], state => $$_[1], $$_[2]] }
        [email => due => 3], [email => dead => 1], [push => due => 4], [push => dead => 5]);
    my %status = get(undef, '/server-status?auto', site => $httpd->url)->body =~ /^(Chat\w+): (\d+)$/mg;
    is "@status{qw(ChatWaiting ChatMailsDue ChatMailsDead ChatPushesDue ChatPushesDead ChatMailPaused)}", '2 3 1 4 5 0', 'and is in mod_status';
    cmp_ok $status{ChatNotifiers}, '>=', 2, 'with the threads that do it';
    is metrics()->value('chat_notifiers', state => 'up'), $status{ChatNotifiers}, 'which are in the metrics, too';
    # Or these would be told, too.
    $db->do('delete from chat.conversations where id = ?', undef, $_->{talk}) for @waiting;
};

my $number = 0;

# Of one person more, by httpd, which looks then.
sub tell_one
{
    my $name   = 'Reader' . ++$number;
    my %people = $mail->people($name, "Staff of $name");

    is post({username => "Staff of $name"}, "conversations/$people{talk}/messages/", {content => 'hello'}, site => $httpd->url,
        statements => undef)->code, 201, "to $name";
    $db->do(q{update chat.waiting set due_at = now() where conversation_id = ?}, undef, $people{talk});
}

subtest 'what became of mails' => sub {
    tell_one();
    becomes('one is sent', [chat_deliveries_total => kind => 'email', result => 'sent', 1], [chat_delivery_seconds_count => 1]);
    cmp_ok metrics()->value('chat_delivery_seconds_sum'), '>', 0, 'which took its time';
    $mail->faults({rcpt => '550 5.1.1 nobody', times => 1});
    tell_one();
    becomes('one is refused', [chat_deliveries_total => kind => 'email', result => 'refused', 1], [chat_delivery_seconds_count => 2]);
    $mail->faults({rcpt => '451 4.7.1 later', times => 1});
    tell_one();
    becomes('one is to come later', [chat_deliveries_total => kind => 'email', result => 'later', 1], [chat_delivery_seconds_count => 3]);
    $mail->faults({end => 'drop', times => 1});
    tell_one();
    becomes('of one it is not known', [chat_deliveries_total => kind => 'email', result => 'unknown', 1], [chat_delivery_seconds_count => 4]);
    is metrics()->value('chat_deliveries_total', kind => 'push'), 0, 'no push was sent';
    is_deeply [metrics()->faults], [], 'OpenMetrics';
};

is_deeply [$httpd->unexpected], [], 'the log is quiet';
done_testing;
