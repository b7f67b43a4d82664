use ChatTest;
use ChatTest::Httpd ();
use ChatTest::Metrics ();
use Encode ();
use Time::HiRes qw(time);

# Messages that nobody wants: rejected, or stored with a mark that only staff see. Rules differ between
# virtual hosts, which here go by name.
my $usual = ChatTest::Httpd->usual;
my %rules = (
    patterns => <<'END',
ChatSpam "\bcasino\b"
ChatSpam "cheap\s+pills" reject
ChatSpam "lottery" flag
ChatSpam "шоколад" reject
ChatSpam "straße" reject
ChatSpam "caf\x{e9}s?\b" reject
ChatSpam "^\p{Lu}{10}$" flag
END
    links       => 'ChatSpamLinks 2',
    linksflag   => "ChatSpamLinks 0 flag\nChatSpam bitcoin reject",
    repeat      => 'ChatSpamRepeat 2/1h',
    repeatflag  => 'ChatSpamRepeat 1/1h flag',
    repeatsoon  => 'ChatSpamRepeat 1/1s reject',
    endless     => "ChatSpam (a+)+\$\nChatSpam (x|xx)*y\\1\$ flag\nChatSpam \"(.*,){30}!\" reject",
    none        => '',
);
my $httpd = ChatTest::Httpd->new(conf => Encode::encode('UTF-8', <<'END' . $usual . <<'END' . virtual_hosts()));
LogLevel notice chat:trace8
ChatMaxMessage 100000
ChatMaxBody 1048576
<Location /chat-metrics>
    SetHandler chat-metrics
</Location>
END
ChatSpam "of the main server"
END

sub virtual_hosts
{
    return join '', map {"<VirtualHost *:\@port\@>\nServerName $_.test\n$rules{$_}\n</VirtualHost>\n"}
        sort keys %rules;
}

sub at { my ($name) = @_; return (site => $httpd->url, headers => {Host => "$name.test"}) }
sub metrics { return ChatTest::Metrics->of($httpd->url) }
sub stored { return sql('select count(*) from chat.messages where conversation_id = ?', $_[0]{id})->{count} }

sub talk_and_staff
{
    my $church = church();

    return (conversation(member('Ada'), $church), staff_of($church, 'Carol'));
}

# What became of the newest message, by what the staff are shown: ok or flag.
sub mark
{
    my ($talk, $staff) = @_;
    my $message = messages_of($talk, as => $staff, query => 'limit=1')->[0];

    return !exists $message->{flagged} ? 'ok' : $message->{flagged} ? 'flag' : 'flagged is false';
}

# ok, flag or reject; whatever else was answered.
sub verdict
{
    my ($talk, $staff, $text, @at) = @_;
    my $answer = say($talk, $text, @at);

    return 'reject' if $answer->code == 422 && $answer->json->{code} eq 'spam';
    return $answer->code == 201 ? mark($talk, $staff) : $answer->code;
}

ok $httpd->start, 'httpd starts' or diag $httpd->said;

subtest 'patterns' => sub {
    my ($talk, $staff) = talk_and_staff();
    my @said = (
        ['hello'                         => 'ok'],
        ['Win at our casino'             => 'reject'],
        ['CASINO'                        => 'reject'],
        ['the casinos of Monaco'         => 'ok', 'not a word of its own'],
        ["cheap \n\t pills"              => 'reject', 'over a line break'],
        ['cheappills'                    => 'ok'],
        ['You won the Lottery!'          => 'flag'],
        ['the lottery in the casino'     => 'reject', 'the rule that rejects decides'],
        ['ШОКОЛАД'                       => 'reject', 'letter case of any script'],
        ['Ein Ort an der STRAßE'         => 'reject', 'Unicode in the configuration'],
        ["Cafe\x{301}s"                  => 'reject', 'decomposed letters'],
        ["ｃａｓｉｎｏ"                  => 'reject', 'full-width letters'],
        ["cas\x{200b}i\x{ad}no"          => 'reject', 'invisible characters inside'],
        ["\x{1d41c}\x{1d41a}\x{1d42c}\x{1d422}\x{1d427}\x{1d428}" => 'reject', 'mathematical letters'],
        ['of the main server'            => 'ok', 'a virtual host with rules has its own alone'],
    );

    for my $case (@said) {
        my ($text, $wanted, $why) = @$case;

        is verdict($talk, $staff, $text, at('patterns')), $wanted, $why // $text =~ s/\s+/ /gr;
    }
    is verdict($talk, $staff, 'one of the main server', at('none')), 'reject',
        'a virtual host without rules has those of the main server';
    is verdict($talk, $staff, 'casino', at('none')), 'ok', 'and none of its neighbours';
    is verdict($talk, $staff, 'casino'), 'ok', 'no rules, no spam';
};

