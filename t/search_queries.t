use ChatTest;
use ChatTest::Search qw(indexed search found);
use Time::HiRes ();

# Which words find which messages, in the languages of the world; and that nothing one can type is an error, or slow.
my $talk = conversation(member('Ada'));
my $ada  = $talk->{member};

# A message, then what finds it, and after a dash what does not.
my @cases = (
    ['Wir treffen uns am Donnerstag um 18 Uhr', 'donnerstag', 'DONNERSTAG ', 'treffen uhr', 'uhr treffen', '"am Donnerstag"', 'donn', 'treffen donn', 'wir treffen uns am donnerstag um 18',
        '-', 'donn ', 'freitag', '"Donnerstag am"', 'donnerstag -uhr', 'reffen', '"treffen donnerstag"'],
    ['Die Kirchenvorstandssitzung fällt aus', 'kirchen', 'kirchenvor', 'fallt', 'fällt ', 'FÄLLT', '-', 'vorstand', 'kirchen '],
    ['Straßenfest in der Große Gasse', 'strassenfest', 'straßenfest', 'STRASSENFEST', 'grosse ', 'strass', '-', 'strase'],
    ['Le café de l’église est fermé', 'cafe', 'café', 'CAFÉ', "cafe\x{301}", 'eglise', "l'eglise", 'l’église', 'ferme', '-', 'caf ', 'cafes'],
    ['El niño comió en Málaga', 'nino', 'niño', 'malaga comio', '-', 'ninos'],
    ['Łódź i Kraków', 'lodz', 'ŁÓDŹ', 'krakow'],
    ['Iğdır ve İstanbul ışık', 'igdir', 'ISTANBUL', 'istanbul', 'isik', 'IŞIK', 'ışık', '-', 'isikk'],
    ['Встреча в Ёлках', 'встреча', 'ВСТРЕЧА', 'елках', 'ёлках', '-', 'встречи'],
    ['Η ΣΥΝΆΝΤΗΣΗ είναι σήμερα ΟΔΟΣ', 'συναντηση', 'συνάντηση', 'οδος', 'οδός', '-', 'αύριο'],
    ['我们明天在图书馆见面', '图书馆', '明天', '图书', '馆', '明天 图书馆', '"明天在"', '-', '书图', '图馆', '明天 教堂', '"明天 图书馆"'],
    ['日本語の全文検索ができます', '検索', '全文検索', '日本', 'できます', '日本 検索', '-', '索検', '全検', 'てきます'],
    ["\x{ff76}\x{ff9e}ラスとﾃｰﾌﾞﾙ", 'ガラス', 'テーブル', '-', 'カラス'],
    ['서울에서 만나요', '서울', '서울에서', '만나', '만나요 서울', '-', '울서', '부산'],
    ['พรุ่งนี้เจอกันที่โบสถ์', 'พรุ่งนี้', 'โบสถ์', 'เจอกัน', '-', 'กันเจอ'],
    ['ຂອບໃຈ ភាសាខ្មែរ မြန်မာ', 'ຂອບ', 'ខ្មែរ', 'မြန်'],
    ['الاجتماع في مُحَمَّد يوم الأحد', 'الاجتماع', 'محمد', 'مُحَمَّد', 'الاحد', '-', 'الاثنين'],
    ["פגישה בבית שָׁלוֹם", 'פגישה', 'שלום', "\x{202b}פגישה\x{202c}", 'פגישה -', '-', 'ביתה'],
    ['नमस्ते दुनिया', 'नमस्ते', 'दुनिया', '-', 'दुनियाँ'],
    ['Party 🎉🎉 heute👍ja', 'party', 'heute', 'ja', 'party 🎉', '-', 'heuteja'],
    ['write to Alice.Miller+chat@mail.example.org please', 'alice.miller+chat@mail.example.org', 'ALICE.MILLER', 'example.org', 'miller', 'mail.exam', '"alice miller"', 'write to alice.miller+ch',
        '-', 'miller.alice', 'alice@mail', 'org.example'],
    ['see https://www.Example.com/a_path/page.html?id=42&x=%20#top', 'https://www.example.com/a_path/page.html?id=42', 'example.com', 'page.html', 'path', '42', 'www.exam', '-', 'com.example', 'page.htm '],
    ['it costs 1.234,56 € or 1 000 000 or 12:30 or 2026-11-29 or +49 (30) 123-456', '1.234,56', '1,234.56', '1 234', '1 000 000', '12:30', '2026-11-29', '+49 30 123 456', '49', '"30 123"', '-', '1234', '1.2345', '234.1'],
    ['Jean-Pierre und E-Mail-Adresse, Nord-‑Süd', 'jean-pierre', 'jean pierre', 'jean', 'e-mail', 'mail-adresse', 'mail-adr', 'nord-süd', 'nord sud', '-', 'pierre-jean', 'jeanpierre', 'jean -pierre'],
    ["don't stop: rock'n'roll & C++ x<y and y>z <b>bold</b>", "don't", 'don’t', 'stop', "rock'n'roll", 'rock n roll', 'c++', 'x<y', 'bold', '<b>bold', '-', 'dont', 'c d'],
    ["one\nword\tper\x{a0}line\x{3000}end", 'one word', '"per line"', 'end', 'one word per line end'],
    ['v1.2.3 of foo_bar::baz() in src/main.c', 'v1.2.3', 'foo_bar', 'foo_bar::baz()', 'src/main.c', 'main.c', '-', 'foobar', 'v1.3'],
    ['this or that, orange and apples', 'this or that', 'nothing or orange', 'orange or nothing ', '"this or that"', 'apples or', 'or', 'pears or apples orange', '-', 'pears or plums', 'orange or apples -this', 'pears or plums apples'],
    ['ﬁne Ｆｕｌｌ x² ½', 'fine', 'full', 'x2', '-', 'ful '],
);
my @ids;
push @ids, say($talk, $_->[0])->json->{message}{id} for @cases;
indexed($talk);

