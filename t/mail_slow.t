use ChatTest;
use ChatTest::Mail ();

# A mail server that answers late, or never: each mail has its time, others go on meanwhile, and nobody takes the server
# for one that is wrong.
my $mail = ChatTest::Mail->new;
my $more = <<'END';
ChatEmailRepeat 0
ServerLimit 4
StartServers 3
MaxRequestWorkers 100
<Location /chat-health>
    SetHandler chat-health
    Require all granted
</Location>
END
my $httpd;
my $busy = qr/AH0004[56]/; # a child that stops late, as on a machine that does much else
$mail->busy;

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

sub becomes
{
    my ($id, $pattern, $what) = @_;

    until_true { state_of($id) =~ $pattern } $what or diag state_of($id);
}

sub is_trusted
{
    is get(undef, '/chat-health', site => $httpd->url)->json->{mail}, 'ok', 'mail is healthy';
    unlike $httpd->said, qr/mail: paused/, 'and not paused';
}

# The longest time that there is, so that nothing ends before the test lets it.
subtest 'late answers' => sub {
    $httpd = $mail->httpd("$more\nChatMailTimeout 240\n");
    for my $stage (qw(rcpt data end)) {
        my $name = "Late\u$stage";

        $mail->faults({$stage => 'slow', only => $mail->address_of($name)});
        my $late   = somebody($name);
        until_true { $mail->sql('select attempts from chat.outbox where user_id = ?', $late) } "$stage: the mail is being sent";
        my @others = map { somebody("Other$stage$_") } 1 .. 4;
        becomes($_, qr/^sent \d+ -$/, 'others are served meanwhile') for @others;
        like state_of($late), qr/^due 1 -$/, 'it still waits for its answer';
        $mail->faults({});
        becomes($late, qr/^sent \d+ -$/, 'which is as good as any');
        is scalar(keys %{{map { $_->{head}{'message-id'} => 1 } $mail->mails_to($name)}}), 1, 'it is one';
    }
    is_trusted();
    $mail->faults({connect => 'slow'});
    $httpd->stop; # without connections from before
    is_deeply [$httpd->unexpected($busy)], [], 'the log is quiet';
    $httpd = $mail->httpd("$more\nChatMailTimeout 240\n");
    my $id = somebody('Greeted');
    until_true { $mail->sql('select attempts from chat.outbox where user_id = ?', $id) } 'a late greeting: the mail waits for it';
    $mail->faults({});
    becomes($id, qr/^sent \d+ -$/, 'and is sent');
    is_trusted();
    $httpd->stop;
    is_deeply [$httpd->unexpected($busy)], [], 'the log is quiet';
};

# What is sent again is the same: t/mail_faults.t.
subtest 'no answers' => sub {
    $httpd = $mail->httpd("$more\nChatMailTimeout 10\n");
    my %late;

    $mail->faults({rcpt => 'slow', only => $mail->address_of('NeverRcpt')});
    $late{Rcpt} = somebody('NeverRcpt');
    becomes($late{Rcpt}, qr/^due 1 .*\(libcurl 28, at RCPT\)$/, 'the time of a mail ends');
    $mail->faults({end => 'slow', only => $mail->address_of('NeverEnd')});
    $late{End} = somebody('NeverEnd');
    becomes($late{End}, qr/^due 1 .*\(libcurl 28, at DATA\)$/, 'also when it may have been accepted');
    for my $id (values %late) {
        ok $mail->sql(q{select due_at > created_at + interval '59 s' and due_at < created_at + interval '1 hour' from chat.outbox where user_id = ?}, $id),
            'it is tried again after a minute';
    }
    is_trusted();
    $mail->faults({});
    $httpd->stop;
    is_deeply [$httpd->unexpected($busy)], [], 'the log is quiet';
};

# As one that cannot be reached: no mail is at fault.
subtest 'no greeting' => sub {
    $mail->faults({connect => 'slow'});
    $httpd = $mail->httpd("$more\nChatMailTimeout 5\n");
    my $id = somebody('Ungreeted');
    until_true { $httpd->said =~ /mail: paused, nothing is lost: .*\(libcurl 28, at connecting\)/ } 'pauses mail';
    until_true { state_of($id) =~ /^due 0 / } 'and counts no attempt';
    is get(undef, '/chat-health', site => $httpd->url)->json->{mail}, 'failing', 'which health says';
    is_deeply [$httpd->unexpected($busy, qr/mail: paused/)], [], 'the log is quiet otherwise';
    is scalar(() = $httpd->said =~ /mail: paused/g), 1, 'with one line';
};
done_testing;
