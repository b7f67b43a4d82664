use ChatTest;
use ChatTest::Httpd ();
use File::Temp qw(tempdir);
use IO::Socket::INET ();
use Time::HiRes qw(sleep time);

# Logins of a directory, which lets one account in under many spellings of its name.
my $slapd = '/usr/sbin/slapd';
plan skip_all => 'slapd is not there' unless -x $slapd;

my $vars = ChatTest::Config->suite->{vars};
my $home = tempdir('/var/tmp/mod_chat-ldap-XXXXXX', CLEANUP => 1);
my $port = ChatTest::Httpd::_free_port();
my $name = 'mallory' . $$ . int time;
my $pid  = start_slapd() or plan skip_all => 'slapd does not start here';
my $owner = $$;
END { local $?; if ($pid && $owner == $$) { kill TERM => $pid; waitpid $pid, 0 } }

sub write_file
{
    my ($file, $text) = @_;

    open my $out, '>', "$home/$file" or die "$file: $!";
    print {$out} $text;
    close $out;
}

sub start_slapd
{
    mkdir "$home/db";
    write_file('slapd.conf', <<"END");
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile $home/pid
database mdb
suffix "dc=example,dc=org"
directory $home/db
END
    write_file('people.ldif', <<"END");
dn: dc=example,dc=org
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: uid=$name,dc=example,dc=org
objectClass: inetOrgPerson
uid: $name
cn: Mallory Miller
sn: Miller
userPassword: x
END
    qx{/usr/sbin/slapadd -f $home/slapd.conf -l $home/people.ldif 2>&1};
    return if $?;
    my $child = fork // die "fork: $!";
    if (!$child) {
        open STDOUT, '>', "$home/log";
        open STDERR, '>&', \*STDOUT;
        exec $slapd, '-d', '0', '-f', "$home/slapd.conf", '-h', "ldap://127.0.0.1:$port" or POSIX::_exit(1);
    }
    for (1 .. 1200) {
        return $child if IO::Socket::INET->new("127.0.0.1:$port");
        last if waitpid($child, POSIX::WNOHANG()) == $child;
        sleep 0.1;
    }
    kill KILL => $child;
    waitpid $child, 0;
    return;
}

# An httpd where logins are the directory's, and what else is said.
sub host_with
{
    my ($conf, $ldap) = @_;
    my $httpd = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . $conf);
    my $file  = "$httpd->{home}/httpd.conf";
    my $text  = ChatTest::Httpd::_slurp($file);

    $text =~ s{^LoadModule chat_module}{LoadModule ldap_module $vars->{modules_dir}/mod_ldap.so
LoadModule authnz_ldap_module $vars->{modules_dir}/mod_authnz_ldap.so
LoadModule authn_file_module $vars->{modules_dir}/mod_authn_file.so
LDAPSharedCacheSize 0
LDAPCacheEntries 0
LDAPOpCacheEntries 0
$&}m or die 'no place for the modules';
    $text =~ s{AuthBasicProvider anon\n}{AuthBasicProvider ldap\nAuthLDAPURL "ldap://127.0.0.1:$port/dc=example,dc=org?uid,cn?sub"\n@{[$ldap // '']}\n} or die 'no provider';
    $text =~ s{^\s*Anonymous.*\n}{}mg;
    open my $out, '>', $file or die "$file: $!";
    print {$out} $text;
    close $out;
    ok $httpd->start, 'httpd starts' or diag $httpd->said;
    return $httpd;
}

my @spellings = ($name, uc $name, ucfirst $name, " $name ");

sub rows { return ChatTest::db()->selectcol_arrayref(q{select external_id from chat.users where lower(btrim(external_id)) = ? order by 1}, undef, $name) }

sub come
{
    my ($httpd, @more) = @_;

    is get(stranger($_), 'conversations/', site => $httpd->url, statements => [1, 4], @more)->code, 200, "in as '$_'" for @spellings;
}

subtest 'beside another provider names are kept, and the log asks to decide' => sub {
    my $httpd = host_with("<Location /other>\nAuthType Basic\nAuthName x\nAuthBasicProvider file\nAuthUserFile /none\nRequire valid-user\n</Location>\n");

    come($httpd);
    is scalar @{rows()}, 4, 'each spelling is a user';
    ok $httpd->said =~ /chat:warn\].*set ChatUserCase/, 'and the log says how to decide';
    $httpd->stop;
    sql('delete from chat.users where lower(btrim(external_id)) = ?', $name);
};

subtest 'where all logins are the directory\'s an account is one user' => sub {
    my $httpd = host_with(qq{ChatUserName "%{env:AUTHENTICATE_CN}"\n});

    come($httpd);
    is_deeply rows(), [$name], 'however it is spelled';
    is sql('select display_name from chat.users where external_id = ?', $name)->{display_name}, 'Mallory Miller', 'called as there';
    ok $httpd->said !~ /ChatUserCase/, 'and there is nothing to decide';
    is get(stranger("$name*"), 'conversations/', site => $httpd->url, statements => undef)->code, 401, 'nobody else comes in';
    $httpd->stop;
    sql('delete from chat.users where external_id = ?', $name);
};

subtest 'a name that is taken from the directory' => sub {
    my $httpd = host_with("ChatUserCase keep\n", 'AuthLDAPRemoteUserAttribute uid');

    come($httpd);
    is_deeply rows(), [$name], 'is the directory\'s own';
    $httpd->stop;
};

done_testing;
