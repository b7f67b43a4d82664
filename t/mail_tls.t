use ChatTest;
use ChatTest::Mail ();
use File::Temp qw(tempdir);

# How TLS to the mail server begins, where it must not be without, and what configtest says of that.
my $dir = tempdir('/var/tmp/mod_chat-tls-XXXXXX', CLEANUP => 1);
chmod 0755, $dir;

sub certificate
{
    my ($name, $host) = @_;

    qx{openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=$host -addext subjectAltName=DNS:$host -keyout '$dir/$name.key' -out '$dir/$name.crt' 2>&1};
    is $?, 0, "a certificate of $host";
    return ("$dir/$name.crt", "$dir/$name.key");
}

my @right = certificate(right => 'localhost');
my @wrong = certificate(wrong => 'mail.example.net');
my $mail  = ChatTest::Mail->new('--smtps', '--tls', @right);

sub conf
{
    my ($without, $more) = @_;
    my $conf = $mail->conf($more);

    $conf =~ s/^$without.*\n//m or die "no $without";
    return $conf;
}

sub says
{
    my ($conf, $pattern, $what) = @_;
    my $httpd = ChatTest::Httpd->new(conf => $conf, database => $mail->{database});

    $httpd->file(secret => "0123456789abcdef0123456789abcdef\n");
    $httpd->file(password => "right\n");
    my ($taken, $said) = $httpd->configtest;
    ok !$taken, "refused: $what";
    like $said, $pattern, 'with the reason';
}

subtest 'configtest' => sub {
    says(conf('ChatMail ', "ChatMail smtp://127.0.0.1.example.org\n"), qr/ChatMailTLS off is for a mail server on this host only/,
        'nor to what only looks like this host');
    says(conf('ChatMail', "ChatMail smtp://mail.example.org\nChatMailTLS opportunistic\nChatMailLogin chat file:password\n"),
        qr/ChatMailLogin needs ChatMailTLS required/, 'a password for whoever answers');
    says(conf('ChatMailFrom', "ChatMailFrom chat\@example.org\nChatMailTimeout $_\n"), qr/ChatMailTimeout: .* must be a whole number of seconds from 1 to 240/,
        "$_ seconds") for 0, 241, 'x';
    says(conf('ChatSecret', "ChatSecret file:\@serverroot\@/secret\nChatLinks relative\n"), qr/mail needs ChatPublicRoot with ChatLinks relative/,
        'links that are right nowhere');
    says(conf('ChatSecret', "ChatPublicRoot $_\n"), qr/ChatPublicRoot: ".*" must be https/, "the public root $_")
        for qw(/api http://example.org/api https:// https:///api https://example.org/?a=b), 'https://example.org/#a', '"https://example.org/a b"';
};

$mail->busy;
my $number = 0;
sub sends
{
    my ($httpd) = @_;
    my $name   = 'Reader' . ++$number;
    my %people = $mail->people($name, "Staff of $name");

    post({username => "Staff of $name"}, "conversations/$people{talk}/messages/", {content => 'hello'}, site => $httpd->url,
        statements => undef);
    $mail->hurry;
    return sub { return $mail->sql('select state from chat.outbox where user_id = ?', $people{$name}) // '' };
}

# It is paused for that reason, with one line, and nothing is sent.
sub pauses
{
    my ($conf, $reason, $what) = @_;
    my $httpd = $mail->httpd($conf);
    my $state = sends($httpd);

    until_true { $httpd->said =~ /mail: paused, nothing is lost: .*$reason/ } "$what pauses mail" or diag $httpd->said;
    is $state->(), 'due', 'nothing is sent';
    until_true { $mail->sql(q{select max(attempts) from chat.outbox where state = 'due'}) == 0 } 'and no attempt counted, once the claim is given back';
    is_deeply [$httpd->unexpected(qr/mail: paused/)], [], 'in one line';
    $httpd->stop;
    $mail->{db}->do('delete from chat.outbox');
    $mail->{db}->do(q{delete from chat.waiting where decided_up_to > 0});
}

# The mail comes; what the server knows of it.
sub comes
{
    my ($httpd) = @_;
    my $state = sends($httpd);

    until_true { $state->() eq 'sent' } 'the mail is sent' or diag $httpd->said;
    my ($one) = $mail->mails_to("Reader$number");
    return $one->{facts};
}

subtest 'smtps, with TLS from the beginning' => sub {
    my $conf = "ChatMail smtps://localhost:$mail->{port}\nChatMailTLS required\n";

    my $httpd = $mail->httpd("${conf}ChatMailCA $right[0]\n");
    my $facts = comes($httpd);
    ok $facts->{tls}, 'over TLS';
    is_deeply $facts->{wrong}, [], 'and it is as RFC 5322 has it';
    $httpd->stop;
    is_deeply [$httpd->unexpected], [], 'the log is quiet';
    pauses($conf, qr/certificate|SSL/, 'a certificate that nobody knows');
    $mail->replace('--smtps', '--tls', @wrong);
    pauses("${conf}ChatMailCA $wrong[0]\n", qr/certificate|SSL/, 'a certificate of another host');
};

subtest 'required, where there is no STARTTLS' => sub {
    $mail->replace;
    pauses("ChatMailTLS required\nChatMailCA $right[0]\n", qr/libcurl 64/, 'that');
    is_deeply [$mail->mails_to("Reader$number")], [], 'and nothing was said in the clear';
};

subtest 'opportunistic' => sub {
    my $httpd = $mail->httpd("ChatMailTLS opportunistic\n");

    ok !comes($httpd)->{tls}, 'without STARTTLS in the clear';
    $mail->replace('--tls', @wrong, '--optional');
    ok comes($httpd)->{tls}, 'with STARTTLS over TLS, whoever it is';
    $mail->replace('--tls', @right);
    ok comes($httpd)->{tls}, 'also where it must be';
    $httpd->stop;
    is_deeply [$httpd->unexpected], [], 'the log is quiet';
};
done_testing;