subtest 'a rejected message is not stored, and told so' => sub {
    my ($talk, $staff) = talk_and_staff();
    my $answer = say($talk, 'casino', client_id => 'k1', at('patterns'));

    is $answer->code, 422, 'refused';
    is $answer->json->{code}, 'spam', 'as a problem';
    like $answer->json->{title}, qr/^Unprocessable/, 'with its title';
    unlike $answer->body, qr/casino|pattern/i, 'that tells no rule';
    is $answer->statements // 0, 0, 'without the database';
    is stored($talk), 0, 'nothing is stored';
    is get($staff, $talk->{path})->code, 404, 'nobody is told';
    is say($talk, 'casino', client_id => 'k1', at('patterns'))->code, 422, 'nor with the same client_id again';
    is say($talk, 'something else', client_id => 'k1', at('patterns'))->code, 201, 'which something else may use';
    is say($talk, 'casino', as => $staff, at('patterns'))->code, 422, 'staff are held to it too';
};

subtest 'who may see that a message is flagged' => sub {
    my ($talk, $staff) = talk_and_staff();
    my $fellow = staff_of($talk->{church}, 'Colin');
    my $true   = Cpanel::JSON::XS::true;

    my $mine = say($talk, 'lottery', client_id => 'k1', at('patterns'));
    is $mine->code, 201, 'it is stored';
    ok !exists $mine->json->{message}{flagged}, 'its sender is not told';
    my $again = say($talk, 'lottery', client_id => 'k1', at('patterns'));
    is $again->code, 200, 'sent again';
    ok !exists $again->json->{message}{flagged}, 'neither then';
    is say($talk, 'fine', at('patterns'))->code, 201, 'another';

    my $seen = messages_of($talk);
    ok !(grep { exists $_->{flagged} } @$seen), 'nor when the member reads';
    for my $reader ($staff, $fellow) {
        $seen = messages_of($talk, as => $reader);
        is $seen->[0]{flagged}, $true, 'staff see it';
        ok !exists $seen->[1]{flagged}, 'and nothing on others';
    }
    $seen = messages_of($talk, as => $staff, query => "after=$seen->[0]{id}");
    is @$seen, 1, 'after it';
    $seen = messages_of($talk, as => $staff, query => 'after=0');
    is $seen->[0]{flagged}, $true, 'in either direction';

    my $theirs = say($talk, 'lottery', as => $staff, at('patterns'));
    is $theirs->json->{message}{flagged}, $true, 'staff see it on their own at once';
    is messages_of($talk, as => $fellow)->[-1]{flagged}, $true, 'and their fellows';
    ok !exists messages_of($talk)->[-1]{flagged}, 'while the member does not';
    is messages_of($talk)->[-1]{content}, 'lottery', 'who reads it all the same';
};

subtest 'links' => sub {
    my ($talk, $staff) = talk_and_staff();
    my @said = (
        ['no link at example.org or a.b'                       => 'ok'],
        ['http://a.example and https://b.example'              => 'ok'],
        ['http://a.example https://b.example www.c.example'    => 'reject'],
        ['HTTP://A.EXAMPLE Https://b.example WWW.c.example'    => 'reject'],
        ["(http://a.example)\n<https://b.example>\"http://c.example\"" => 'reject'],
        ['http://a.example ' x 500                             => 'reject'],
        ['http:// https:// http://'                            => 'ok', 'with nothing behind them'],
        ['awww.b.example xwww.c.example bwww.d.example'        => 'ok', 'in the middle of words'],
    );

    for my $case (@said) {
        my ($text, $wanted, $why) = @$case;

        is verdict($talk, $staff, $text, at('links')), $wanted, $why // substr $text, 0, 60;
    }
    is verdict($talk, $staff, 'see www.example.org', at('linksflag')), 'flag', 'flagged from the first';
    is verdict($talk, $staff, 'see nothing', at('linksflag')), 'ok', 'or not';
    is verdict($talk, $staff, 'bitcoin at www.example.org', at('linksflag')), 'reject', 'another rule rejects it';
    is verdict($talk, $staff, 'www.a.example ' x 50, at('none')), 'ok', 'as many as you like where nothing is said';
};

