use ChatTest;
use ChatTest::Httpd ();

# Push over REST: the key, and which subscriptions are kept for whom.
my $point = 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4'; # RFC 8291 section 5
my $auth  = 'BTBZMqHH6r4Tts7J_aSIgg';
my ($true, $false) = (Cpanel::JSON::XS::true, Cpanel::JSON::XS::false);
my $made = 0;

# What a browser's toJSON() gives.
sub subscription
{
    my (%changes) = @_;

    return {endpoint => "https://push.example.org/send/$$-" . ++$made, expirationTime => undef,
        keys => {p256dh => $point, auth => $auth}, %changes};
}

sub save { my ($person, $json, %options) = @_; return post($person, 'push/subscriptions/', $json, %options) }
sub drop { my ($person, $json, %options) = @_; return ask($person, DELETE => 'push/subscriptions/', json => $json, %options) }
sub held { return get($_[0], 'push/subscriptions/', %{$_[1] // {}})->json->{subscriptions} }

my $ada = member('Ada');
my $ben = member('Ben');

subtest 'the key' => sub {
    my $answer = get($ada, 'push/key/');
    my ($home) = ChatTest::Config->suite->{vars}{serverroot};
    my $key    = qx{openssl ec -in '$home/conf/push-key.pem' -pubout -outform DER 2>/dev/null | tail -c 65 | base64 -w 0 | tr '+/' '-_'} =~ s/=+$//r;
    my $id     = substr qx{openssl ec -in '$home/conf/push-key.pem' -pubout -outform DER 2>/dev/null | tail -c 65 | openssl dgst -sha256 -binary | base64 -w 0 | tr '+/' '-_'}, 0, 16;

    is_deeply $answer->json, {public_key => $key, key_id => $id}, 'what openssl says of the file';
    is $answer->header('Cache-Control'), 'no-store', 'is not kept';
    is get($ada, 'push/key')->code, 200, 'without the slash';
    is get($ada, 'push/key/', headers => {'If-None-Match' => $answer->header('ETag')})->code, 304, 'unchanged';
    is get(undef, 'push/key/')->code, 401, 'nobody has it';
    is get(stranger(), 'push/key/', statements => [2, 3])->code, 200, 'who was never seen has';
};

subtest 'kept, listed, dropped' => sub {
    is_deeply held($ada), [], 'none yet';
    my $first = subscription();
    my $answer = save($ada, $first);
    is $answer->code, 201, 'the first is new';
    my $kept = $answer->json;
    is_deeply [sort keys %$kept], [qw(created_at id)], 'and has an id';
    my $again = save($ada, $first);
    is $again->code, 200, 'the second time it is known';
    is_deeply $again->json, $kept, 'as the same';
    my $second = save($ada, subscription(key_id => get($ada, 'push/key/')->json->{key_id}))->json;
    is_deeply held($ada), [map { {%$_, service => 'push.example.org', delivered_at => undef, failing => $false} } $second, $kept],
        'the newest first';
    sql('update chat.push_subscriptions set refusals = 2, delivered_at = now() where id = ?', $kept->{id});
    my ($failing) = grep { $_->{id} == $kept->{id} } @{held($ada)};
    ok $failing->{failing} && $failing->{delivered_at}, 'what its service says is seen';
    is_deeply held($ben), [], 'others see nothing of it';

    is ask($ben, DELETE => "push/subscriptions/$kept->{id}/")->code, 404, 'nor can they drop it';
    is drop($ben, {endpoint => $first->{endpoint}})->code, 204, 'by its endpoint';
    is scalar @{held($ada)}, 2, 'it is there still';
    is drop($ada, {endpoint => $first->{endpoint}})->code, 204, 'dropped by its endpoint';
    is drop($ada, {endpoint => $first->{endpoint}})->code, 204, 'which may be repeated';
    is ask($ada, DELETE => "push/subscriptions/$second->{id}/")->code, 204, 'and by its id';
    is ask($ada, DELETE => "push/subscriptions/$second->{id}/")->code, 404, 'which is gone then';
    is_deeply held($ada), [], 'none is left';
};

subtest 'one browser, two users' => sub {
    my $shared = subscription();
    my $first  = save($ada, $shared)->json;
    my $answer = save($ben, $shared);
    is $answer->code, 201, 'it is new to the second user';
    is_deeply held($ada), [], 'and the first one\'s no more';
    is_deeply [map { $_->{id} } @{held($ben)}], [$answer->json->{id}], 'but the second one\'s';
    drop($ben, $shared);
};

subtest 'at most sixteen' => sub {
    my @made = map { subscription() } 1 .. 17;
    is save($ada, $_)->code, 201, 'one more' for @made;
    my @ids = map { $_->{id} } @{held($ada)};
    is scalar @ids, 16, 'sixteen are kept';
    is save($ada, $made[0])->code, 201, 'the first was replaced';
    is_deeply [map { $_->{id} } @{held($ada)}[1 .. 15]], [@ids[0 .. 14]], 'it replaces the next one';

    my @at_once = map { my $n = $_; [$ben, POST => 'push/subscriptions/', json => subscription(), contract => 0] } 1 .. 20;
    is_deeply [grep { $_ != 201 } map { $_->code } together(@at_once)], [], 'twenty at once';
    is scalar @{held($ben)}, 16, 'leave sixteen, too';
};

subtest 'the same one, by several at once' => sub {
    my $shared = subscription();
    my @codes  = map { $_->code } together(map { [$_ % 2 ? $ada : $ben, POST => 'push/subscriptions/', json => $shared, contract => 0] } 1 .. 12);
    is_deeply [grep { $_ != 200 && $_ != 201 } @codes], [], 'all are answered';
    is sql('select count(*) as n from chat.push_subscriptions where endpoint = ?', $shared->{endpoint})->{n}, 1, 'it is there once';
};

# Where requests of httpd must not be made to go, and what is no subscription.
my @fine = ('https://fcm.googleapis.com/fcm/send/abc:def_-', 'https://updates.push.services.mozilla.com/wpush/v2/x',
    'https://web.push.apple.com/Q', 'https://push.example.org:443/x', 'HTTPS://Push.Example.org/x', 'https://push.example.org/',
    'https://xn--bcher-kva.example.net/a?b=c&d=%20', 'https://push.example.org/' . 'x' x (2048 - 25));
my %not_there = map { ("https://$_/x" => 1) } qw(
    localhost LOCALHOST push.localhost localhost.localdomain push.local router.lan printer.home nas.internal push.test push.invalid
    push.example 1.0.168.192.in-addr.arpa push.home.arpa push.onion push.corp intranet push
    127.0.0.1 10.0.0.1 192.168.1.1 169.254.169.254 2130706433 0x7f000001 0x7f.1 017700000001 127.1 1.2.3.4 8.8.8.8 push.0x7f push.1
    [::1] [::ffff:10.0.0.1] [fd00::1] [2001:db8::1] [::1]:8443 push.example.org:80 push.example.org:8443 push.example.org:0
    push.example.org:65536 push.example.org: push.example.org:443x push.example.org:+443 push.example.org:0443443
    push.example.org. .push.example.org push..example.org -push.example.org push-.example.org push_.example.org
    user@push.example.org user:word@push.example.org push.example.org@127.0.0.1 push.example.org%2f.evil.net push.example.org%00
);
my @wrong_urls = (sort(keys %not_there), 'http://push.example.org/x', 'https:/push.example.org/x', 'https:push.example.org/x', '//push.example.org/x',
    'ftp://push.example.org/x', 'file:///etc/passwd', 'https://', 'https:///x', 'https://push.example.org', 'https://push.example.org?x',
    'https://push.example.org#x', 'https://push.example.org/x#y', 'https://push.example.org\\@127.0.0.1/', 'https://127.0.0.1\\.push.example.org/',
    'https://push.example.org /x', "https://push.example.org/x\ny", "https://push.example.org/x\x{7f}", 'https://push.example.org/x"y', 'https://push.example.org/<x>',
    "https://b\x{fc}cher.example.net/x", "https://push.example.org/\x{fc}", "https://push\x{3002}example\x{3002}org/x", ' https://push.example.org/x', '',
    'https://' . join('.', ('a' x 60) x 5) . '.org/x', 'https://' . 'a' x 64 . '.example.org/x', 'https://push.example.org/' . 'x' x (2049 - 25));

subtest 'URLs' => sub {
    my $eve = member('Eve');
    my $refused = sub {
        my ($json, $field, $what) = @_;
        my $answer = save($eve, $json);

        is $answer->code, 400, $what;
        is $answer->json->{code}, 'subscription', 'as no subscription';
        is_deeply $answer->fields, [$field], 'by its field';
    };
    for my $url (@fine) {
        is save($eve, subscription(endpoint => $url))->code, 201, substr $url, 0, 60;
    }
    $refused->(subscription(endpoint => $_), 'endpoint', 'not ' . substr(Cpanel::JSON::XS->new->allow_nonref->encode($_), 0, 70)) for @wrong_urls;
    $refused->(subscription(endpoint => $_), 'endpoint', 'no text') for undef, 7, $true, [], {};

    my $other = "B$auth" . substr $point, 23;
    my %keys  = (
        'keys'        => [undef, 'x', [], 7, $true],
        'keys.p256dh' => [map { {p256dh => $_, auth => $auth} } undef, 7, '', 'x', $auth, substr($point, 0, 86), $point . 'AA', $point . '!',
            'A' . substr($point, 1), $other, 'BA' . 'A' x 85, 'Ay' . substr($point, 2), 'x' x 5000, "$point\x{fc}"],
        'keys.auth'   => [map { {p256dh => $point, auth => $_} } undef, 7, '', 'x', substr($auth, 0, 20), $auth . 'AA', 'x' x 5000, $point],
    );
    for my $field (sort keys %keys) {
        $refused->(subscription(keys => $_), $field, 'not ' . substr(Cpanel::JSON::XS->new->allow_nonref->canonical->encode($_ // 'none'), 0, 70)) for @{$keys{$field}};
    }
    $refused->({endpoint => 'https://push.example.org/x'}, 'keys', 'no keys at all');
    $refused->(subscription(key_id => $_), 'key_id', 'another key') for 'AAAAAAAAAAAAAAAA', '', 7, {};
    my $standard = $point =~ tr{-_}{+/}r . '=';
    is save($eve, subscription(keys => {p256dh => $standard, auth => "$auth=="}))->code, 201, 'base64 as others write it';
    is sql('select p256dh || auth as k from chat.push_subscriptions where user_id = ? order by id desc limit 1', $eve->id)->{k}, "$point$auth",
        'is kept as browsers do';
};

subtest 'what must not be asked' => sub {
    is drop($ada, $_)->code, 400, 'no endpoint' for {}, {endpoint => 7}, {endpoint => undef}, {endpoint => 'x' x 2049};
    is ask($ada, DELETE => 'push/subscriptions/')->code, 415, 'no body';
    is ask($ada, DELETE => "push/subscriptions/$_/")->code, 404, "no such id: $_" for 0, 'x', '9000000000000000000';
    is get($ada, "push/$_")->code, 404, "no such path: $_" for '', 'keys/', 'subscriptions/1/x/';
    is get($ada, 'push/subscriptions/1/')->header('Allow'), 'OPTIONS, DELETE', 'one of them is not got';
    is save(undef, subscription())->code, 401, 'not by nobody';
    for my $method (qw(POST DELETE)) {
        is ask($ada, $method => 'push/subscriptions/', json => subscription(), headers => {'Sec-Fetch-Site' => 'cross-site'})->code, 403,
            "$method: not from a foreign page";
        is ask($ada, $method => 'push/subscriptions/', json => subscription(), headers => {Cookie => 'session=x', Origin => site()})->code, 403,
            'nor by a browser without its token';
    }
};

my $usual = ChatTest::Httpd->usual;
my $key   = "ChatPushKey file:\@serverroot\@/../../conf/push-key.pem\nChatPushContact mailto:webmaster\@example.org\n";

subtest 'directives' => sub {
    my $httpd = ChatTest::Httpd->new(conf => $usual . <<"END");
ChatRateLimit notify 3/1h
<VirtualHost *:\@port\@>
    ServerName off.test
</VirtualHost>
<VirtualHost *:\@port\@>
    ServerName some.test
    $key
    ChatPushHosts push.example.org *.Example.net
    ChatPushHosts 127.0.0.1 relay.lan
    ChatPushAllow 127.0.0.1:8443 Relay.lan
    ChatPushAllow [::1]:8443
    ChatRateLimit notify off
</VirtualHost>
END
    ok $httpd->start, 'httpd starts' or diag $httpd->said;
    my $at  = sub { return (site => $httpd->url, headers => {Host => "$_[0].test"}) };
    my $eve = member('Eve');

    is get($eve, 'push/key/', $at->('off'))->code, 404, 'without a key there is none';
    is save($eve, subscription(), $at->('off'))->code, 404, 'and nothing is kept';
    is_deeply held($eve, {$at->('off')}), [], 'what there is, is listed';
    is drop($eve, {endpoint => 'x'}, $at->('off'))->code, 204, 'and dropped';
    is drop($eve, {endpoint => 'x'}, $at->('off'))->code, 204, 'twice';
    is drop($eve, {endpoint => 'x'}, $at->('off'))->code, 429, 'not more often than notify allows';
    for my $host (qw(push.example.org a.example.net a.b.example.net 127.0.0.1:8443 relay.lan relay.lan:443)) {
        is save($eve, subscription(endpoint => "https://$host/$$"), $at->('some'))->code, 201, $host;
    }
    for my $host (qw(fcm.googleapis.com example.net evilexample.net 127.0.0.1 127.0.0.1:443 relay.lan:8443 [::1]:8443 a.example.net:8443)) {
        is save($eve, subscription(endpoint => "https://$host/$$"), $at->('some'))->code, 400, "not $host";
    }
    $httpd->stop;
    is_deeply [$httpd->unexpected], [], 'the log is quiet';
};

subtest 'what configtest refuses' => sub {
    my %wrong = (
        'ChatPushKey push-key.pem'                => qr/ChatPushKey must be file: and the path of a file with a private key in PEM/,
        'ChatPushKey file:none'                   => qr/ChatPushKey: \S*none cannot be opened.*openssl ecparam -name prime256v1 -genkey -noout >/,
        'ChatPushKey file:world'                  => qr/ChatPushKey: \S*world is accessible to users other than its owner/,
        'ChatPushKey file:text'                   => qr/ChatPushKey: \S*text contains no private key in PEM/,
        'ChatPushKey file:public'                 => qr/ChatPushKey: \S*public contains no private key in PEM/,
        'ChatPushKey file:locked'                 => qr/ChatPushKey: \S*locked contains no private key in PEM, or one with a password/,
        'ChatPushKey file:p384'                   => qr/ChatPushKey: the key in \S*p384 is not on the curve P-256/,
        'ChatPushKey file:k256'                   => qr/ChatPushKey: the key in \S*k256 is not on the curve P-256/,
        'ChatPushKey file:rsa'                    => qr/ChatPushKey: the key in \S*rsa is not on the curve P-256/,
        'ChatPushKey file:good'                   => qr/ChatPushKey needs ChatPushContact, such as mailto:/,
        'ChatPushContact webmaster@example.org'   => qr/ChatPushContact: "webmaster\@example.org" must be mailto:<address> or https:/,
        'ChatPushContact mailto:@example.org'     => qr/ChatPushContact: .* must be mailto/,
        'ChatPushContact "mailto:a b@example.org"' => qr/ChatPushContact: .* must be mailto/,
        'ChatPushContact http://example.org/'     => qr/ChatPushContact: .* must be mailto/,
        (map { ("ChatPushContact mailto:a\@$_" => qr/ChatPushContact: .* must have a public host name/) }
            qw(localhost chat.invalid chat.test chat.example host 127.0.0.1)),
        'ChatPushContact https://localhost/'      => qr/ChatPushContact: .* must have a public host name/,
        'ChatPushAllow https://push.example.org/' => qr/ChatPushAllow: "https:.*" is not a host or host:port/,
        'ChatPushAllow push.example.org:0'        => qr/ChatPushAllow: .* is not a host or host:port/,
        'ChatPushAllow *.example.org'             => qr/ChatPushAllow: .* is not a host or host:port/,
        'ChatPushHosts *.org'                     => qr/ChatPushHosts: "\*\.org" is not a host or \*\.suffix of at least two labels/,
        'ChatPushHosts push.example.org:443'      => qr/ChatPushHosts: .* is not a host/,
        'ChatPushHosts push.*.org'                => qr/ChatPushHosts: .* is not a host/,
    );
    my $p256 = 'openssl ecparam -name prime256v1 -genkey -noout 2>/dev/null';
    my %files = (
        world => scalar qx{$p256}, good => scalar qx{$p256}, text => "no key\n", public => scalar qx{$p256 | openssl ec -pubout 2>/dev/null},
        locked => scalar qx{$p256 | openssl ec -aes128 -passout pass:word 2>/dev/null}, p384 => scalar qx{openssl ecparam -name secp384r1 -genkey -noout 2>/dev/null},
        k256 => scalar qx{openssl ecparam -name secp256k1 -genkey -noout 2>/dev/null}, rsa => scalar qx{openssl genrsa 2048 2>/dev/null},
        with_parameters => scalar qx{openssl ecparam -name prime256v1 -genkey 2>/dev/null}, pkcs8 => scalar qx{openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 2>/dev/null},
        compressed => scalar qx{$p256 | openssl ec -conv_form compressed 2>/dev/null},
    );
    my $test = sub {
        my ($line) = @_;
        my $httpd = ChatTest::Httpd->new(conf => "$usual$line\n");

        $httpd->file($_, $files{$_}, $_ eq 'world' ? 0644 : 0600) for keys %files;
        return $httpd->configtest;
    };
    for my $line (sort keys %wrong) {
        my ($is_fine, $words) = $test->($line);
        ok !$is_fine, $line;
        like $words, $wrong{$line}, 'with a reason';
    }
    for my $file (qw(good with_parameters pkcs8 compressed)) {
        my ($is_fine, $words) = $test->("ChatPushKey file:$file\nChatPushContact https://www.example.org/contact");
        ok $is_fine, "a key as openssl writes it: $file" or diag $words;
    }
};

# Pushes are sent for a database.
subtest 'virtual hosts with one database' => sub {
    my $p256    = 'openssl ecparam -name prime256v1 -genkey -noout 2>/dev/null';
    my $contact = 'ChatPushContact mailto:a@example.org';
    my $key     = "ChatPushKey file:one\n$contact\n";
    my $test = sub {
        my ($one, $other, $main) = @_;
        my $httpd = ChatTest::Httpd->new(conf => $usual . ($main // '') . "\n" . join '', map {<<"END"}
<VirtualHost *:\@port\@>
    ServerName $_->[0].example.org
    $_->[1]
</VirtualHost>
END
            [one => $one], [other => $other]);

        $httpd->file($_, scalar qx{$p256}) for qw(one other);
        $httpd->file(secret => 'x' x 32), $httpd->file(new => ('y' x 32) . "\n" . ('x' x 32)), $httpd->file(another => 'z' x 32);
        return $httpd->configtest;
    };
    my %other = (
        'ChatPushKey'     => "ChatPushKey file:other\n$contact",
        'ChatPushContact' => "ChatPushKey file:one\nChatPushContact mailto:b\@example.org",
        (map { (split ' ')[0] => "$key$_" } 'ChatPushDelay 7', 'ChatPushContent none', 'ChatPushCA one', 'ChatPushAllow localhost', 'ChatPushHosts *.example.org'),
    );
    for my $directive (sort keys %other) {
        my ($is_fine, $words) = $test->($key, $other{$directive});
        ok !$is_fine, "$directive differs";
        like $words, qr/$directive of other\.example\.org \(\S+:\d+\) is not that of one\.example\.org \(\S+:\d+\): notifications are sent for the database/,
            'which is said';
    }
    for (['none has a key', '', ''], ['the first has one', $key, ''], ['the second has one', '', "${key}ChatPushDelay 7"], ['both have the same', $key, $key],
        ['all of it outside', '', '', "${key}ChatPushHosts *.example.org\nChatPushContent none"],
        ['without a chat', $key, "ChatRoot none\nChatPushKey file:other\n$contact"],
        ['of another database', $key, "ChatPushKey file:other\n$contact\nDBDParams dbname=another"]) {
        my ($what, @conf) = @$_;
        my ($is_fine, $words) = $test->(@conf);
        ok $is_fine, $what or diag $words;
    }

    my $mail = "ChatMail smtp://localhost\nChatMailFrom chat\@example.org\nChatMailTLS off\nChatMailTemplates $ENV{PWD}/conf/mail\n";
    my $link = 'ChatNotificationLink https://www.example.org/';
    my ($is_fine, $words) = $test->("$link\nChatSecret file:secret", "ChatSecret file:another", $mail);
    ok !$is_fine, 'another ChatSecret';
    like $words, qr/ChatSecret of other\.example\.org/, 'so that links of mails would not be taken';
    ($is_fine, $words) = $test->("$link\nChatSecret file:secret", 'ChatSecret file:new', $mail);
    ok $is_fine, 'one that knows the old one' or diag $words;
    ($is_fine, $words) = $test->("$link\nChatSecret file:secret", '', $mail);
    ok $is_fine, 'settings of mail in one of them' or diag $words;
    unlike $words, qr/ChatNotificationLink/, 'lead to its page';
    ($is_fine, $words) = $test->("$link\nChatSecret file:secret", 'ChatNotificationLink https://other.example.org/', $mail);
    ok $is_fine, 'two pages' or diag $words;
    like $words, qr/mail and pushes lead to ChatNotificationLink of one\.example\.org \(\S+\), not to that of other\.example\.org/, 'are warned of';
};

subtest 'make push-key' => sub {
    my $file = ChatTest::Config->suite->{vars}{serverroot} . "/own/push-key-$$";

    like qx{conf/push-key '$file' 2>&1}, qr/^ChatPushKey file:\Q$file\E\n\z/, 'makes one';
    is sprintf('%o', (stat $file)[2] & 0777), '600', 'for its owner';
    my ($is_fine, $words) = ChatTest::Httpd->new(conf => $usual . "ChatPushKey file:$file\nChatPushContact mailto:a\@example.org\n")->configtest;
    ok $is_fine, 'that httpd takes' or diag $words;
    like qx{conf/push-key '$file' 2>&1}, qr/exists/, 'and never another in its place';
    unlink $file;
};

done_testing;
