use ChatTest;
use ChatTest::Mail ();
use File::Temp qw(tempdir);

# The mail server's certificate and login, and what configtest says of the directives.
my $dir = tempdir('/var/tmp/mod_chat-tls-XXXXXX', CLEANUP => 1);
chmod 0755, $dir;
qx{openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout '$dir/key' -out '$dir/crt' 2>&1};
is $?, 0, 'a certificate';

my $mail = ChatTest::Mail->new('--tls', "$dir/crt", "$dir/key", '--login', 'chat', 'right');

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
    $httpd->file(password => "right\n", $what =~ /everybody/ ? 0644 : 0600);
    my ($taken, $said) = $httpd->configtest;
    ok !$taken, "refused: $what";
    like $said, $pattern, 'with the reason';
}

sub takes
{
    my ($conf, $what) = @_;
    my $httpd = ChatTest::Httpd->new(conf => $conf, database => $mail->{database});

    $httpd->file(secret => "0123456789abcdef0123456789abcdef\n");
    my ($taken, $said) = $httpd->configtest;
    ok $taken, "allowed: $what" or diag $said;
}

subtest 'configtest' => sub {
    says(conf('ChatSecret'), qr/mail needs ChatSecret file:/, 'no secret');
    says(conf('ChatNotificationLink', "ChatNotificationLink /messages\n"), qr/mail needs ChatNotificationLink with https/, 'a link that no mail can have');
    says(conf('ChatNotificationLink', "ChatNotificationLink $_\n"), qr/mail needs ChatNotificationLink with https/, "no TLS to $_")
        for 'http://chat.example.org/', 'http://127.0.0.1.example.org/', 'http://localhost.example.org/', 'http://localhost@example.org/';
    says(conf('ChatMail ', "ChatMail smtp://127.0.0.1.example.org\n"), qr/ChatMailTLS off is for a mail server on this host only/,
        'nor to a name that begins like an address of this host');
    takes(conf('ChatNotificationLink', "ChatNotificationLink $_\n"), "$_, to try it on this host")
        for 'http://127.0.0.1:8080/#/conversations/{conversation_id}', 'http://localhost/', 'http://[::1]:8080/';
    takes(conf('ChatMail ', "ChatMail smtp://[::1]:2525\n"), 'a mail server by its IPv6 address');
    says(conf('ChatMailFrom'), qr/mail needs ChatMailFrom/, 'no sender');
    says(conf('ChatMailFrom', "ChatMailFrom \"Chat <chat\@example.org>\"\n"), qr/ChatMailFrom: .* must be a mail address/, 'a sender with a name');
    says(conf('ChatMail ', "ChatMail http://localhost\n"), qr/ChatMail: .* must be off, smtp/, 'another protocol');
    says(conf('ChatMail ', "ChatMail smtp://mail.example.org\n"), qr/ChatMailTLS off is for a mail server on this host only/, 'no TLS to elsewhere');
    says(conf('ChatMailTemplates', "ChatMailTemplates $dir/none\n"), qr/ChatMailTemplates: the folder .* cannot be read/, 'no templates');
    says(conf('ChatEmailDelay', "ChatEmailDelay soon\n"), qr/ChatEmailDelay: .* must be a whole number/, 'a delay that is not a number');
    says(conf('ChatEmailDelay', "ChatEmailDefault member=never\n"), qr/ChatEmailDefault: /, 'an unknown word');
    says(conf('ChatEmailDelay', "ChatMailLanguage xx\n"), qr/ChatMailLanguage: .* has no folder "xx"/, 'a language without templates');
    says(conf('ChatEmailDelay', "ChatMailLogin chat file:password\n"), qr/accessible to its owner only/, 'a password that everybody may read');
    qx{cp -R conf/mail '$dir/mail' && echo '{{secret}}' >>'$dir/mail/de/message.txt'};
    says(conf('ChatMailTemplates', "ChatMailTemplates $dir/mail\n"), qr{mail/de/message\.txt, line \d+: \{\{secret\}\}: no such name}, 'a template with a mistake');
};

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

my $health = "<Location /chat-health>\n    SetHandler chat-health\n    Require all granted\n</Location>\n";

# What chat-health says of notifiers and of mail.
sub health
{
    my ($httpd) = @_;
    my $json = get(undef, '/chat-health', site => $httpd->url)->json;

    return "$json->{notifier} $json->{mail}";
}

subtest 'a certificate that nobody knows, until there is another one' => sub {
    my @right = @{$mail->{options}};
    qx{openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout '$dir/other.key' -out '$dir/other.crt' 2>&1};
    $mail->replace('--tls', "$dir/other.crt", "$dir/other.key", @right[3 .. 5]);
    my $httpd = $mail->httpd("ChatMailTLS required\nChatMailCA $dir/crt\nChatMailLogin chat file:password\n$health", files => {password => "right\n"});
    is health($httpd), 'ok ok', 'nothing is known of it';
    my $state = sends($httpd);
    until_true { $httpd->said =~ /mail: paused, nothing is lost: .*(?:certificate|SSL)/ } 'pauses mail';
    is health($httpd), 'paused failing', 'which chat-health says';
    is $state->(), 'due', 'nothing is sent';
    until_true { $mail->sql('select max(attempts) from chat.outbox') == 0 } 'and no attempt counted, once the claim is given back';
    $mail->replace(@right);
    until_true { $state->() eq 'sent' } 'with the right one it goes on by itself', 120;
    until_true { health($httpd) eq 'ok ok' } 'as chat-health says';
    is_deeply [$httpd->unexpected(qr/mail: paused/)], [], 'it said so';
    is scalar(() = $httpd->said =~ /mail: paused/g), 1, 'in one line';
    is scalar(() = $httpd->said =~ /mail: goes on again/g), 1, 'and in one that it goes on';
    $httpd->stop;
    $mail->forget;
    $mail->{db}->do('delete from chat.outbox');
};

subtest 'a wrong password, and after graceful the right one' => sub {
    my $httpd = $mail->httpd("ChatMailTLS required\nChatMailCA $dir/crt\nChatMailLogin chat file:password\n$health", files => {password => "wrong\n"});
    my $state = sends($httpd);
    until_true { $httpd->said =~ /mail: paused, nothing is lost: .*(?:[Ll]ogin|denied)/ } 'pauses mail' or diag $httpd->said;
    is health($httpd), 'paused failing', 'which chat-health says';
    is $state->(), 'due', 'nothing is sent';
    $httpd->file(password => "right\n");
    ok $httpd->graceful, 'graceful';
    until_true { $state->() eq 'sent' } 'the mail is sent';
    my ($one) = $mail->wait_for(1);
    ok $one->{facts}{tls}, 'over TLS';
    is $one->{facts}{user}, 'chat', 'by that user';
    until_true { health($httpd) eq 'ok ok' } 'chat-health says so';
    is_deeply [$httpd->unexpected(qr/mail: paused/)], [], 'the log is quiet otherwise';
    is scalar(() = $httpd->said =~ /mail: paused/g), 1, 'which had one line of it';
    unlike $httpd->said, qr/right|wrong/, 'without passwords';
};
done_testing;