subtest 'repeats' => sub {
    my ($talk, $staff) = talk_and_staff();
    my ($other, $others) = talk_and_staff();
    my @at = at('repeat');

    is verdict($talk, $staff, 'Come to our shop', @at), 'ok', 'once';
    is verdict($talk, $staff, "COME  to\nour\x{200b} shop ", @at), 'ok', 'twice, hardly disguised';
    is verdict($talk, $staff, 'come to our shop', @at), 'reject', 'three times';
    is verdict($talk, $staff, 'come to our house', @at), 'ok', 'something else';
    is verdict($other, $others, 'come to our shop', @at), 'ok', 'somebody else';
    is stored($talk), 3, 'stored are three';

    my $elsewhere = conversation($talk->{member});
    is say($elsewhere, 'come to our shop', @at)->code, 422, 'the same to another church is the same';

    is verdict($other, $others, 'hello', at('repeatflag')), 'ok', 'where repeats are flagged';
    is verdict($other, $others, 'hello', at('repeatflag')), 'flag', 'the second is';
    is verdict($other, $others, 'hello', at('repeatflag')), 'flag', 'and the third';

    is verdict($other, $others, 'soon again', at('repeatsoon')), 'ok', 'now';
    Time::HiRes::sleep(1.05);
    is verdict($other, $others, 'soon again', at('repeatsoon')), 'ok', 'and after the period';
};

subtest 'a retry is no repeat' => sub {
    my ($talk, $staff) = talk_and_staff();
    my @at  = at('repeat');
    my $try = sub { say($talk, 'good morning', client_id => $_[0], @at)->code };

    is join(' ', map { $try->('k1') } 1 .. 6), '201 200 200 200 200 200', 'the same client_id again and again';
    is $try->('k2'), 201, 'the second time';
    is $try->('k3'), 422, 'the third time';
    is join(' ', map { $try->('k3') } 1 .. 3), '422 422 422', 'is rejected however often it is tried';
    is $try->('k1'), 200, 'what was stored is still known';
    is stored($talk), 2, 'stored are two';

    my $church  = church();
    my $carol   = staff_of($church, 'Carol');
    my @members = map { conversation(member("Member $_"), $church) } 1 .. 4;
    is join(' ', map { say($_, 'Buy now', as => $carol, client_id => 'same', @at)->code } @members),
        '201 201 422 422', 'the same client_id in another conversation is no retry';
};

subtest 'no input makes matching slow' => sub {
    my ($talk, $staff) = talk_and_staff();
    my $before = metrics();
    my @long = ('a' x 30 . '!', 'a' x 1000 . '!', 'a' x 99_999 . '!', 'x' x 5000 . 'z', 'a,' x 20_000,
        'ａ' x 20_000 . '!');

    for my $text (@long) {
        my $begin   = time;
        my $verdict = verdict($talk, $staff, $text, at('endless'));
        my $took    = time - $begin;

        is $verdict, 'ok', sprintf '%d characters: not matching', length $text;
        cmp_ok $took, '<', 3 * slow(), sprintf 'in %.0f ms', 1000 * $took;
    }
    is verdict($talk, $staff, 'aaaa', at('endless')), 'reject', 'the pattern works where it can';
    cmp_ok metrics()->since($before, 'chat_spam_exhausted_total'), '>', 0, 'giving up is counted';

    my $begin   = time;
    my @answers = together(map {
        [$talk->{member}, POST => "$talk->{path}messages/", json => {content => 'a' x 90_000 . "! $_"}, at('endless')]
    } 1 .. 20);
    is scalar(grep { $_->code == 201 } @answers), 20, 'twenty at once';
    cmp_ok time - $begin, '<', 8 * slow(), sprintf 'in %.1f s', time - $begin;
};

subtest 'metrics' => sub {
    my ($talk, $staff) = talk_and_staff();
    my $before = metrics();

    say($talk, $_, at('patterns')) for 'casino', 'CASINO!', 'lottery', 'fine', 'the casino lottery';
    my $after = metrics();
    is_deeply [$after->faults], [], 'are OpenMetrics';
    is $after->since($before, 'chat_spam_total', verdict => 'reject'), 3, 'rejected';
    is $after->since($before, 'chat_spam_total', verdict => 'flag'), 1, 'flagged';
};

