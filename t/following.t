use ChatTest;
use ChatTest::Httpd ();
use ChatTest::WebSocket ();

# What an administrator changes by SQL shows: in lists and counts, in answers that were kept, on sockets.
my $httpd = ChatTest::Httpd->new(conf => ChatTest::Httpd->usual . "ChatRateLimitMode off\nChatCache shmcb\n");
ok $httpd->start, 'a host with a cache starts' or diag $httpd->said;
my %host = (site => $httpd->url, statements => undef);

my $church = church();
my $carol  = staff_of($church, 'Carol');
my $talk   = conversation(member('Ada'), $church);

# What staff see of the conversation, from the cache where it can come from there.
sub seen
{
    my ($row) = grep { $_->{id} == $talk->{id} } @{get($carol, 'conversations/', %host)->json->{conversations}};

    return "$row->{unread_count} $row->{last_message}";
}

sub shows
{
    my ($expected, $what) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    until_true { seen() eq $expected } $what, 15;
    is get($carol, 'conversations/unread/')->json->{unread_count}, (split ' ', $expected)[0], 'and counts';
    my ($note) = grep { $_->{id} == $talk->{id} } @{notifications_of($carol)->{notifications}};
    is $note ? $note->{count} : 0, (split ' ', $expected)[0], 'and is notified of';
}

subtest 'messages are removed, edited, read and imported' => sub {
    my ($one, $two, $three) = map { say($talk, $_)->json->{message}{id} } qw(one two three);
    my $socket = ChatTest::Live->of($carol, site => $httpd->url);

    shows('3 three', 'three messages');
    sql('delete from chat.messages where id = ?', $three);
    my $frame = $socket->await('conversation', sub { $_->{conversation}{last_message} eq 'two' }, 15);
    is $frame && $frame->{conversation}{unread_count}, 2, 'a socket is told of it';
    shows('2 two', 'the last one is removed');
    sql('update chat.messages set content = ? where id = ?', 'two, as edited', $two);
    shows('2 two, as edited', 'it is edited');
    sql('update chat.messages set read_at = now() where id = ?', $one);
    shows('1 two, as edited', 'one is read');
    sql(q{insert into chat.messages (conversation_id, seq, sender_id, from_church, content, created_at)
          values (?, 4, ?, false, 'imported', now())}, $talk->{id}, $talk->{member}->id);
    shows('2 imported', 'one is imported');
    is say($talk, 'five')->json->{message}{seq}, 5, 'the next has the next number';
    sql('delete from chat.messages where conversation_id = ? and seq > 1', $talk->{id});
    shows('0 one', 'all but what was read are removed');
    is read_all($talk, as => $carol)->json->{marked_read}, 0, 'nothing is left to be read';
    is say($talk, 'six')->json->{message}{seq}, 6, 'a number is not given again';
    $socket->leave;
};

subtest 'counters that were spoilt' => sub {
    sql('update chat.conversations set church_unread = church_unread + 4 where id = ?', $talk->{id});
    is read_all($talk, as => $carol)->json->{marked_read}, 1, 'reading marks what there is';
    shows('0 six', 'and nothing is unread then');
    say($talk, 'seven');
    sql('update chat.unread_of_churches set unread = 50 where church_id = ?', $church->{id});
    is sql('select string_agg(object, ?) as found from chat.check(?)', ' ', $talk->{id})->{found}, 'church', 'a wrong sum is found';
    sql('select count(*) from chat.repair(?)', $talk->{id});
    shows('1 seven', 'and mended');
};

subtest 'conversations move and go' => sub {
    my $other = church();
    my $dave  = staff_of($other, 'Dave');

    is get($dave, 'conversations/unread/')->json->{unread_count}, 0, 'nothing';
    sql('update chat.conversations set church_id = ? where id = ?', $other->{id}, $talk->{id});
    is get($dave, 'conversations/unread/')->json->{unread_count}, 1, 'the unread go along';
    is get($carol, 'conversations/unread/')->json->{unread_count}, 0, 'and are gone where they were';
    until_true { !@{get($carol, 'conversations/', %host)->json->{conversations}} } 'as is the conversation', 15;
    sql('delete from chat.conversations where id = ?', $talk->{id});
    is get($dave, 'conversations/unread/')->json->{unread_count}, 0, 'it goes with its unread';
    until_true { !@{get($talk->{member}, 'conversations/', %host)->json->{conversations}} } 'and leaves the lists', 15;
};

done_testing;
