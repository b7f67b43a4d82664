use ChatTest;
use ChatTest::Httpd ();
use File::Path      qw(make_path);
use IO::Socket::SSL qw(SSL_VERIFY_NONE);
use Cpanel::JSON::XS        ();
use Mojo::File      qw(path);
use Mojo::Util      qw(b64_encode url_escape);
use Net::SMTP       ();

# The mails and pushes of the demo (conf/demo/receiver.py): conf/instance starts what receives them and ends it, people
# who are away get them, and without it the demo runs as well.
plan skip_all => 'nothing of this is the module\'s' if watched() > 1;

my $vars   = ChatTest::Config->suite->{vars};
my $home   = "$vars->{serverroot}/own/$$-demo-postgresql"; # t/run ends what is left in folders of that name
my $port   = ChatTest::Httpd::_free_port();
my $url    = "http://127.0.0.1:$port";
my $items  = "$home/httpd/receiver/items";
my $owner  = $$;
my %there  = (site => $url, contract => 0, statements => undef);

make_path($home);
END { system "STATE='$home' conf/instance clean >/dev/null 2>&1" if $owner && $owner == $$ }

sub instance
{
    my ($verb, %env) = @_;
    my $env  = join ' ', map {"$_='$env{$_}'"} sort keys %env;
    my $said = qx{env STATE='$home' PORT=$port WEB=plain CHAT_MODULE='$vars->{chat_module}' $env conf/instance $verb 2>&1}; # without esbuild

    is $? >> 8, ($verb eq 'status' ? $? >> 8 : 0), "conf/instance $verb" or diag $said;
    return $said;
}

sub spew { open my $out, '>', $_[0] or die "$_[0]: $!"; print {$out} $_[1]; close $out or die "$_[0]: $!"; return }
sub slurp { return -e $_[0] ? path($_[0])->slurp : '' }
sub one   { return Cpanel::JSON::XS->new->utf8->decode(slurp("$items/$_[0].json")) }
sub all   { my $list = slurp("$items/list.json"); return $list ? @{Cpanel::JSON::XS->new->utf8->decode($list)->{items}} : () }
sub pid_of { return slurp("$home/httpd/run/$_[0].pid") =~ /(\d+)/ ? $1 : 0 }
sub is_gone { return slurp("/proc/$_[0]/status") !~ /^State:\s*[^ZX\s]/m } # also where nobody has asked for its status
sub ports { return split ' ', slurp("$home/httpd/receiver/private/ports") }

# As that person, with a password.
sub as { return (headers => {Authorization => 'Basic ' . b64_encode("$_[0]:$_[0]", '')}) }

sub say_to
{
    my ($who, $talk, $content) = @_;
    my $answer = ask(undef, POST => "/api/conversations/$talk/messages/", %there, as($who), type => 'application/json',
        body => Cpanel::JSON::XS->new->utf8->encode({content => $content}));

    is $answer->code, 201, "$who writes" or diag $answer->body;
}

# The first of that kind for that person, in a while.
sub comes
{
    my ($kind, $whom, $pattern) = @_;
    my $found;

    until_true {
        ($found) = map { one($_->{id}) } grep { $_->{kind} eq $kind && $_->{to} =~ /$whom/ && $_->{subject} =~ /$pattern/ } all();
    } "a $kind for $whom", 60;
    return $found;
}

my $said = instance('start');
like $said, qr{\Q$url\E/demo/mail/}, 'it says where they are';

subtest 'what receives them' => sub {
    my $pid = pid_of('receiver');

    like instance('status'), qr/receiver of the demo's mails and pushes runs \(process $pid\)/, 'runs';
    is +(stat "/proc/$pid")[4], $> == 0 ? scalar getpwnam 'www-data' : $>, 'not as root';
    my %listens = map { reverse /(\S+):(\d+)\s/ } split /\n/, qx{ss -Hltn 2>/dev/null};
    is $listens{$_}, '127.0.0.1', "port $_ is this host's" for ports();
    is +(stat "$home/httpd/receiver/private")[2] & 077, 0, 'its keys are closed to others';
};

