use ChatTest;
use ChatTest::Mail ();
use Mojo::URL ();

# Where the links in a mail lead to, behind a proxy that maps paths. The proxy is a host of the same httpd.
my $mail  = ChatTest::Mail->new;
my $proxy = <<'END';
LoadModule proxy_module @modules_dir@/mod_proxy.so
LoadModule proxy_http_module @modules_dir@/mod_proxy_http.so
<VirtualHost *:@port@>
    ServerName back.example
</VirtualHost>
<VirtualHost *:@port@>
    ServerName front.example
    ChatRoot none
    ProxyPass "/community/api/" "http://127.0.0.1:@port@/api/"
</VirtualHost>
END
my $number = 0;
$mail->busy;

# What unsubscribe leads to: host and path.
sub link_of
{
    my ($conf) = @_;
    my $httpd  = $mail->httpd("ChatEmailRepeat 0\n$conf$proxy");
    my $name   = 'Reader' . ++$number;
    my %people = $mail->people($name, "Staff of $name");

    $mail->sql('select (message).id from chat.send_message(?, ?, ?)', $people{"Staff of $name"}, $people{talk}, 'hello');
    $mail->hurry;
    until_true { () = $mail->mails_to($name) } 'the mail has come' or diag $httpd->said;
    my ($one)  = $mail->mails_to($name);
    my ($link) = $one->{head}{'list-unsubscribe'} =~ /^ ?<(.*)>$/ or diag $one->{source};
    like $one->{text}, qr/^\Q$link\E$/m, 'also in the text';
    return ($httpd, Mojo::URL->new($link), $people{$name});
}

sub at
{
    my ($httpd, $url, $method, %options) = @_;

    return ask(undef, $method => $url->path_query, site => $httpd->url, contract => 0, %options, headers => {Host => $url->host});
}

subtest 'ChatPublicRoot' => sub {
    my ($httpd, $url, $id) = link_of("ChatLinks relative\nChatPublicRoot https://front.example/community/api/\n");
    my $is_off = sub { return $mail->sql(q{select count(*) from chat.preferences where user_id = ? and email = 'off'}, $id) };

    is $url->clone->query(undef)->to_string, 'https://front.example/community/api/notifications/unsubscribe/', 'the public address';
    my $page = at($httpd, $url, 'GET');
    is $page->code, 200, 'the page is there';
    my ($action) = $page->body =~ /<form method="post"([^>]*)>/;
    is $action, '', 'and its form leads to itself';
    is $is_off->(), 0, 'looking changes nothing';
    is at($httpd, $url, 'POST', type => 'application/x-www-form-urlencoded', body => 'List-Unsubscribe=One-Click')->code, 200, 'one click';
    is $is_off->(), 1, 'ends mail';
    is_deeply [$httpd->unexpected], [], 'the log is quiet';
    $httpd->stop;
};

subtest 'without it' => sub {
    my ($httpd, $url) = link_of("ChatRoot /app/api /api\nChatNotificationLink https://back.example:8443/messages?c={conversation_id}\n"
        . "<Location /app/api/notifications/unsubscribe>\n    Require all granted\n</Location>\n");

    is $url->clone->query(undef)->to_string, 'https://back.example:8443/app/api/notifications/unsubscribe/',
        'the first ChatRoot, on the host of ChatNotificationLink';
    is at($httpd, $url, 'GET')->code, 200, 'the page is there';
    is_deeply [$httpd->unexpected], [], 'the log is quiet';
};
done_testing;
