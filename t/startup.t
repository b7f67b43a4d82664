use ChatTest;
use ChatTest::Httpd ();

sub configtest { return ChatTest::Httpd->new(@_)->configtest }
my $usual = ChatTest::Httpd->usual;

subtest 'a good configuration' => sub {
    for my $lines (
        '', 'ChatRoot /chat', 'ChatRoot / ', 'ChatRoot /api /app/api', 'ChatRoot none', 'ChatRoot /a/b/c/',
        'ChatMaxBody 1024', 'ChatMaxBody 16777216', 'ChatMaxMessage 1', 'ChatMaxMessage 100000',
        'ChatGroupPosting off', 'ChatGroupPosting 2', 'ChatGroupPosting 64', 'ChatDatabaseWait 0', 'ChatDatabaseWait 60000', 'ChatDatabaseListen "host=db dbname=chat"', 'ChatUserName "%{REMOTE_USER}"',
        'ChatUserEmail "%{req:X-Email}"', 'ChatUserAvatar "https://example.org/%{REMOTE_USER}.png"',
        "<VirtualHost *:1>\nChatRoot /x\nChatMaxMessage 5\n</VirtualHost>",
        )
    {
        my ($fine, $words) = configtest(conf => "$usual$lines\n");

        ok $fine, $lines || 'the usual' or diag $words;
    }
};

subtest 'what a directive must not say is told at configtest' => sub {
    my %wrong = (
        'ChatRoot api'                    => qr/ChatRoot.*must begin with a slash/,
        'ChatRoot /api app'               => qr/ChatRoot.*must begin with a slash/,
        'ChatRoot /api?x'                 => qr/ChatRoot.*plain path/,
        'ChatRoot /a//b'                  => qr/ChatRoot.*plain path/,
        'ChatRoot /a/../b'                => qr/ChatRoot.*plain path/,
        'ChatRoot "/a b"'                 => qr/ChatRoot.*plain path/,
        'ChatRoot /a%20b'                 => qr/ChatRoot.*plain path/,
        'ChatRoot'                        => qr/ChatRoot/,
        'ChatMaxBody'                     => qr/ChatMaxBody/,
        'ChatMaxBody many'                => qr/ChatMaxBody.*whole number from 1024 to 16777216/,
        'ChatMaxBody 1023'                => qr/ChatMaxBody.*whole number from 1024 to 16777216/,
        'ChatMaxBody 16777217'            => qr/ChatMaxBody.*whole number/,
        'ChatMaxBody -1'                  => qr/ChatMaxBody.*whole number/,
        'ChatMaxBody 10k'                 => qr/ChatMaxBody.*whole number/,
        'ChatMaxMessage 0'                => qr/ChatMaxMessage.*whole number from 1 to 100000/,
        'ChatMaxMessage 100001'           => qr/ChatMaxMessage.*whole number/,
        'ChatMaxMessage 99999999999999999999' => qr/ChatMaxMessage.*whole number/,
        'ChatGroupPosting 1'              => qr/ChatGroupPosting must be off or a whole number from 2 to 64/,
        'ChatGroupPosting 65'             => qr/ChatGroupPosting must be off or a whole number from 2 to 64/,
        'ChatGroupPosting on'             => qr/ChatGroupPosting must be off or a whole number from 2 to 64/,
        'ChatDatabaseWait 60001'          => qr/ChatDatabaseWait.*whole number from 0 to 60000/,
        'ChatDatabaseWait 1.5'            => qr/ChatDatabaseWait.*whole number/,
        'ChatUserName "%{nonsense:x}"'    => qr/ChatUserName.*expression/,
        'ChatUserEmail "%{req:X"'         => qr/ChatUserEmail.*expression/,
        'ChatUserAvatar "%{"'             => qr/ChatUserAvatar.*expression/,
        "<Location /x>\nChatRoot /api\n</Location>" => qr/ChatRoot.*not allowed|ChatRoot.*cannot occur/,
    );

    for my $lines (sort keys %wrong) {
        my ($fine, $words) = configtest(conf => "$usual$lines\n");

        ok !$fine, "refused: $lines";
        like $words, $wrong{$lines}, 'with the reason';
    }
};

