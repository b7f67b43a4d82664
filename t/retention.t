use ChatTest;
use ChatTest::Httpd ();

# Old messages are deleted by httpd itself. Nothing else here is as old as these messages.
my $years  = '36500d';
my $httpd  = ChatTest::Httpd->new(conf => "ChatRetention $years\nLogLevel chat:info\n" . ChatTest::Httpd->usual);
my $talk   = conversation(member('Ada'));
my $id     = $talk->{id};
my $who    = $talk->{member}->id;
ChatTest::sql('select count(chat.send_message(?, ?, \'old \' || n)) from generate_series(1, 300) n', $who, $id);
my $new = say($talk, 'new')->json->{message}{id};

ChatTest::sql("update chat.messages set created_at = '1900-01-01' where conversation_id = ? and id < ?", $id, $new);
ChatTest::sql("update chat.retention set begun_at = '-infinity', ended_at = '-infinity', up_to = ?", $id - 1);
is chat_messages(), 301, 'what was sent';

ok $httpd->start, 'httpd with ChatRetention' or diag $httpd->said;
until_true { chat_messages() == 1 } 'old messages are deleted';
is_deeply [map { $_->{id} } @{messages_of($talk)}], [$new], 'what is new stays';
is scalar ChatTest::sql('select count(*) as wrong from chat.check(?)', $id)->{wrong}, 0, 'the conversation is as it should be';
is say($talk, 'next')->json->{message}{seq}, 302, 'and goes on where it was';
until_true { $httpd->said =~ /retention: \d+ messages with \d+ attachments were older than ChatRetention and were deleted/ } 'the log says how many';
until_true { (ChatTest::db()->selectrow_array('select ended_at > now() - interval \'1 minute\' from chat.retention'))[0] } 'the pass is over';
ok $httpd->stop, 'it stops';
is_deeply [$httpd->unexpected], [], 'and had nothing else to say';

for my $case (
    ['90', 'must be a number of days'], ['0d', 'must be a number of days'], ['5m', 'must be a number of days'], ['d', 'must be a number of days'],
    ['-1d', 'must be a number of days'], ['101y', 'must be a number of days'], ['99999999999999999999y', 'must be a number of days'],
    ['forever', 'must be a number of days'], ['90d 7', 'must be church= and the id'], ['90d church=St.Mary', 'must be church= and the id'],
    ['90d church=0', 'must be church= and the id'], ["90d\nChatRetention 80d", 'a period without church= already'],
    ["90d church=7\nChatRetention off church=7", 'a period for church=7 already'], ['90d church=7 x', 'takes'],
    )
{
    my ($words, $error) = @$case;
    my ($is_fine, $said) = ChatTest::Httpd->new(conf => "ChatRetention $words\n" . ChatTest::Httpd->usual)->configtest;

    ok !$is_fine && $said =~ /\Q$error\E/, 'ChatRetention ' . $words =~ s/\n.*? /, /r or diag $said;
}
# As many churches as are possible, and one more.
my $most = join '', map {"ChatRetention 1y church=$_\n"} 1 .. 10_000;
my ($is_fine, $said) = ChatTest::Httpd->new(conf => "ChatRetention 2y\n$most" . ChatTest::Httpd->usual)->configtest;
ok $is_fine, '10,000 churches' or diag $said;
($is_fine, $said) = ChatTest::Httpd->new(conf => "${most}ChatRetention 1y church=10001\n" . ChatTest::Httpd->usual)->configtest;
ok !$is_fine && $said =~ /more than 10000 churches/, 'no more' or diag $said;
($is_fine, $said) = ChatTest::Httpd->new(conf => "ChatRetention 2y\nChatRetention 26w church=7\nChatRetention OFF church=8\n" . ChatTest::Httpd->usual)->configtest;
ok $is_fine, 'several lines' or diag $said;
($is_fine, $said) = ChatTest::Httpd->new(conf => "ChatRetention 2y\n" . ChatTest::Httpd->usual
    . "<VirtualHost *:\@port\@>\n    ServerName other.test\n    ChatRetention 1y\n</VirtualHost>\n")->configtest;
ok !$is_fine && $said =~ /ChatRetention of .* is not that of/, 'two virtual hosts with one database need the same' or diag $said;

done_testing;

sub chat_messages { return (ChatTest::db()->selectrow_array('select count(*) from chat.messages where conversation_id = ?', undef, $id))[0] }
