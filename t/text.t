use ChatTest;
use ChatTest::WebSocket ();
use Encode ();

# Text by what a reader sees of it: what is empty, where it is cut, how names are found and told apart.
my $church = church("St. Brigid's");
my $carol  = staff_of($church, 'Carol Clark');

# A table that tests in other languages read too; characters as {U+0041} there.
sub table
{
    my ($name) = @_;

    open my $in, '<:encoding(UTF-8)', "t/tables/$name.tsv" or die "$name: $!";
    my (undef, @rows) = map { chomp; [map { s/\{U\+([0-9A-F]+)\}/chr hex $1/ger } split /\t/, $_, -1] } <$in>;
    return @rows;
}

sub in_url { return url_escape(Encode::encode('UTF-8', $_[0])) }
sub listed { return get($_[0], 'conversations/' . ($_[1] // ''))->json->{conversations} }
sub named
{
    my ($person, $name, %options) = @_;

    return get($person, 'conversations/unread/', site => 'profile', headers => {'X-Name' => Encode::encode('UTF-8', $name)}, %options);
}
sub name_of { return sql('select display_name from chat.users where username = ?', $_[0]{username})->{display_name} }

subtest 'nothing is said by what nobody can see' => sub {
    my $talk   = conversation(member('Ada'), $church);
    my $socket = ChatTest::Live->of($talk->{member});

    for my $blank (map { $_->[0] } table('blank')) {
        my $shown = join ' ', map { sprintf 'U+%04X', ord } split //, $blank;

        is say($talk, $blank)->code, 400, $shown;
        is say($talk, " $blank\n$blank ")->code, 400, "$shown and blanks";
    }
    is $socket->ask({type => 'send', conversation_id => $talk->{id}, content => "\x{200b}\x{2800}"})->{status}, 400, 'over a WebSocket too';
    $socket->leave;
    is_deeply messages_of($talk), [], 'nothing is stored';
    for my $seen ("\x{646}\x{627}\x{645}\x{200c}\x{62e}", "\x{1F469}\x{200d}\x{1F467}", "co\x{ad}operate", "\x{2764}\x{fe0f}", "\x{200b}x\x{200b}", "\x{301}") {
        is say($talk, $seen)->json->{message}{content}, $seen, 'among what is seen they stay';
    }
};

subtest 'an excerpt ends where a character does' => sub {
    my $talk = conversation(member('Ada'), $church);

    for my $tail ("\x{1F468}\x{200d}\x{1F469}\x{200d}\x{1F467}", "\x{1F1E9}\x{1F1EA}", "\x{1F44D}\x{1F3FD}", "1\x{fe0f}\x{20e3}", "x\x{331}\x{303}", "\x{915}\x{94d}\x{937}\x{93f}") {
        for my $lead ('a' x 139, 'a' x 138) {
            say($talk, "$lead$tail.");
            my ($note) = grep { $_->{id} == $talk->{id} } @{notifications_of($carol)->{notifications}};
            my @kept = length("$lead$tail") <= 140 ? ("$lead$tail", "$lead$tail.") : ($lead);

            for my $text (listed($talk->{member})->[0]{last_message}, $note->{body}) {
                ok scalar(grep { $_ eq $text } @kept), length($lead) . ' and ' . sprintf 'U+%04X', ord $tail
                    or diag substr $text, 130;
            }
        }
    }
    say($talk, "\x{2067}\x{202b}" . 'a' x 200);
    is listed($talk->{member})->[0]{last_message}, "\x{2067}\x{202b}" . 'a' x 136 . "\x{202c}\x{2069}", 'and leaves nothing open';
};

subtest 'names are found whatever way they are typed' => sub {
    my $talk = begun(member('Zoe'), $church);

    for (table('searches')) {
        my ($name, $word, $is_found) = @$_;

        sql('update chat.users set display_name = ? where id = ?', $name, $talk->{member}{id});
        my @found = grep { $_->{id} == $talk->{id} } @{listed($carol, '?q=' . in_url($word))};
        is scalar @found, $is_found eq 't' ? 1 : 0, "$word in $name";
    }
    is scalar @{listed($talk->{member}, "?q=$_")}, 1, "the church by $_" for "brigid's", 'BRIGID%E2%80%99S', 'st.%20%20brigid';
};

subtest 'no name passes for the church or its staff' => sub {
    my $mallory = stranger();

    for my $name ("\x{405}t. Brigid\x{2bc}s", 'ST BRIGIDS', "\x{421}arol Clark", 'Carol C1ark') {
        named($mallory, $name, statements => [1, 3]);
        is name_of($mallory), "$name (member)", "$name is marked";
        is named($mallory, $name)->statements, 1, 'and not written again';
    }
    named($mallory, "O'Brien\x{200b}", statements => [1, 3]);
    is name_of($mallory), "O\x{2019}Brien", 'another one is not, and has no quote';
    is named($mallory, "O'Brien\x{200b}")->statements, 1, 'nor written again';
};

done_testing;