subtest 'what people wrote is never in the log' => sub {
    my ($talk, $staff) = talk_and_staff();
    my $secret = "purplehorse$$";

    say($talk, "$secret casino", client_id => "client-$secret", at('patterns'));
    say($talk, "$secret lottery", at('patterns'));
    say($talk, $secret, at('repeatflag')) for 1 .. 2;
    say($talk, "$secret www.a.example", at('linksflag'));
    say($talk, $secret . 'a' x 5000 . '!', at('endless'));
    my $said = $httpd->said;
    cmp_ok length $said, '>', 1000, 'much is said at trace8';
    unlike $said, qr/$secret/, 'but not that';
    is_deeply [$httpd->unexpected], [], 'and it is quiet otherwise';
};

subtest 'what the directives must not say is told at configtest' => sub {
    my %wrong = (
        'ChatSpam'                       => qr/ChatSpam takes/,
        'ChatSpam ('                     => qr/ChatSpam: the pattern "\(" cannot be used: .+, after 1 characters/,
        'ChatSpam "a(b" flag'            => qr/ChatSpam: the pattern "a\(b" cannot be used: .+, after 3 char/,
        'ChatSpam [z-a]'                 => qr/ChatSpam: the pattern "\[z-a\]" cannot be used/,
        'ChatSpam a{2,1}'                => qr/ChatSpam: .*cannot be used/,
        'ChatSpam \p{Nonsense}'          => qr/ChatSpam: .*cannot be used/,
        'ChatSpam ""'                    => qr/ChatSpam takes/, # httpd gives no empty last argument
        'ChatSpam a*'                    => qr/ChatSpam: the pattern "a\*" matches an empty text, thus every message/,
        'ChatSpam word delete'           => qr/ChatSpam: the action must be reject or flag/,
        'ChatSpam word flag too'         => qr/ChatSpam takes/,
        "ChatSpam caf\xe9"               => qr/ChatSpam: the pattern is not valid UTF-8/,
        'ChatSpam ' . 'x' x 4097         => qr/ChatSpam: a pattern may have at most 4096 bytes/,
        "ChatSpam x\n" x 257             => qr/ChatSpam: at most 256 patterns are allowed/,
        'ChatSpamLinks'                  => qr/ChatSpamLinks takes/,
        'ChatSpamLinks many'             => qr/ChatSpamLinks: the number of links must be a whole number from 0/,
        'ChatSpamLinks -1'               => qr/ChatSpamLinks: the number of links/,
        'ChatSpamLinks 10001'            => qr/ChatSpamLinks: the number of links/,
        'ChatSpamLinks 1 delete'         => qr/ChatSpamLinks: the action must be reject or flag/,
        'ChatSpamRepeat'                 => qr/ChatSpamRepeat takes/,
        'ChatSpamRepeat 3'               => qr/ChatSpamRepeat: "3" is not <number>\/<period>/,
        'ChatSpamRepeat 0/m'             => qr/ChatSpamRepeat: "0\/m": numbers must be/,
        'ChatSpamRepeat off'             => qr/ChatSpamRepeat: /,
        'ChatSpamRepeat 3/m delete'      => qr/ChatSpamRepeat: the action must be reject or flag/,
        "<Location /x>\nChatSpam x\n</Location>" => qr/ChatSpam.*not allowed|ChatSpam.*cannot occur/,
    );

    for my $lines (sort keys %wrong) {
        my ($fine, $words) = ChatTest::Httpd->new(conf => "$usual$lines\n")->configtest;

        ok !$fine, 'refused: ' . substr $lines =~ s/\n.*//sr =~ s/[^ -~]/?/gr, 0, 60;
        like $words, $wrong{$lines}, 'with the reason';
    }
    my ($fine, $words) = ChatTest::Httpd->new(conf => $usual . <<'END')->configtest;
ChatSpam "\bcasino\b"
ChatSpam casino REJECT
ChatSpam (?i)casino Flag
ChatSpamLinks 0
ChatSpamLinks 10000 flag
ChatSpamRepeat 3/10m
ChatSpamRepeat 3/d flag
END
    ok $fine, 'and what they may say is taken' or diag $words;
};

done_testing;