subtest 'what the story of the demo has left unread' => sub {
    my $mail = comes('mail', 'alice@', 'New message from');

    is $mail->{to}, 'Alice Archer <alice@example.org>', 'to its reader';
    like $mail->{text}, qr/without a flash/, 'with the message';
    like $mail->{text}, qr{^\Q$url\E/#/conversations/1$}m, 'and where it leads';
};

my $evil = q{<script>alert(1)</script> <img src=x onerror="alert(2)"> <!--#echo var="x" --> ü 😀};

subtest 'a message that nobody reads' => sub {
    say_to('alice', 1, $evil);
    my $push = comes('push', '^carol$', 'alert');
    is $push->{subject}, $evil, 'the push has it, decrypted';
    is $push->{from}, 'Alice Archer', 'from whom';
    is $push->{link}, "$url/#/conversations/1", 'and where it leads';
    is $push->{headers}{topic}, 'c1', 'its headers';
    my $mail = comes('mail', 'carol@', 'New message from Alice Archer');
    like $mail->{text}, qr/\Q$evil\E/, 'the text of the mail has it';
    my $html = Mojo::Util::decode('UTF-8', slurp("$items/$mail->{id}.html"));
    like $html, qr/&lt;script&gt;alert\(1\)&lt;\/script&gt;.*&lt;!--#echo/, 'and the HTML, as text';
    unlike $html, qr/<script|<img|<!--/, 'nothing of it is HTML';
    like $html, qr/<base target="_blank">/, 'links open a window';
    like $mail->{source}, qr/^Auto-Submitted: auto-generated\r$/m, 'its source';
    my ($path) = $mail->{unsubscribe} =~ /^\Q$url\E(.*)/;
    is ask(undef, POST => $path, %there, type => 'application/x-www-form-urlencoded', body => 'List-Unsubscribe=One-Click')->code, 200,
        'one click ends mail, without a login';
    is get(undef, '/api/notifications/preferences/', %there, as('carol'))->json->{email}, 'off', 'for her';
};

subtest 'who may see them' => sub {
    my $path = '/demo/mail/data';
    my ($id) = map { $_->{id} } grep { $_->{kind} eq 'mail' } all();

    for my $name ('/demo/mail/', '/demo/mail/index.html', map {"$path/$_"} 'list.json', 'state.json', "$id.json", "$id.html") {
        my $answer = ask(undef, GET => $name, %there, fresh => 1);
        is $answer->code, 302, "$name needs a login";
        like $answer->header('Location'), qr{/login\.html\?to=/demo/mail/}, 'and says where';
        unlike $answer->body, qr/alice\@example/, 'nothing of it is shown';
    }
    my $in = ask(undef, POST => '/login', %there, fresh => 1, type => 'application/x-www-form-urlencoded',
        body => 'httpd_username=bob&httpd_password=bob');
    my ($session) = ($in->header('Set-Cookie') // '') =~ /^([^;]+)/;
    my $look = sub { return ask(undef, GET => $_[0], %there, fresh => 1, headers => {Cookie => $session}) };
    is $look->("$path/list.json")->code, 200, 'with one, the list';
    my $html = $look->("$path/$id.html");
    is $html->code, 200, 'and a mail';
    like $html->header('Content-Security-Policy'), qr/^sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'/,
        'in which nothing runs, wherever it is opened';
    for my $name ("$path/keys.json", "$path/../private/keys.json", "$path/%2e%2e/private/keys.json", "$path/receiver.py", "$path/tls.key",
        "$path/ports", "$path/", "$path/items/list.json")
    {
        isnt $look->($name)->code, 200, "nothing else: $name";
    }
};

# What else is said to its ports, whoever does it.
sub pushes
{
    my ($request) = @_;
    my $socket = IO::Socket::SSL->new(PeerAddr => '127.0.0.1', PeerPort => (ports())[1], SSL_verify_mode => SSL_VERIFY_NONE) or die "TLS: $!";

    print {$socket} $request;
    my $line = readline($socket) // '';
    return $line =~ m{^HTTP/1\.1 (\d+)} ? $1 : 'nothing';
}

sub mails
{
    my ($smtp, $content) = @_;

    return $smtp->mail('x@example.org') && $smtp->to('y@example.org') && $smtp->data && $smtp->datasend($content) && $smtp->dataend;
}

subtest 'what is not for it' => sub {
    is pushes("GET / HTTP/1.1\r\n\r\n"), 404, 'no push';
    is pushes("POST /push/alice HTTP/1.1\r\n\r\n"), 411, 'no length';
    is pushes("POST /push/alice HTTP/1.1\r\nContent-Length: 4097\r\n\r\n"), 413, 'too long';
    is pushes("POST /push/alice HTTP/1.1\r\nContent-Length: $_\r\n\r\n" . 'x' x $_), 400, "$_ bytes of something else" for 1, 86, 104, 4096;
    is pushes("POST /push/../alice HTTP/1.1\r\nContent-Length: 1\r\n\r\nx"), 404, 'another path';
    is pushes('POST /push/alice HTTP/1.1' . "\r\nX: " . 'x' x 20000 . "\r\n\r\n"), 431, 'a head that is too long';
    my $smtp = Net::SMTP->new('127.0.0.1', Port => (ports())[0]) or die 'no SMTP';
    ok !mails($smtp, "Subject: large\n\n" . ('x' x 70 . "\n") x 5000), 'a mail that is too large';
    is $smtp->code, 552, 'is refused';
    is +(grep { $_->{subject} =~ /large/ } all()), 0, 'and not kept';
    is pid_of('receiver'), (instance('status') =~ /pushes runs \(process (\d+)/)[0], 'it goes on';
};

subtest 'the newest are kept' => sub {
    my $smtp = Net::SMTP->new('127.0.0.1', Port => (ports())[0]) or die 'no SMTP';

    for my $n (1 .. 105) {
        mails($smtp, "From: x\@example.org\nTo: y\@example.org\nSubject: number $n\n\n$n\n") or die "mail $n: " . $smtp->message;
    }
    $smtp->quit;
    my @all = all();
    is @all, 100, 'a hundred';
    is scalar(grep { !m{/list\.json$} } glob "$items/*.json"), 100, 'of files, too';
    is_deeply [map { $_->{id} } @all], [sort { $b <=> $a } map { $_->{id} } @all], 'the newest first';
    ok +(grep { $_->{subject} eq 'number 105' } @all), 'the last';
    ok !(grep { $_->{subject} eq 'number 1' } @all), 'and not the first';
};

subtest 'stopped and started' => sub {
    my ($pid, @ports) = (pid_of('receiver'), ports());
    my @before = map { $_->{id} } grep { $_->{subject} =~ /^number/ } all();

    instance('stop');
    ok is_gone($pid), 'it ends with the others';
    my $taken = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $ports[0]);
    is $taken, undef, 'and its port is free';
    instance('start');
    is_deeply [ports()], \@ports, 'it has the same ports again';
    ok +(grep { $_->{id} == $before[0] } all()), 'and what it had';
    my $httpd = pid_of('httpd');
    my $second = pid_of('receiver');
    kill KILL => $second;
    until_true { is_gone($second) } 'killed';
    instance('start');
    is_deeply [ports()], \@ports, 'and started: the same ports';
    isnt pid_of('receiver'), $second, 'by another process';
    is pid_of('httpd'), $httpd, 'and httpd goes on';
};

subtest 'without it' => sub {
    my $pid = pid_of('receiver');
    my $is  = sub {
        my ($state, $what) = @_;

        is +(Cpanel::JSON::XS->new->decode(slurp("$home/httpd/receiver/state.json")))->{state}, $state, $what;
        unlike slurp("$home/httpd/conf/httpd.conf"), qr/CHAT_MAIL_PORT/, 'httpd sends nothing there';
        is get(undef, '/api/conversations/', %there, as('alice'))->code, 200, 'the demo runs';
        is ask(undef, POST => '/api/notifications/preferences/email/', %there, as('alice'), type => 'application/json', body => '{"retry":true}')->code, 409,
            'without mail';
    };

    instance('start', NOTIFY => 0);
    $is->('off', 'not wanted');
    ok is_gone($pid), 'it has ended';
    my $why = instance('start', PYTHON => '/nonexistent/python3');
    like $why, qr/conf\/install-packages demo.*python3 python3-aiosmtpd python3-cryptography/, 'it says what to install';
    $is->('missing', 'no Python');
    spew("$home/python", qq{#!/bin/sh\n[ "\$1" = -c ] && { echo python3-aiosmtpd; exit; }\nexec /usr/bin/python3 "\$@"\n});
    chmod 0755, "$home/python";
    like instance('start', PYTHON => "$home/python"), qr/without these packages .*: python3-aiosmtpd$/m, 'one package';
    spew("$home/python", qq{#!/bin/sh\n[ "\$1" = -c ] && exit\necho broken >&2\nexit 1\n});
    like instance('start', PYTHON => "$home/python"), qr/broken.*does not start/s, 'or that it does not start, and why';
    $is->('failed', 'which does not start');
    instance('start');
    like slurp("$home/httpd/conf/httpd.conf"), qr/CHAT_MAIL_PORT/, 'and with it again';
};

subtest 'stopped' => sub {
    my $pid = pid_of('receiver');

    instance('stop');
    ok is_gone($pid), 'it ends with the others';
    # Something may have been due while it was away.
    my @log = grep { !/mail: paused, nothing is lost: / } split /\n/, slurp("$home/httpd/logs/error.log");
    is_deeply [grep {/\[chat:(?:warn|error|crit|emerg)\]|exit signal/} @log], [], 'the log is quiet';
    is slurp("$home/httpd/logs/receiver.log"), '', 'and its own';
};

done_testing;