my %seen;
for my $i (0 .. $#cases) {
    my ($text, @words) = @{$cases[$i]};
    my ($finds, @wrong) = (1);

    for my $words (@words) {
        if ($words eq '-') { $finds = 0; next }
        my ($result) = grep { $_->{message}{id} == $ids[$i] } @{search($ada, $words, limit => 50, -contract => 0)->json->{results}};
        push @wrong, $finds ? "'$words' does not find it" : "'$words' finds it" if $finds != !!$result;
        next if !$result;
        my $shown = $result->{snippet} =~ s/<\/?mark>//gr;
        push @wrong, "'$words': nothing is marked in $result->{snippet}" if $result->{snippet} !~ /<mark>/;
        push @wrong, "'$words': the snippet is $shown" if $shown ne $text =~ s/\s+/ /gr =~ s/&/&amp;/gr =~ s/</&lt;/gr =~ s/>/&gt;/gr =~ s/'/&#39;/gr =~ s/"/&quot;/gr;
    }
    is_deeply \@wrong, [], substr $text, 0, 40;
}

subtest 'nobody can ask for the words of a church' => sub {
    my $church = $talk->{church}{id};
    my @plain  = found($ada, $church);
    my %alone  = map { my $written = $_; ($written => $written =~ s/[~\x{ff5e}]//gr) }
        "~$church", qq{"~$church"}, "~$church:*", "'~$church'", "\x{ff5e}$church", "~~$church";

    # A number may begin others, which only a word that is still being typed finds.
    is_deeply [found($ada, $_)], [found($ada, $alone{$_})], "$_ is $alone{$_}" for sort keys %alone;
    cmp_ok scalar @plain, '<', @cases / 4, 'which few messages have';
};

subtest 'whatever is typed' => sub {
    my @parts = ('a', 'an', 'the', 'or', 'OR', '-', '--', '"', '""', '“', '«', "'", "''", '\\', '\\\\', '\\"', ':', ':*', '*', '&', '|', '!', '<->', '<2>', '<-', '(', ')', '((', '~', '~1', '%', '_', ',', ';',
        '$1', '$$', '{}', '{', '}', '[', ']', '/', '//', '?', '#', '@', '@@', '+', '=', '.', '..', "\t", "\n", "\r", "\x{1}", "\x{7f}", "\x{85}", "\x{a0}", "\x{ad}", "\x{200b}", "\x{200d}", "\x{202e}", "\x{2066}",
        "\x{feff}", "\x{fffd}", "\x{ffff}", "\x{10ffff}", "\x{fdfa}", "\x{fdfb}", "\x{301}", "\x{1100}", "\x{1161}", "\x{ac00}", "\x{e0001}", '検', '索', 'ที่', '🎉', "👩\x{200d}💻", 'ß', 'İ', 'ı', 'ǆ', 'ﬃ', '½', '㍿', '١',
        'null', 'select', "';drop table chat.messages;--", 'donn', 'café', 'x' x 60, 'é' x 30, '1', '1e308', '-1', '0x', 'http://', 'a@b', 'a.b.c', '<b>', '</mark>', '&amp;', '%s', '\x00', 'NOT', 'AND', 'simple',
        (' ') x 25);
    my $seed = $ENV{CHAT_TEST_SEED} // time ^ $$;
    my $wanted = watched() > 1 ? 300 : 4000;
    my (%codes, @odd, @slowest);
    my @people = map { staff_of($talk->{church}) } 1 .. 20; # for each of whom there is a limit
    srand $seed;
    diag "CHAT_TEST_SEED=$seed" if $ENV{CHAT_TEST_SEED};
    for (1 .. $wanted / 50) {
        my $i = 0;
        my @queries = map { substr join('', map { $parts[rand @parts] } 1 .. 1 + rand 32), 0, 300 } 1 .. 50;
        my @requests = map {
            my $words = url_escape(Mojo::Util::encode('UTF-8', $_));
            [$people[$i++ % @people], rand > .2 ? "conversations/search/?q=$words" : "$talk->{path}messages/?q=$words"]
        } @queries;
        my ($took, @answers);
        for (1 .. 3) { # a busy machine may stand still for longer than a statement may take, but not each time
            my $began = Time::HiRes::time();
            @answers = pipelined(@requests);
            $took    = Time::HiRes::time() - $began;
            last if $took < 3 * slow() && !grep { $_ == 503 } @answers;
        }
        push @slowest, $took;
        push @odd, 'only ' . @answers . " answers, before: $queries[@answers]" if @answers != @queries;
        for my $i (0 .. $#answers) {
            $codes{$answers[$i]}++;
            push @odd, "$answers[$i]: $queries[$i]" if $answers[$i] !~ /^(200|400)$/;
        }
    }
    is_deeply \@odd, [], "$wanted searches are 200 or 400" or diag "CHAT_TEST_SEED=$seed";
    cmp_ok $codes{$_}, '>', $wanted / 100, "$_: $codes{$_}" for 200, 400;
    @slowest = sort { $a <=> $b } @slowest;
    cmp_ok $slowest[-1], '<', 3 * slow(), sprintf 'none is slow: fifty take %.2f s, or %.2f s at most', @slowest[@slowest / 2, -1];
    is scalar(found($ada, 'donnerstag')), 1, 'and everything is still there';
};

done_testing;

# The status of each of many requests, which are sent at once: a client that reads each answer takes longer than the
# server. After a 400 httpd closes the connection.
sub pipelined
{
    my @requests = @_;
    my @codes;

    while (@codes < @requests) {
        my @more = answered(@requests[@codes .. $#requests]);
        last if !@more || $more[-1] != 400 && @codes + @more < @requests;
        push @codes, @more;
    }
    return @codes;
}

sub answered
{
    my @requests = @_;
    my ($host, $port) = site() =~ m{//(.*):(\d+)};
    my $socket = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Timeout => 10 * slow()) or die "no connection: $@";
    my ($file) = $0 =~ m{([\w.]+)$};

    local $SIG{ALRM} = sub { die 'no answer' };
    alarm 60 * slow();
    print {$socket} join '', map {
        my ($person, $path) = @{$requests[$_]};
        "GET /api/$path HTTP/1.1\r\nHost: $host:$port\r\nX-Test: $file.$$\r\nAuthorization: Basic "
            . Mojo::Util::b64_encode("$person->{username}:x", '') . ($_ == $#requests ? "\r\nConnection: close" : '') . "\r\n\r\n"
    } 0 .. $#requests;
    my $answers = do { local $/; <$socket> };
    alarm 0;
    return $answers =~ m{HTTP/1\.1 (\d{3}) }g;
}
