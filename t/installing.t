use ChatTest;
use ChatTest::Httpd ();
use File::Copy qw(copy);
use File::Find ();
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use IO::Socket::INET ();

# make install and make uninstall, and what httpd serves of it with the conf/chat-web.conf that lies there then.
plan skip_all => 'nothing of this is the module\'s' if watched() > 1;

my $vars   = ChatTest::Config->suite->{vars};
my $root   = tempdir('/var/tmp/mod_chat-install-XXXXXX', CLEANUP => 1);
my $module = $vars->{chat_module};
my ($state) = $module =~ m{^(.*)/build/mod_chat\.so$} or plan skip_all => "$module is not where make puts it";
my $share  = "$root/usr/share/mod_chat";
my $conf   = "$root/etc/apache2/conf-available/chat-web.conf";

chmod 0755, $root; # for httpd's children

sub run_make
{
    my ($target) = @_;
    my $said = qx{env -u MAKEFLAGS -u MAKELEVEL VARIANT=plain make -s $target STATE='$state' DESTDIR='$root' 2>&1};

    is $?, 0, "make $target" or diag $said;
    return $said;
}

sub files
{
    my @all;

    File::Find::find(sub { push @all, $File::Find::name =~ s{^\Q$root\E}{}r if -f }, $root);
    return sort @all;
}

sub slurp
{
    open my $in, '<', $_[0] or die "$_[0]: $!";
    local $/;
    return readline $in;
}

sub append
{
    my ($file, $text) = @_;

    open my $out, '>>', $file or die "$file: $!";
    print {$out} $text;
    close $out;
}

# ./ and ../ from a folder.
sub join_path
{
    my ($folder, $path) = @_;

    $path =~ s{^\./}{};
    $folder =~ s{/[^/]+$}{} while $path =~ s{^\.\./}{};
    return "$folder/$path";
}

# The folders that are named by what is in them, and the one that pages are sent to.
sub versions { my @all = glob "$_[0]/????????????"; return @all }
sub current { return "$_[0]/" . (slurp("$_[0]/widget.js") =~ m{'\./([0-9a-f]{12})/widget\.js'})[0] }

subtest 'make install' => sub {
    my $said = run_make('install');

    like $said, qr/a2enmod chat/, 'says what is to be done';
    like $said, qr/a2enconf chat-web/, 'for the pages, too';
    my %there = map { $_ => 1 } files();
    is readlink "$root/usr/bin/chat-migrate", '../share/mod_chat/sql/migrate', 'chat-migrate is on the PATH';
    ok -x "$root/usr/bin/chat-migrate", 'and can be run';
    like $said, qr/chat-migrate/, 'which is told';
    like $said, qr/createdb -E UTF8 -T template0/, 'and the database that it needs';
    like $said, qr/apachectl configtest/, 'and how it begins';
    ok $there{$_}, $_ for '/etc/apache2/mods-available/chat.load', '/etc/apache2/mods-available/chat.conf',
        '/etc/apache2/conf-available/chat-web.conf', '/etc/apache2/conf-available/chat-login.conf', '/usr/share/mod_chat/sql/migrate',
        '/usr/share/mod_chat/web/widget.js', '/usr/share/mod_chat/web/inbox.js', '/usr/share/mod_chat/web/bell.js', '/usr/share/mod_chat/web/admin.js',
        '/usr/share/mod_chat/login.html', '/usr/share/mod_chat/login.js', '/usr/share/mod_chat/LICENSE',
        '/usr/share/mod_chat/monitoring/alerts.yml', '/usr/share/mod_chat/monitoring/dashboard.json',
        '/usr/share/man/man5/mod_chat.5', '/usr/share/man/man1/chat-migrate.1';
    my ($so) = grep { m{/mod_chat\.so$} } keys %there;
    ok $so, 'the module';
    like slurp("$root/etc/apache2/mods-available/chat.load"), qr/^LoadModule chat_module \Q$so\E$/m, 'is where chat.load says';
    is scalar(versions("$share/web")), 1, 'one version of the web files';
    my @before = files();
    run_make('install');
    is_deeply [files()], \@before, 'once more changes nothing';
};

# An administrator has no checkout, in which conf/ and make are.
subtest 'what is advised' => sub {
    my $checkout = qr{\bmake (?:run|start|stop|migrate|install)\b|\bsql/migrate\b|(?<![\w-])conf/(?!\*)|\bt/[a-z]|[Cc]heckout};

    for my $file ($module, "$root/usr/share/man/man5/mod_chat.5", "$root/usr/share/man/man1/chat-migrate.1", "$share/conf/chat.conf", "$share/conf/chat-web.conf", "$share/conf/chat-login.conf", "$root/etc/apache2/mods-available/chat.load") {
        my @lines = $file =~ /\.so$/ ? qx{strings -d -n 8 '$file'} : split /^/, slurp($file);
        cmp_ok scalar(@lines), '>', 1, $file =~ s{.*/}{}r;
        is_deeply [grep {$_ =~ $checkout} @lines], [], 'names nothing that is only in a checkout';
    }
    my @said = grep {/chat-migrate|chat\.conf/} qx{strings -d -n 8 '$module'};
    cmp_ok scalar(@said), '>=', 4, 'the module names what is installed';
    unlike qx{'$root/usr/bin/chat-migrate' --help}, qr{/migrate\b|\bmake }, 'as chat-migrate does';
};