subtest 'mod_dbd is missing' => sub {
    my $httpd = ChatTest::Httpd->new(conf => '', defines => ['NO_DBD']);

    ok !$httpd->start(5), 'no start';
    like $httpd->{words}, qr/mod_dbd.*LoadModule dbd_module/, 'the terminal says what to do';
    like ChatTest::Httpd::_slurp("$httpd->{home}/logs/error_log"), qr/mod_dbd.*LoadModule dbd_module/, 'so does the error log';
};

subtest 'DBDriver is missing' => sub {
    my $httpd = ChatTest::Httpd->new(conf => '');

    ok !$httpd->start(5), 'no start';
    like $httpd->{words}, qr/DBDriver pgsql.*DBDParams/, 'the terminal says what to do';
    like ChatTest::Httpd::_slurp("$httpd->{home}/logs/error_log"), qr/DBDriver pgsql.*DBDParams/,
        'so does the error log, at a cold start';
};

subtest 'the wrong MPM' => sub {
    for my $mpm ('prefork', 'worker') {
        my $httpd = ChatTest::Httpd->new(defines => [uc $mpm]);
        my ($fine, $words) = $httpd->configtest;
        my $ada  = member('Ada');
        my %here = (site => $httpd->url, statements => undef, fresh => 1);

        ok $fine, "$mpm: configtest takes it";
        like $words, qr/chat.*event MPM.*runs $mpm.*a2enmod mpm_event/, 'and tells';
        ok $httpd->start, 'it starts';
        one_line($httpd, qr/$mpm|MPM/, qr/event/);
        like ChatTest::Httpd::_slurp("$httpd->{home}/logs/error_log"), qr/runs $mpm/, 'in the error log, at a cold start';
        is get($ada, 'conversations/', %here)->code, 200, 'REST is served';
        my $answer = get($ada, 'conversations/ws/', %here, headers => {Upgrade => 'websocket', Connection => 'Upgrade',
            'Sec-WebSocket-Version' => 13, 'Sec-WebSocket-Key' => 'AAAAAAAAAAAAAAAAAAAAAA=='});
        is $answer->code, 501, 'a WebSocket is not, for good';
        is $answer->header('Retry-After'), undef, 'so nobody is told to try again';
        like $httpd->said, qr/WebSocket refused: it needs the event MPM/, 'the log says why';
        $httpd->stop;
        is_deeply [$httpd->unexpected(qr/event MPM/)], [], 'and nothing else';
    }
};

subtest 'a database that does not exist' => sub {
    my $params = ChatTest::Config->suite->{vars}{database} =~ s/dbname=\S+/dbname=nowhere/r;
    my $httpd  = ChatTest::Httpd->new(database => $params);

    ok $httpd->start, 'httpd starts';
    until_true { $httpd->said =~ /cannot be reached/ } 'it is told';
    one_line($httpd, qr/cannot be reached/, qr/DBDParams/);
    is get(member(), 'conversations/', site => $httpd->url, statements => undef)->code, 503, 'and answers 503';
};

subtest 'a restart keeps it going' => sub {
    my $httpd = ChatTest::Httpd->new;
    my $ada   = member('Ada');
    my %here  = (site => $httpd->url, fresh => 1);

    ok $httpd->start, 'started';
    is get($ada, 'conversations/', %here)->code, 200, 'serves';
    for my $signal (qw(USR1 HUP)) {
        my $before = () = $httpd->said =~ /resuming normal operations/g;

        kill $signal => $httpd->pid;
        until_true { (() = $httpd->said =~ /resuming normal operations/g) > $before } "restarted by SIG$signal";
        until_true { eval { get($ada, 'conversations/', %here, contract => 0)->code == 200 } } 'serves again';
    }
    ok $httpd->stop, 'stopped';
    # httpd closes the sockets of busy workers at SIGHUP, and then complains of them.
    is_deeply [$httpd->unexpected(qr/AH03093/)], [], 'its log is quiet';
};

done_testing;

# Told by the module, in a line that names the matter and the cure.
sub one_line
{
    my ($httpd, @wanted) = @_;
    my @lines = grep { /chat[:_]|mod_chat/ && !/LoadModule.*into/ } split /\n/, $httpd->said;
    my @told  = grep { my $line = $_; !grep { $line !~ $_ } @wanted } @lines;

    is @told, 1, 'one line says why and what to do' or diag join "\n", @lines ? @lines : substr $httpd->said, -2000;
}
