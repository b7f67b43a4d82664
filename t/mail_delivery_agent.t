use ChatTest;
use ChatTest::Mail ();
use File::Temp qw(tempdir);
use IO::Socket::INET ();
use Cpanel::JSON::XS ();

# A mail server as sites have it, Exim, takes our mails over TLS with a login and delivers them to a mailbox, from which a
# strict parser reads them. It runs as a user without rights, on a port and with files of its own.
my $exim = '/usr/sbin/exim4';
plan skip_all => 'this machine has another mail server than Exim' if !-x $exim;

my $dir  = tempdir('/var/tmp/mod_chat-exim-XXXXXX', CLEANUP => 1);
my ($user, $group) = $> == 0 ? ('nobody', 'nogroup') : map { chomp(my $name = qx{id $_}); $name } '-un', '-gn';
my $port = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 1)->sockport;
my $pid;

qx{openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout '$dir/key' -out '$dir/crt' 2>&1};
is $?, 0, 'a certificate';
open my $conf, '>', "$dir/exim.conf" or die $!;
print {$conf} <<"END";
exim_user = $user
exim_group = $group
deliver_drop_privilege
spool_directory = $dir/spool
log_file_path = $dir/log/%slog
pid_file_path = $dir/pid
primary_hostname = mail.example.org
qualify_domain = example.org
local_interfaces = 127.0.0.1
daemon_smtp_ports = $port
host_lookup =
rfc1413_query_timeout = 0s
keep_environment =
check_spool_space = 0
tls_advertise_hosts = *
tls_certificate = $dir/crt
tls_privatekey = $dir/key
auth_advertise_hosts = \${if def:tls_in_cipher {*}}
acl_smtp_rcpt = rcpt

begin acl
rcpt:
    deny message = 5.7.0 log in first
        !authenticated = *
    deny message = 5.1.1 there is nobody of that name
        !local_parts = ada : eve
    accept domains = example.org

begin authenticators
plain:
    driver = plaintext
    public_name = PLAIN
    server_prompts = :
    server_condition = \${if and {{eq {\$auth2} {chat}} {eq {\$auth3} {right}}}}
    server_set_id = \$auth2

begin routers
all:
    driver = accept
    transport = mailbox

begin transports
mailbox:
    driver = appendfile
    directory = $dir/mailbox
    maildir_format
    create_directory
    envelope_to_add
    return_path_add
    delivery_date_add
END
close $conf;
mkdir "$dir/$_" for qw(spool log);
system('chown', '-R', "$user:$group", $dir) == 0 or die 'chown' if $> == 0;
chmod 0755, $dir;