my $folder = current("$share/web");
my ($version) = $folder =~ m{([0-9a-f]{12})$};
my $modules = join '/', '', 'usr', 'lib', 'apache2', 'modules';
my $httpd = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . <<"END");
LoadModule alias_module $modules/mod_alias.so
LoadModule mime_module $modules/mod_mime.so
LoadModule deflate_module $modules/mod_deflate.so
TypesConfig /dev/null
Define CHAT_WEB $share/web
Include $conf
END
my $plain = {'Accept-Encoding' => 'identity'};

sub fetch
{
    my ($path, %headers) = @_;

    return get(undef, $path, site => $httpd->url, headers => {%$plain, %headers});
}

# The bytes of an answer: agents unpack what is compressed, and hide that it was.
sub wire
{
    my ($path) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => $httpd->url =~ s{.*/}{}r, Timeout => 10) or return '';

    print {$socket} "GET $path HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n";
    local $/;
    return readline $socket;
}

subtest 'conf/chat-web.conf' => sub {
    my ($fine, $words) = $httpd->configtest;

    ok $fine, 'is understood' or diag $words;
    unlike $words, qr/warn/i, 'without a warning';
    ok $httpd->start, 'httpd starts' or diag $httpd->said;
};

subtest 'what pages name is asked for anew' => sub {
    for my $name ('widget', 'inbox') {
        my $answer = fetch("/chat/$name.js");

        is $answer->code, 200, "$name.js";
        is $answer->header('Content-Type'), 'text/javascript; charset=utf-8', 'a script, in UTF-8';
        is $answer->header('X-Content-Type-Options'), 'nosniff', 'nosniff';
        is $answer->header('Cache-Control'), 'no-cache', 'no-cache';
        like $answer->body, qr{^export \* from '\./$version/$name\.js';$}m, 'names the version';
        my $again = fetch("/chat/$name.js", 'If-None-Match' => $answer->header('ETag'));
        is $again->code, 304, '304 when it is the same';
        is $again->body, '', 'without a body';
        is $again->header('Cache-Control'), 'no-cache', 'to be asked for anew the next time, too';
        my %named = map { $_ => 1 } $answer->body =~ m{'\./([^']+)'}g;
        is_deeply [keys %named], ["$version/$name.js"], 'one file';
        my $file = slurp("$folder/$name.js");
        unlike $file, qr/\bfrom\s*["']/, 'which imports nothing at once';
        is fetch("/chat/$version/$_.js")->code, 200, "$_.js, when it is needed" for $file =~ m{import\("\./([a-z_]+)\.js"\)}g;
    }
};

