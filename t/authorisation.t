use ChatTest;
use ChatTest::Httpd ();

# Who may come to a path is Apache's say alone, also where the module needs no user.
my $ada   = member('Ada');
my $usual = ChatTest::Httpd->usual;
my $open  = qq{<Location "/api/conversations/openapi.json">\n    Require all granted\n</Location>};
my %sites = (
    closed     => 'Require valid-user',
    denied     => 'Require all denied',
    elsewhere  => 'Require ip 192.0.2.1',
    here       => 'Require ip 127.0.0.1',
    staff      => 'Require user the-chosen-one',
    either     => "<RequireAny>\nRequire ip 192.0.2.1\nRequire valid-user\n</RequireAny>",
    both       => "<RequireAll>\nRequire ip 127.0.0.1\nRequire valid-user\n</RequireAll>",
    neither    => "<RequireAll>\nRequire ip 192.0.2.1\nRequire valid-user\n</RequireAll>",
    not_get    => "<RequireAll>\nRequire all granted\nRequire not method GET\n</RequireAll>",
    untyped    => "AuthType None\nRequire all granted",
    forbidding => "AuthzSendForbiddenOnFailure On\nRequire user the-chosen-one",
    old_denied => "Require all granted\nOrder allow,deny\nDeny from all",
    old_either => "Require valid-user\nOrder deny,allow\nDeny from all\nAllow from 192.0.2.1\nSatisfy any",
    old_here   => "Require valid-user\nOrder deny,allow\nDeny from all\nAllow from 127.0.0.1\nSatisfy any",
);
my $httpd = ChatTest::Httpd->new(conf => <<'END' . $usual . join '', map { host($_, $sites{$_}) } sort keys %sites);
LoadModule authz_host_module @modules_dir@/mod_authz_host.so
LoadModule access_compat_module @modules_dir@/mod_access_compat.so
END

ok $httpd->start, 'it starts' or diag $httpd->said;

# What the document answers to nobody, and to Ada; with the block that opens it in front of the path's own.
my %wanted = (
    closed     => [401, 200], denied     => [403, 403], elsewhere => [403, 403], here => [200, 200],
    staff      => [401, 401], either     => [401, 200], both      => [401, 200], neither => [403, 403],
    not_get    => [403, 403], untyped    => [200, 200], forbidding => [401, 403],
    old_denied => [403, 403], old_either => [401, 200], old_here => [200, 200],
);

for my $site (sort keys %wanted) {
    my ($nobody, $somebody) = @{$wanted{$site}};

    is at($site, undef)->code, $nobody, "$site: nobody";
    is at($site, $ada)->code, $somebody, 'Ada';
    is ask(undef, HEAD => 'conversations/openapi.json', to($site))->code, $nobody, 'HEAD' if $site ne 'not_get';
    is at($site, undef, path => 'conversations/openapi.json/')->code, $nobody, 'with a slash at its end';
    my $refused = at($site, undef);
    next if $nobody == 200;
    is $refused->type, 'application/problem+json', 'refused as a problem';
    is $refused->json->{code}, $nobody == 401 ? 'login_required' : 'forbidden', 'with its code';
}

subtest 'the one block that opens it' => sub {
    for my $site ('closed', 'denied', 'elsewhere', 'forbidding') {
        my $opened = "opened-$site";

        is at($opened, undef)->code, 200, "$site: the document";
        isnt get(undef, 'conversations/', to($opened))->code, 200, 'and nothing else';
    }
    is at('merged', undef)->code, 401, 'AuthMerging And keeps what stands above';
};

