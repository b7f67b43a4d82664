use ChatTest;
use ChatTest::Httpd ();
use Cwd qw(getcwd);

# conf/chat-login.conf, which make install puts where a2enconf finds it, without TLS and with it. README.md's
# own words for it are followed by t/readme_install.t.
my $modules = '/usr/lib/apache2/modules';
my $conf    = slurp('conf/chat-login.conf') =~ s{/etc/apache2/}{\@serverroot\@/}gr =~ s{"/usr/share/mod_chat(/login\.(?:html|js))?"}{"\@here\@/conf@{[$1 // '']}"}gr;
$conf =~ s/\@here\@/getcwd()/ge;

sub slurp
{
    open my $in, '<', $_[0] or die "$_[0]: $!";
    local $/;
    return readline($in);
}

# With or without TLS; the modules that README.md enables, but for those of t/conf.
sub server
{
    my ($tls, @without) = @_;
    my $vars   = ChatTest::Config->suite->{vars};
    my $loaded = slurp("$vars->{t_conf}/httpd.conf.in");
    my @needed = grep { my $name = $_; $loaded !~ /LoadModule ${name}_module/ && !grep { $name eq $_ } @without }
        qw(request auth_form session session_cookie session_crypto headers alias authn_file auth_basic authz_user);
    my $httpd = ChatTest::Httpd->new(conf => join('', map {"LoadModule ${_}_module $modules/mod_$_.so\n"} @needed)
            . ($tls ? "LoadModule ssl_module $modules/mod_ssl.so\n" : '')
            . (ChatTest::Httpd->usual =~ s/<Location.*//sr)
            . ($tls ? "<VirtualHost _default_>\nSSLEngine On\nSSLCertificateFile \@serverroot\@/site.crt\nSSLCertificateKeyFile \@serverroot\@/site.key\n</VirtualHost>\n" : '')
            . $conf);

    $httpd->file('chat.session-key', "a passphrase of this test\n");
    $httpd->file('chat.users', scalar qx{printf %s secret | htpasswd -i -n -s ada}, 0644);
    is system("cd '$httpd->{home}' && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
            . '-subj /CN=localhost -keyout site.key -out site.crt 2>openssl.log'), 0, 'a certificate' if $tls;
    return $httpd;
}

my $jar; # curl's cookies
my $base;

sub ask_for
{
    my ($path, @words) = @_;
    my $words = join ' ', map { "'" . s/'/'\\''/gr . "'" } @words, "$base$path";

    return scalar qx{curl -q -s -i -k --noproxy '*' -m 60 $words 2>&1};
}

my $right  = 'httpd_username=ada&httpd_password=secret';
my $listed = '/api/conversations/';

for my $tls (0, 1) {
    subtest $tls ? 'with TLS' : 'without TLS' => sub {
        my $httpd = server($tls);
        my $name  = $tls ? '__Host-chat_session' : 'chat_session';

        ok $httpd->start, 'httpd starts' or diag $httpd->said;
        $base = $httpd->url =~ s/^http/$tls ? 'https' : 'http'/er;
        $jar  = "$httpd->{home}/jar";

        my $anonymous = ask_for($listed);
        like $anonymous, qr{^HTTP/1\.1 401}, 'a visitor has nothing';
        unlike $anonymous, qr/^(?:WWW-Authenticate|Set-Cookie: \S*session)/mi, 'and is neither asked by the browser nor given a session';
        like ask_for('/login.html'), qr{^HTTP/1\.1 200.*<form method="post" action="/login">}s, 'there is a form';
        like ask_for('/login', '-d', 'httpd_username=ada&httpd_password=no'), qr{^HTTP/1\.1 302.*^Location: \S*/login\.html#failed\r$}ms, 'a wrong password leads back to it';

        like ask_for('/login.js'), qr{^HTTP/1\.1 200.*^Content-Type: text/javascript.*httpd_location}ms, 'and what leads back from it';
        like ask_for('/login', '-d', "$right&httpd_location=%2Ftalk.html%3Fx%3D1%23here"),
            qr{^HTTP/1\.1 302.*^Location: \S*/talk\.html\?x=1#here\r$}ms, 'to where somebody came from';

        my $login = ask_for('/login', '-c', $jar, '-d', $right);
        my ($cookie) = $login =~ /^Set-Cookie: (\S*session=[^\r]*)/mi;
        like $login, qr{^HTTP/1\.1 302.*^Location: \S*/\r$}ms, 'the right one to the site';
        like $cookie, qr/^$name=/, "with the cookie $name";
        like $cookie, qr/;\s*$_(?:;|$)/i, "and $_" for 'Path=/', 'HttpOnly', 'SameSite=Lax', $tls ? 'Secure' : ();
        unlike $cookie, qr/Secure/, 'not Secure' unless $tls;
        unlike $cookie, qr/secret|ada/, 'nobody reads the password in it';
        like ask_for($listed, '-b', $jar), qr{^HTTP/1\.1 200.*"conversations":}s, 'it is a login';
        like ask_for($listed, '-b', $jar =~ s/$/.none/r), qr{^HTTP/1\.1 401}, 'which others do not have';

        my %foreign = ('Origin' => 'https://evil.example', 'Sec-Fetch-Site' => 'cross-site');
        like ask_for('/login', '-H', "$_: $foreign{$_}", '-d', $right), qr{^HTTP/1\.1 403}, "$_: a foreign page logs nobody in" for sort keys %foreign;
        like ask_for('/login', '-H', 'Origin: null', '-d', $right), qr{^HTTP/1\.1 403}, 'nor does a sandbox';
        like ask_for('/logout', '-H', 'Sec-Fetch-Site: cross-site'), qr{^HTTP/1\.1 403}, 'or out';
        like ask_for('/login', '-H', "Origin: $base", '-H', 'Sec-Fetch-Site: same-origin', '-d', $right), qr{^HTTP/1\.1 302}, 'the own page does';
        like ask_for($listed, '-d', $right), qr{^HTTP/1\.1 401}, 'nobody is logged in at another path';

        like ask_for($listed, '-u', 'ada:secret'), qr{^HTTP/1\.1 200}, 'a program sends its password';
        like ask_for($listed, '-u', 'ada:no'), qr{^HTTP/1\.1 401.*^WWW-Authenticate: Basic}ms, 'and is told when it is wrong';

        like ask_for('/logout', '-b', $jar, '-c', $jar), qr{^HTTP/1\.1 30[27].*^Location: \S*/login\.html\r$}ms, 'out again';
        like ask_for($listed, '-b', $jar), qr{^HTTP/1\.1 401}, 'the session is gone';
        is_deeply [$httpd->unexpected(qr/auth_basic:error|AH01617|AH01807|AH01797|AH01790|AH018\d\d|authz_core:error|ssl:warn/)], [], 'the log is quiet';
    };
}

for my $module (qw(request auth_form session_cookie session_crypto headers alias)) {
    next if slurp(ChatTest::Config->suite->{vars}{t_conf} . '/httpd.conf.in') =~ /LoadModule ${module}_module/;
    my ($fine, $words) = server(0, $module)->configtest;

    ok !$fine, "without mod_$module";
    like $words, qr/chat-login\.conf needs mod_$module: a2enmod/, 'configtest says what to do';
}

done_testing;