subtest 'what they import is kept' => sub {
    for my $file (map { substr $_, 1 + length $folder } glob "$folder/*.js") {
        my $answer = fetch("/chat/$version/$file");

        is $answer->code, 200, $file;
        is $answer->header('Cache-Control'), 'public, max-age=31536000, immutable', 'for a year';
        is $answer->header('X-Content-Type-Options'), 'nosniff', 'nosniff';
        is $answer->header('Content-Type'), 'text/javascript; charset=utf-8', 'a script';
        is $answer->body, slurp("$folder/$file"), 'as it is there';
        my $map = fetch("/chat/$version/$file.map");
        is $map->code, 200, 'with its source map';
        like $map->header('Content-Type'), qr{^application/json}, 'JSON';
        unlike $map->body, qr{"\.\./(?!src/)}, 'which tells nothing of where it was made';
    }
    my ($head, $body) = split /\r\n\r\n/, wire("/chat/$version/panel.js"), 2;
    like $head, qr/^Content-Encoding: gzip\r?$/m, 'it comes compressed';
    cmp_ok length($body), '<', 0.5 * -s "$folder/panel.js", 'to less than half';
    like $head, qr/^Vary: .*Accept-Encoding/m, 'which caches know';
};

subtest 'nothing else' => sub {
    is fetch($_)->code, 404, $_ for '/chat', '/chat/', '/chat/index.html', "/chat/$version", "/chat/$version/", '/chat/panel.js',
        "/chat/$version/package.json", '/chat/000000000000/panel.js', "/chat/$version/../widget.js.new",
        "/chat/$version/..%2f..%2fsql/migrate", "/chat/%2e%2e/sql/migrate", "/chat/$version/nothing.js";
};
is_deeply [$httpd->unexpected(qr/AH01276|AH00026/)], [], 'the log is quiet';

subtest 'another content has another name' => sub {
    my $home = "$root/home";

    make_path("$home/conf", "$home/mod_chat");
    copy($_, "$home/conf") or die "$_: $!" for 'conf/install-web';
    is system('cp', '-R', 'mod_chat/web', "$home/mod_chat"), 0, 'a copy of the modules';
    my $install = sub { is system('bash', "$home/conf/install-web", "$home/out"), 0, 'installed'; return current("$home/out") };
    my $first = $install->();
    is +($first =~ m{([^/]+)$})[0], $version, 'the same content has the same name everywhere';
    utime 1, 1, "$home/out/widget.js";
    is $install->(), $first, 'unchanged, it keeps its name';
    is +(stat "$home/out/widget.js")[9], 1, 'and the small files their ETag';
    append("$home/mod_chat/web/ui/dom.js", "export const changed = 1; globalThis.changed = 1;\n");
    my $second = $install->();
    isnt $second, $first, 'changed, it has another';
    like slurp("$home/out/widget.js"), qr/\Q@{[$second =~ m{([^\/]+)$}]}\E/, 'which the small files name';
    ok -d $first, 'the one before is still there, for open pages';
    utime time - 20, time - 20, $first;
    utime time - 10, time - 10, $second;
    append("$home/mod_chat/web/ui/dom.js", "globalThis.again = 1;\n");
    $install->();
    ok !-d $first, 'but not for ever';
    ok -d $second, 'only the last one';
};

subtest 'the modules as they were written, for who prefers them' => sub {
    my $plain = tempdir(CLEANUP => 1);

    is system('conf/install-web', '--plain', $plain), 0, 'installed';
    my $folder  = current($plain);
    my $version = substr $folder, 1 + length $plain;
    my @files   = map { substr $_, 1 + length $folder } glob "$folder/*.js $folder/*/*.js";
    is_deeply [grep { slurp("$folder/$_") ne slurp("mod_chat/web/$_") } @files], [], @files . ' files, as they were written';
    for my $name ('widget', 'inbox') {
        my %named = map { $_ => 1 } slurp("$plain/$name.js") =~ m{'\./([^']+)'}g;
        cmp_ok scalar(keys %named), '>', 3, "$name.js names " . keys(%named) . ' modules';
        for my $file (sort keys %named) {
            my ($place) = $file =~ m{^(.*)/};
            my @needed = map { join_path($place, $_) } slurp("$plain/$file") =~ m{(?:^|\n)(?:import|export) [^;]*?'(\.[^']+\.js)';}g;
            is scalar(grep { !$named{$_} } @needed), 0, "with all that $file needs";
        }
    }
};

# Debian's links of what is enabled; with DESTDIR there is nobody to ask for them.
sub enable
{
    for my $link (['mods', 'chat.load'], ['mods', 'chat.conf'], ['conf', 'chat-web.conf'], ['conf', 'chat-login.conf']) {
        my ($kind, $name) = @$link;

        make_path("$root/etc/apache2/$kind-enabled");
        symlink "../$kind-available/$name", "$root/etc/apache2/$kind-enabled/$name" or die "$name: $!";
    }
}

subtest 'an upgrade' => sub {
    my $old = "# as it was in the version before\n";

    for my $name ('mods-available/chat.conf', 'conf-available/chat-web.conf') {
        my ($base) = $name =~ m{([^/]+)$};
        for ("$root/etc/apache2/$name", "$share/conf/$base") { unlink $_; append($_, $old) }
    }
    append("$root/etc/apache2/mods-available/chat.conf", "# ours\n");
    my $said = run_make('install');
    like $said, qr/Kept: \S+chat\.conf/, 'keeps what the administrator has changed';
    unlike $said, qr/Kept: \S+chat-web/, 'and replaces what is as it was installed';
    is slurp($conf), slurp('conf/chat-web.conf'), 'by the new one';
    unlink "$root/etc/apache2/mods-available/chat.conf";
    run_make('install');
};

subtest 'what is enabled' => sub {
    enable();
    make_path("$root/etc/apache2/sites-available", "$root/etc/apache2/sites-enabled");
    append("$root/etc/apache2/sites-available/shop.conf", "<VirtualHost *:80>\n    ChatRoot /shop\n</VirtualHost>\n");
    symlink '../sites-available/shop.conf', "$root/etc/apache2/sites-enabled/shop.conf" or die $!;
    my $said = run_make('uninstall');
    is_deeply [grep { -l && !-e } glob "$root/etc/apache2/*-enabled/*"], [], 'no link leads nowhere after make uninstall';
    is_deeply [glob "$root/etc/apache2/*-enabled/*"], ["$root/etc/apache2/sites-enabled/shop.conf"], 'what is not ours stays';
    like $said, qr/Still with directives of the module.*shop\.conf/, 'where the module is still used is told';
    unlink glob "$root/etc/apache2/sites-*/shop.conf";
    run_make('install');
    enable();
};