is at('bare', undef)->code, 200, 'a path that nobody protects is answered';
is get(undef, 'conversations/', to('bare'))->code, 401, 'though everything else needs a user';
# Require of the <Location "/"> that all tests have would come after that of <Files>; Deny stays.
subtest 'sections' => sub {
    my $deny  = "Order allow,deny\nDeny from all";
    my $httpd = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . <<'END'
LoadModule access_compat_module @modules_dir@/mod_access_compat.so
END
        . vhost('file', "<Files \"openapi.json\">\n$deny\n</Files>")
        . vhost('pattern', "<FilesMatch \"[.]json\$\">\n$deny\n</FilesMatch>")
        . vhost('other', "<Files \"other.json\">\n$deny\n</Files>")
        . vhost('limit', "<Location \"/api\">\n<Limit GET>\n$deny\n</Limit>\n</Location>")
        . vhost('condition', "<Location \"/api\">\n<If \"%{REQUEST_URI} =~ /openapi/\">\nRequire all denied\n</If>\n</Location>"));
    my %wanted = (file => 403, pattern => 403, other => 200, limit => 403, condition => 403);

    ok $httpd->start, 'it starts' or return diag $httpd->said;
    for my $site (sort keys %wanted) {
        my %there = (site => $httpd->url, fresh => 1, statements => undef, headers => {Host => "$site.example"});

        is get(undef, 'conversations/openapi.json', %there)->code, $wanted{$site}, $site;
        is get($ada, 'conversations/', %there)->code, $site eq 'limit' ? 403 : 200, 'and only that' ;
    }
};

my $form  = <<'END';
    ChatRoot /api /basic
    <Location "/">
        AuthType form
        AuthName "chat"
        AuthFormProvider anon
        Session On
        SessionCookieName session path=/
        Require valid-user
    </Location>
    <Location "/basic">
        AuthType Basic
    </Location>
END
my $forms = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . vhost('form', $form)
    . vhost('short', qq{$form\n<Location "/">\nAuthFormSize 1\n</Location>}));

ok $forms->start, 'with mod_auth_form it starts' or diag $forms->said;

# mod_auth_form would take a login from any form, and answer 413 to one that is longer than it reads.
subtest 'a form is no login here' => sub {
    my %form  = (type => 'application/x-www-form-urlencoded', statements => undef, fresh => 1);
    my $login = "httpd_username=$ada->{username}&httpd_password=x";

    for my $site ('form', 'short') {
        my $there = $forms->url;
        my %to = (%form, site => $there, headers => {Host => "$site.example"});

        for my $path ('conversations/', 'conversations/1/read/', 'conversations/1/messages/') {
            for my $body ($login, 'x' x 100_000, '') {
                my $answer = ask(undef, POST => $path, %to, body => $body);

                is $answer->code, 401, "$site: $path, " . length($body) . ' bytes: 401';
                is $answer->header('Set-Cookie'), undef, 'nobody is logged in by it';
            }
        }
        is ask(undef, POST => '/page.html', %to, body => $login, contract => 0)->code, $site eq 'form' ? 404 : 413,
            'elsewhere it is one';
        my %in = (%to, headers => {Host => "$site.example", Authorization => undef});
        is ask($ada, POST => 'conversations/1/messages/', %in, root => '/basic', body => 'content=x')->code, 415,
            'who is logged in is told of the type';
    }
    is_deeply [$forms->unexpected(qr/AH018\d\d|auth_form:error|AH00127/)], [], 'its log is quiet';
};

is_deeply [$httpd->unexpected(qr/AH01630|AH01631|AH01797/)], [], 'its log is quiet';

done_testing;

sub host
{
    my ($name, $lines) = @_;
    my $own  = "<Location \"/api\">\n$lines\n</Location>\n<Location \"/api/conversations/openapi.json\">\n$lines\n</Location>";
    my $text = vhost($name, $own);

    $text .= vhost("opened-$name", "<Location \"/api\">\n$lines\n</Location>\n$open");
    return $text unless $name eq 'closed';
    return $text . vhost('merged', "<Location \"/api/conversations/openapi.json\">\nRequire valid-user\n</Location>\n"
            . "<Location \"/api/conversations/openapi.json\">\nAuthMerging And\nRequire all granted\n</Location>")
        . vhost('bare', qq{<Location "/api">\nAuthType None\nRequire all granted\n</Location>});
}

sub vhost { return "<VirtualHost *:\@port\@>\nServerName $_[0].example\n$_[1]\n</VirtualHost>\n" }

sub to { return (site => $httpd->url, fresh => 1, headers => {Host => "$_[0].example"}, statements => undef) }

sub at
{
    my ($site, $person, %options) = @_;

    return get($person, $options{path} // 'conversations/openapi.json', to($site));
}
