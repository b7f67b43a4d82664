use ChatTest;
use ChatTest::Httpd ();
use File::Path qw(make_path);
use POSIX      ();

# conf/instance, which is behind make start: what other users of the machine see of it, and a module that was
# built with a sanitizer.
plan skip_all => 'this starts a server that nobody watches' if watched() > 1;

my $vars    = ChatTest::Config->suite->{vars};
my ($build) = $vars->{chat_module} =~ m{^(.*)/build/mod_chat\.so$} or plan skip_all => 'not a module that make built';
my $home    = "$vars->{serverroot}/own/$$-postgresql"; # t/run ends what is left in folders of that name
my $port    = ChatTest::Httpd::_free_port();
my $owner   = $$;
my $module  = $vars->{chat_module};

make_path("$home/bin");
END { system "STATE='$home' conf/instance clean >/dev/null 2>&1" if $owner && $owner == $$ }

sub instance
{
    my ($verb, %env) = @_;
    my $env  = join ' ', map {"$_='$env{$_}'"} sort keys %env;
    my $said = qx{env STATE='$home' PORT=$port CHAT_MODULE='$module' PATH="$home/bin:\$PATH" $env conf/instance $verb 2>&1};

    is $?, 0, "conf/instance $verb" or diag $said;
    return $said;
}

sub slurp
{
    open my $in, '<', $_[0] or die "$_[0]: $!";
    local $/;
    return readline($in) // '';
}

# A psql that writes down its arguments, which ps shows to everybody.
sub write_down
{
    my ($program) = @_;
    my ($real) = grep {-x} map {"$_/$program"} split /:/, $ENV{PATH};

    open my $script, '>', "$home/bin/$program" or die $!;
    print {$script} qq{#!/bin/sh\nprintf '%s\\n' "\$*" >>'$home/arguments'\nexec $real "\$@"\n};
    close $script;
    chmod 0755, "$home/bin/$program";
}

subtest 'the password of the database' => sub {
    write_down('psql');
    instance('start');
    my ($password) = slurp("$home/postgresql/password") =~ /(\w{40,})/;
    my $arguments = slurp("$home/arguments");

    ok length $password, 'there is one';
    like $arguments, qr/user=chat/, 'psql was used as the role of httpd';
    unlike $arguments, qr/\Q$password\E/, 'and not given it as an argument';
    my $params = instance('database-params');
    unlike $params, qr/\Q$password\E/, 'whoever uses database-params cannot show it either';
    unlike slurp("$home/httpd/conf/httpd.conf"), qr/\Q$password\E/, 'nor does the configuration';
    chomp $params;
    my $passfile = "$home/postgresql/passfile";
    is +(stat $passfile)[2] & 0777, 0600, 'the file with it is closed to others';
    is +(stat $passfile)[4], scalar(getpwnam 'www-data'), 'and belongs to the user who serves requests' if $> == 0;
    is qx{psql -XqAt -d "$params" -c 'select current_user' 2>&1}, "chat\n", 'it opens the database';
};

subtest 'foreign pages log nobody in' => sub {
    my $url  = "http://127.0.0.1:$port";
    my %form = (contract => 0, fresh => 1, site => $url, type => 'application/x-www-form-urlencoded',
        body => 'httpd_username=bob&httpd_password=bob');
    my %wanted = (
        'nothing'          => [{}, 302],
        'own page'         => [{Origin => $url}, 302],
        'own page, TLS'    => [{'Sec-Fetch-Site' => 'same-origin', Origin => $url}, 302],
        'foreign'          => [{Origin => 'http://evil.example'}, 403],
        'nobody knows'     => [{Origin => 'null'}, 403],
        'another port'     => [{Origin => 'http://127.0.0.1:' . ($port + 1)}, 403],
        'begins alike'     => [{Origin => "$url.evil.example"}, 403],
        'TLS'              => [{Origin => $url =~ s/http/https/r}, 403],
        'foreign, TLS'     => [{'Sec-Fetch-Site' => 'cross-site'}, 403],
        'neighbour, TLS'   => [{'Sec-Fetch-Site' => 'same-site'}, 403],
    );

    for my $path ('/login', '/logout') {
        for my $name (sort keys %wanted) {
            my ($headers, $code) = @{$wanted{$name}};
            my $answer = ask(undef, POST => $path, %form, headers => $headers);

            is $answer->code, $code == 302 && $path eq "/logout" ? 307 : $code, "$path, $name";
            is $answer->header('Set-Cookie'), undef, 'changes no session' if $code == 403;
        }
    }
};

subtest 'administration' => sub {
    my %there = (site => "http://127.0.0.1:$port", fresh => 1, contract => 0);

    for my $root ('/api', '/app/api') {
        for my $name ('admin', 'alice', 'carol', 'nobody') {
            my %login = $name eq 'nobody' ? () : (Authorization => 'Basic ' . Mojo::Util::b64_encode("$name:$name", ''));

            for my $path ('admin/', 'admin/users/') {
                my $answer = get(undef, "$root/$path", %there, headers => {%login});

                is $answer->code, $name eq 'admin' ? 200 : 404, "$root/$path: $name";
                is $answer->type, $answer->code == 200 ? 'application/json' : 'application/problem+json', 'by the chat';
                is $answer->header('WWW-Authenticate'), undef, 'without asking for a login';
            }
        }
        my $wrong = {Authorization => 'Basic ' . Mojo::Util::b64_encode('admin:wrong', '')};
        is get(undef, "$root/admin/", %there, headers => $wrong)->code, 404, 'a wrong password';
    }
};

subtest 'a module with AddressSanitizer' => sub {
    my $said = qx{env -u MAKEFLAGS -u MAKELEVEL VARIANT=asan make -s -j2 STATE='$build' CFLAGS='-O0 -g' all 2>&1};

    is $?, 0, 'is built' or return diag $said;
    $module = "$build/build-asan/mod_chat.so";
    instance('start');
    like qx{tr '\\0' '\\n' </proc/\$(cat '$home/httpd/run/httpd.pid')/environ}, qr/libasan/, 'httpd has its library';
    instance('stop');
    my $log = slurp("$home/httpd/logs/error.log");
    like $log, qr/AH00491: caught SIGTERM/, 'httpd has come and gone';
    unlike $log, qr/exit signal|AddressSanitizer|runtime error/, 'and no child has crashed';
};

done_testing;