subtest 'what the administrator has changed' => sub {
    append($conf, "# ours\n");
    like run_make('install'), qr/Kept: \S+chat-web\.conf/, 'is kept, and told';
    like slurp($conf), qr/^# ours$/m, 'as it was';
    ok -f "$conf.dist", 'the new one lies beside it';
    like run_make('uninstall'), qr/Left: \S+chat-web\.conf/, 'is left by make uninstall';
    is_deeply [glob "$root/etc/apache2/*-enabled/*"], [], 'but not enabled any more';
    is_deeply [grep { !m{^/home/} } files()], ['/etc/apache2/conf-available/chat-web.conf'], 'and nothing else';
    unlink $conf;
    run_make('install');
    run_make('uninstall');
    is_deeply [grep { !m{^/home/} } files()], [], 'unchanged, everything goes';
};

my $make = 'env -u MAKEFLAGS -u MAKELEVEL -u WERROR -u CFLAGS -u CPPFLAGS -u LDFLAGS VARIANT=plain make';

# How make would compile a file and link the module with these settings, without doing so.
sub commands { return join '', grep { m{/mod_chat\.o |-shared} } qx{$make -n STATE='$root/new' @_ 2>&1} =~ s/ \S+\.o(?= )(?! mod_chat)//gr =~ /^.*\n/mg }

sub hardening
{
    my (@settings) = @_;

    unlink "$root/new/build/hardening";
    system "$make -s STATE='$root/new' @settings '$root/new/build/hardening' >/dev/null";
    return slurp("$root/new/build/hardening");
}

subtest 'how the module is built' => sub {
    my $parts = qx{readelf -dlsW '$module'};

    like $parts, qr/BIND_NOW/, 'nothing is bound late';
    like $parts, qr/GNU_RELRO/, 'and what is bound is read-only then';
    like $parts, qr/__stack_chk_fail/, 'the stack is protected';
    like hardening(), qr/^-D_FORTIFY_SOURCE=2$/m, 'functions are fortified';
    unlike hardening('CPPFLAGS=-D_FORTIFY_SOURCE=3'), qr/FORTIFY/, 'unless something else is said of that';
    my $plain = commands('all');
    like $plain, qr/ -c -o \S+mod_chat\.o/, 'the module is compiled';
    unlike $plain, qr/-Werror/, 'and no warning ends it';
    like commands('all', 'WERROR=1'), qr/ -Werror .* -c /, 'except for those who work on it';
    my $set = commands('all', 'CPPFLAGS=-DOURS', 'CFLAGS=-O1', 'LDFLAGS=-Wl,-O1');
    like $set, qr/-DOURS.* -c -o \S+mod_chat\.o/, 'CPPFLAGS is used';
    like $set, qr/-O1.* -c -o \S+mod_chat\.o/, 'CFLAGS too';
    like $set, qr/-shared.*-z,now.*-Wl,-O1.*mod_chat\.so/, 'and LDFLAGS, which has the last word';
};

# What is in it; that it can be installed, upgraded and purged is seen by make deb-test.
subtest 'as a Debian package' => sub {
    plan skip_all => 'this needs debhelper and lintian' if grep { !-x "/usr/bin/$_" } qw(dh dpkg-buildpackage lintian);
    my $said = qx{conf/deb '$root/deb' '$state' 2>&1};

    is $?, 0, 'it is built';
    unlike $said, qr/^[EWI]: |^deb: /m, 'and lintian has nothing to say';
    my ($package) = glob "$root/deb/*.deb" or return fail('there is none');
    system('dpkg-deb', '-R', $package, "$root/package") == 0 or die "$package: $!";
    run_make('install');
    my %ours = map { $_ => 1 } grep { !m{^/(?:home|new|deb|package)/} } files();
    my %there = map { s{^/package}{}r => 1 } grep { m{^/package/(?!DEBIAN)} } files();
    is_deeply [grep { !m{^/usr/share/mod_chat/(?:conf/|LICENSE|README)} && !$there{$_} && !$there{"$_.gz"} } sort keys %ours], [],
        'it has all that make install installs';
    is_deeply [grep { !$ours{$_} && !$ours{s/[.]gz$//r} && !m{^/usr/share/(?:doc|lintian)/} } sort keys %there], ['/etc/mod_chat/databases'],
        'and little else';
    is_deeply [sort split /\n/, slurp("$root/package/DEBIAN/conffiles")], [grep { m{^/etc/} } sort keys %there],
        'what the administrator has changed in /etc is kept';
    run_make('uninstall');
};

done_testing;