# All that Exim has logged.
sub said { return scalar qx{cat '$dir'/log/* 2>/dev/null} }
sub listens { return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 5) }

my @command = (($> == 0 ? ('/usr/bin/setpriv', "--reuid=$user", "--regid=$group", '--clear-groups') : ()), $exim, '-C', "$dir/exim.conf", '-bdf');
defined($pid = fork) or die $!;
if (!$pid) {
    open STDOUT, '>', "$dir/log/output";
    open STDERR, '>&', \*STDOUT;
    exec {$command[0]} @command;
    die "exec: $!";
}
my $owner = $$;
END { local $?; $$ == ($owner // 0) and kill(TERM => $pid) and waitpid $pid, 0 }
until_true { listens() } 'Exim is there' or diag said();

my $mail  = ChatTest::Mail->new;
my $httpd = $mail->httpd(<<"END", files => {password => "right\n"});
ChatEmailRepeat 0
ChatMail smtp://localhost:$port
ChatMailTLS required
ChatMailCA $dir/crt
ChatMailLogin chat file:password
ChatMailBounce bounces\@example.org
END
my %ada = $mail->people('Ada', 'Eve');
my %zoe = $mail->people('Zoe', 'Max');
$mail->busy;

sub delivered
{
    my $json = -d "$dir/mailbox/new" ? qx{/usr/bin/python3 t/mail/maildir.py '$dir/mailbox' 2>&1} : '[]';
    my $mails = eval { Cpanel::JSON::XS->new->utf8->decode($json) } // die $json;

    my $number = sub { return $_[0]{head}{'message-id'}[0] =~ /\.m(\d+)@/ ? $1 : 0 };
    my @sorted = sort { $number->($a) <=> $number->($b) } @$mails;
    return @sorted;
}

sub says
{
    my ($who, $talk, $content) = @_;

    my $answer = post({username => $who}, "conversations/$talk/messages/", {content => $content}, site => $httpd->url, statements => undef);
    is $answer->code, 201, "$who writes";
    $mail->hurry;
    return $answer->json->{message}{id};
}

my $text = "Grüße aus Köln 😀\n.\n..two dots\nFrom the church & <b>bold</b> {{link}} \n" . 'ü' x 200;

subtest 'two of a conversation' => sub {
    my @ids = says('Eve', $ada{talk}, $text);
    until_true { 1 == delivered() } 'the first is in the mailbox' or diag said() . $httpd->said;
    push @ids, says('Eve', $ada{talk}, 'and more');
    until_true { 2 == delivered() } 'and the second' or diag said() . $httpd->said;
    my @mails = delivered();
    my @once  = qw(date from to subject message-id in-reply-to references auto-submitted list-id list-unsubscribe list-unsubscribe-post
        content-language mime-version content-type return-path envelope-to delivery-date received);

    for my $n (0, 1) {
        my $head = $mails[$n]{head};
        is_deeply +{map { $_ => scalar @{$head->{$_}} } keys %$head}, {map { $_ => 1 } @once}, 'each header is there once, and no other';
        is $head->{'message-id'}[0], "<c$ada{talk}.u$ada{Ada}.m$ids[$n]\@chat.example.org>", 'its id';
        is $head->{$_}[0], "<c$ada{talk}\@chat.example.org>", "$_: the conversation" for qw(references in-reply-to);
        is $head->{subject}[0], "New message from St. Märy’s ″Abbey″", 'the same subject';
        is $head->{'auto-submitted'}[0], 'auto-generated', 'nobody is to answer by itself';
        is $head->{'list-unsubscribe-post'}[0], 'List-Unsubscribe=One-Click', 'one click';
        like $head->{'list-unsubscribe'}[0], qr{^<https://chat\.example\.org/api/notifications/unsubscribe/\?token=[\w.-]+>$}, 'where';
        is $head->{'return-path'}[0], '<bounces@example.org>', 'what cannot be delivered returns to ChatMailBounce';
        is $head->{'envelope-to'}[0], 'ada@example.org', 'delivered to its reader';
        like $head->{received}[0], qr/by mail\.example\.org with esmtpsa .*\(Exim /s, 'by Exim, over TLS, with a login';
        is_deeply $mails[$n]{addresses}, {from => [["St. Märy’s ″Abbey″", 'chat@example.org']], to => [['Ada', 'ada@example.org']]}, 'from and to';
        is $mails[$n]{type}, 'multipart/alternative', 'two parts';
        is_deeply [map { join ' ', @$_{qw(type charset encoding)} } @{$mails[$n]{parts}}],
            ['text/plain utf-8 quoted-printable', 'text/html utf-8 quoted-printable'], 'of text and HTML';
    }
    my ($plain, $html) = map { $_->{content} =~ s/\r//gr } @{$mails[0]{parts}};
    like $plain, qr/\Q$text\E/, 'the text has the message, word for word';
    my $unescaped = $html =~ s/<[^>]*>//gr;
    $unescaped =~ s/&lt;/</g; $unescaped =~ s/&gt;/>/g; $unescaped =~ s/&#39;/'/g; $unescaped =~ s/&quot;/"/g; $unescaped =~ s/&amp;/&/g;
    like $unescaped, qr/\Q$text\E/, 'and so has the HTML';
};

subtest 'an address that there is not' => sub {
    says('Max', $zoe{talk}, 'hello');
    my $state = sub { return join ' ', map { $_ // '-' } $mail->sql('select state, last_error from chat.outbox where user_id = ?', $zoe{Zoe}) };
    until_true { $state->() =~ /^dead / } 'is refused for good' or diag $state->();
    is $state->(), 'dead the server has answered 550 5.1.1 at RCPT', 'with the answer of Exim';
    is $mail->sql('select is_off from chat.mail_failures where address = ?', 'zoe@example.org'), 1, 'and not tried again';
};

like said(), qr/A=plain:chat/, 'Exim knows who we are';
unlike said(), qr/\bpanic\b|SMTP protocol|rejected (?:MAIL|DATA|EHLO|after DATA)|protocol synchronization/i, 'and has nothing to object' or diag said();
is_deeply [$httpd->unexpected], [], 'the log is quiet';
done_testing;
