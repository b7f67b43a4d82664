use ChatTest;
use ChatTest::Httpd ();

# The example of conf/chat.conf, over HTTP/2: the handshake asks for a certificate, and Require expr says who
# must have one.
my ($example) = join('', map { s/^#//r } grep {/^#/} do { open my $in, '<', 'conf/chat.conf' or die $!; readline $in })
    =~ m{^(<VirtualHost \*:443>\n.*?SSLVerifyClient.*?</VirtualHost>\n)}ms or die 'conf/chat.conf has no such example';
plan skip_all => 'curl does not know HTTP/2' unless qx{curl --version} =~ /\bHTTP2\b/;

my $modules = '/usr/lib/apache2/modules';
my $path    = qr{/etc/\S+\.(?:pem|key)};
my $httpd   = ChatTest::Httpd->new(conf => <<"END" . ChatTest::Httpd->usual('') =~ s/<Location.*//sr . $example =~ s/<VirtualHost.*/<VirtualHost _default_>/r =~ s/(SSL\w+)\s+$path/"$1 \@serverroot\@\/" . file_of($1)/ger);
LoadModule ssl_module $modules/mod_ssl.so
LoadModule http2_module $modules/mod_http2.so
DBDMin 2
DBDKeep 2
DBDMax 2
DBDExptime 0
END
sub file_of { return {SSLCertificateFile => 'site.crt', SSLCertificateKeyFile => 'site.key', SSLCACertificateFile => 'ca.crt'}->{$_[0]} // die $_[0] }

sub openssl { is system("cd '$httpd->{home}' && openssl $_[0] >openssl.log 2>&1"), 0, "openssl $_[0]" }

subtest 'certificates' => sub {
    openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=CA -keyout ca.key -out ca.crt");
    openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=Mallory -keyout mallory.key -out mallory.crt");
    for my $name ('site', 'ada') {
        my $subject = $name eq 'site' ? '/CN=localhost' : '/CN=ada';

        openssl("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj $subject -keyout $name.key -out $name.csr");
        openssl("x509 -req -in $name.csr -CA ca.crt -CAkey ca.key -set_serial " . ($name eq 'site' ? 1 : 2) . " -days 2 -out $name.crt");
    }
};
ok $httpd->start, 'httpd starts with the example' or diag $httpd->said;

# The protocol, the status and the answer.
sub ask_as
{
    my ($name, $http) = @_;
    my $as  = $name ? "--cert '$httpd->{home}/$name.crt' --key '$httpd->{home}/$name.key'" : '';
    my $url = $httpd->url =~ s/^http/https/r . '/api/conversations/';
    my $out = qx{curl -q -s -k --noproxy '*' -m 60 $http $as -w '\\n%{http_version} %{http_code}' '$url' 2>&1};
    my ($body, $version, $code) = $out =~ /^(.*)\n(\S+) (\d+)$/s;

    return ($version, $code, $body);
}

for my $http ('--http2', '--http1.1') {
    my ($version, $code, $body) = ask_as('ada', $http);

    is $version, $http eq '--http2' ? 2 : '1.1', "with $http";
    is $code, 200, 'the certificate lets ada in' or diag $body;
    ($version, $code) = ask_as('', $http);
    is $code, 403, 'nobody does not come in';
    ($version, $code) = ask_as('mallory', $http);
    ok $code == 403 || $code == 0, 'nor does a certificate of another authority';
}
is count("chat.users where username = 'ada'"), 1, 'the user is known by the name in the certificate';
is_deeply [$httpd->unexpected(qr/AH01630|AH02039|AH02261|AH02276|AH02008|ssl:/)], [], 'the log is quiet';

done_testing;

sub count { return sql("select count(*) from $_[0]")->{count} }
