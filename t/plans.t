use ChatTest;
use Digest::MD5 qw(md5_hex);
use Cpanel::JSON::XS   ();

plan skip_all => 'nothing of this is the module\'s' if watched() > 1;

# How every statement of the module, and whatever runs inside the functions that it calls, is carried out
# over tables so big that a missing index would show: from an index, without a sort of what has no bound,
# and touching little more than it is asked for. With the plans that the module gets (plan_cache_mode, jit,
# enable_seqscan off), and with those it would get if reading whole tables were as good as anything else; in a
# database of its own, and with auto_explain, which sees inside of functions.
#
# The statements are those of sql/statements. One that is new must be named here, with its cases: what is shown,
# how many rows it wants (the bounds follow from that), and its parameters; undef is null.
my @all   = (undef) x 5; # of a list: where it begins, the church, since when, the role
my $file = '{"' . '{"file":"00000000000000000000000000000005","name":"a","kind":"other","content_type":"text/plain","size":5,"sha256":"'
    =~ s/"/\\"/gr . '0' x 64 . '","quota":"many","quota_bytes":1000000,"quota_s":86400,"is_scanned":false,"in_database":false}' =~ s/"/\\"/gr . '"}';
my %cases = (
    ensure_user => [
        ['known', 1, 'u7', 'u7', undef, undef, undef, undef],
        ['changed', 1, 'u7', 'u7', 'Seven', undef, undef, undef],
        ['renamed to what another is called', 2, 'u7', 'u8', undef, undef, undef, undef],
        ['of a former id', 2, 'u-seven', 'u-seven', undef, undef, undef, 'u7'],
        ['new', 1, 'nobody yet', 'nobody yet', 'Nobody', undef, undef, undef],
    ],
    list_conversations => [
        ['of a member', 5, 'u6000', 101, @all],
        ['of a member, with one church', 5, 'u6000', 101, undef, undef, 202, undef, undef],
        ['of staff, 5,000', 101, 'u10001', 101, @all],
        ['of staff, far down', 101, 'u10001', 101, '2026-01-01 01:00+00', 3601, undef, undef, undef],
        ['of staff, what is new', 101, 'u10001', 101, undef, undef, undef, '2026-01-01 01:22:30+00', undef],
        ['of staff of 20 churches', 20 * 51, 'u12000', 51, @all],
        ['of a member, as one', 5, 'u6000', 101, (undef) x 4, 'member'],
        ['of staff, as a member', 1, 'u10001', 101, (undef) x 4, 'member'],
        ['of staff of 20 churches, as staff', 20 * 51, 'u12000', 51, (undef) x 4, 'staff'],
        ['of staff of 20 churches, with one', 51, 'u12000', 51, undef, undef, 1, undef, undef],
    ],
    list_unread_conversations => [
        ['of a member', 5, 'u6001', 101, @all],
        ['of staff, 2,500', 101, 'u10001', 101, @all],
        ['of staff of 20 churches', 20 * 51, 'u12000', 51, @all],
    ],
    find_conversations => [
        ['of a member', 5, 'u6000', 101, @all, 'church', 'f'],
        ['of staff', 300, 'u10001', 101, @all, '7', 'f'],
        ['of staff, nothing among all 5,000', 5000, 'u10001', 101, @all, 'nowhere', 'f'],
        ['of staff, unread ones', 600, 'u10001', 101, @all, '7', 't'],
    ],
    # What is found is counted up to 10,000.
    list_admin_items => [
        ['the newest messages', 101, 'message', '{}', '-id', 101, undef, undef],
        ['messages in the middle', 101, 'message', '{}', '-id', 101, 100000, undef],
        ['the oldest messages', 101, 'message', '{}', 'id', 101, undef, undef],
        ['messages of a church', 10001, 'message', '{"church_id":"1"}', '-id', 101, undef, undef],
        ['messages of a small church', 600, 'message', '{"church_id":"900"}', '-id', 101, undef, undef],
        ['messages of a conversation', 5000, 'message', '{"conversation_id":"1"}', '-id', 101, undef, undef],
        ['messages of a sender', 10001, 'message', '{"sender_id":"1"}', '-id', 101, undef, undef],
        ['messages of somebody who has sent none', 1, 'message', '{"sender_id":"7"}', '-id', 101, undef, undef],
        ['messages of somebody who has sent none, without the index', 10, 'message', '{"sender_id":"6007"}', '-id', 101, undef, undef],
        ['flagged messages', 101, 'message', '{"flag":"any"}', '-id', 101, undef, undef],
        ['messages with an attachment', 10001, 'message', '{"has_attachment":"true"}', '-id', 101, undef, undef],
        ['messages with a common word', 10001, 'message', '{"q":"+ hello"}', '-id', 101, undef, undef],
        ['messages with a word that none has', 1, 'message', '{"q":"+ nothing"}', '-id', 101, undef, undef],
        ['messages of a church with a word', 600, 'message', '{"q":"+ m3","church_id":"900"}', '-id', 101, undef, undef],
        ['messages of a year without any', 40, 'message', '{"year":"2020"}', '-id', 101, undef, undef],
        ['the newest conversations', 101, 'conversation', '{}', '-id', 101, undef, undef],
        ['conversations in the middle', 101, 'conversation', '{}', '-id', 101, 15000, undef],
        ['conversations of a church', 5000, 'conversation', '{"church_id":"1"}', '-id', 101, undef, undef],
        ['conversations of a member', 5, 'conversation', '{"member_id":"6000"}', '-id', 101, undef, undef],
        ['blocked conversations', 1, 'conversation', '{"blocked":"true"}', '-id', 101, undef, undef],
        ['empty conversations', 1, 'conversation', '{"empty":"true"}', '-id', 101, undef, undef],
        ['conversations with a flagged message', 1, 'conversation', '{"flagged":"true"}', '-id', 101, undef, undef],
        ['the newest users', 101, 'user', '{}', '-id', 101, undef, undef],
        ['users by name', 101, 'user', '{}', 'name', 101, 5000, 'user 5000'],
        ['users who are staff', 10001, 'user', '{"role":"staff"}', '-id', 101, undef, undef],
        ['users who are staff, further on', 10001, 'user', '{"role":"staff"}', '-id', 101, 10010, undef],
        ['users who are not active', 1, 'user', '{"is_active":"false"}', '-id', 101, undef, undef],
        ['users of a day on which none came', 1, 'user', '{"year":"2020","month":"2","day":"3"}', '-id', 101, undef, undef],
        ['what is unread', 10001, 'notification', '{}', '-id', 101, undef, undef],
        ['what is unread, further on', 10001, 'notification', '{}', '-id', 101, 5000, undef],
        ['deliveries that were dropped', 1, 'delivery', '{"state":"dropped"}', '-id', 101, undef, undef],
        ['users whose name begins so', 120, 'user', '{"q":"u199"}', '-id', 101, undef, undef],
        ['the newest attachments', 101, 'attachment', '{}', '-id', 101, undef, undef],
        ['the newest deliveries', 101, 'delivery', '{}', '-id', 101, undef, undef],
        ['deliveries to a user', 3000, 'delivery', '{"user_id":"10001"}', '-id', 101, undef, undef],
        ['deliveries that have failed', 1, 'delivery', '{"state":"dead"}', '-id', 101, undef, undef],
        ['the audit log', 101, 'audit', '{}', '-id', 101, undef, undef],
        ['what an administrator did', 1, 'audit', '{"username":"nobody"}', '-id', 101, undef, undef],
        ['what was done to an object, whatever it is', 20, 'audit', '{"object_id":"4711"}', '-id', 101, undef, undef],
        ['what was done to a conversation, alone or with others', 10, 'audit', '{"object_kind":"conversation","object_id":"4711"}', '-id', 101, undef, undef],
    ],
    get_admin_item => [
        (map { [$_, 1, $_, 7] } qw(user church conversation message attachment notification delivery)),
        ['staff', 1, 'staff', 7], ['audit', 1, 'audit', 7],
    ],
    view_conversation => [['with 5,000 messages', 51, 'boss', '127.0.0.1', 'id', 1], ['none', 1, 'boss', '127.0.0.1', 'id', 0]],
    'chat.admin_kind'          => [['message', 1, 'message']],
    'chat.admin_condition'     => [['words', 20, 'message', '{"q":"+ hello","church_id":"1","year":"2026"}', 't']],
    'chat.admin_source'        => [['of a sender', 20, 'message', '{"sender_id":"7"}', 101]],
    'chat.admin_hits'          => [['a word', 1, 'hello']],
    'chat.admin_words'         => [['of a sender', 1, '{"sender_id":"7"}']],
    'chat.admin_items_query'   => [['users', 1, 'user', '{}', '-id', 101, undef, undef]],
    'chat.admin_period'        => [['a day', 1, '{"year":"2026","month":"2","day":"28"}']],
    'chat.admin_time'          => [['', 1, '2026-01-01']],
    'chat.admin_beginning'     => [['', 1, 'a%']],
    'chat.admin_count'         => [
        ['unread conversations', 20_000, 'conversation', '{"unread":"true"}', 'year', 10_000],
        ['deliveries of a kind', 20_000, 'delivery', '{"kind":"push"}', 'year', 10_000],
    ],
    'chat.admin_days'          => [['messages of a church', 1, 'message', '{"church_id":"1","year":"2026"}']],
    'chat.ids_of_period'       => [['messages', 200, 'chat.messages', '2026-01-01', '2026-01-02'], ['deliveries', 200, 'chat.outbox', '2020-01-01', '2020-02-01']],
    'chat.first_message_since' => [['before all', 20, '2020-01-01'], ['after all', 20, 'infinity']],
    get_conversation  => [['of a member', 1, 'u1', 1], ['of staff', 1, 'u10001', 1], ['not theirs', 1, 'u2', 1]],
    unread_count      => [
        ['of a member', 5, 'u6001', undef], ['of staff', 1, 'u10001', undef], ['of staff of 20', 20, 'u12000', undef],
        ['of a member, as one', 5, 'u6001', 'member'], ['of staff, as staff', 1, 'u10001', 'staff'],
    ],
    open_conversation => [
        ['found', 1, 'u1', 1], ['new', 1, 'u1', 900], ['no church', 1, 'u1', 9999], ['their own', 1, 'u10001', 1],
    ],
    list_messages_before => [
        ['the newest of 5,000', 51, 'u1', 1, undef, 51],
        ['in the middle', 51, 'u10001', 1, 232500, 51],
        ['of a short one', 6, 'u6000', 6000, undef, 51],
    ],
    list_messages_after => [
        ['in the middle', 51, 'u1', 1, 232500, 51, undef],
        ['up to another', 51, 'u10001', 1, 0, 51, 232500],
    ],
    # Of the 30,000 messages of the first five thousand conversations, one church's, and the 5,000 of the first one.
    search_messages => [
        ['of a member', 60, 'u6000', '+ hello', 21, (undef) x 6],
        ['of a member, nothing', 60, 'u6000', '+ nothing', 21, (undef) x 6],
        ['of staff, what is common', 2100, 'u10001', '+*hel', 21, (undef) x 6],
        ['of staff, what is rare', 2100, 'u10001', '+ m7', 21, (undef) x 6],
        ['of staff, nothing', 2100, 'u10001', "+ nothing\n| none", 21, (undef) x 6],
        ['of staff, a common and a rare one', 2100, 'u10001', "+ hello\n+ m7", 21, (undef) x 6],
        ['of staff, far down', 7100, 'u10001', '+ m1', 21, 160000, (undef) x 5],
        ['of staff, what they have sent, which is nothing', 2100, 'u10001', '+ hello', 21, undef, undef, undef, 'me', undef, undef],
        ['of staff, what others have sent', 2100, 'u10001', '+ hello', 21, undef, undef, undef, 'them', undef, undef],
        ['of staff, of long ago, when there was nothing', 2100, 'u10001', '+ hello', 21, (undef) x 5, '2020-01-01 00:00+00'],
        ['of staff, of a time that has not come', 2100, 'u10001', '+ hello', 21, (undef) x 4, '2100-01-01 00:00+00', undef],
        ['of staff, a rare one and one that begins as all do', 2100, 'u10001', "+ m7\n+*he", 21, (undef) x 6],
        ['of staff of 20 churches, what begins as all do', 20 * 150, 'u12000', "+ nothing\n| none\n+*he", 21, (undef) x 6],
        ['of staff of 20 churches', 20 * 150, 'u12000', '+ m7', 21, (undef) x 6],
        ['of staff of 20 churches, in one', 300, 'u12000', '+ m7', 21, undef, 2, (undef) x 4],
        ['of a member of 111 conversations, a word that others say', 2000, 'u1', '+ m3', 21, (undef) x 6],
        ['and what begins so', 7000, 'u1', '+*m3', 21, (undef) x 6],
        ['of the longest conversation', 5200, 'u1', '+ m7', 21, undef, undef, 1, (undef) x 3],
        ['of staff, what was common long ago', 22200, 'u10001', "+ m1\n| m2\n| m3", 21, (undef) x 6],
        ['nothing that is searched', 4, 'u10001', undef, 21, (undef) x 6],
    ],
    search_conversation => [
        ['what is common', 51, 'u1', 1, undef, 51, '+ hello'],
        ['what is rare, for staff', 5200, 'u10001', 1, 234000, 51, '+*m7'],
        ['not theirs', 2, 'u2', 1, undef, 51, '+ hello'],
    ],
    resume_messages => [
        ['in the middle', 102, 'u1', '{1}', '{2500}', 100],
        ['of staff, a hundred', 300, 'u10001', '{' . join(',', 1 .. 100) . '}', '{' . join(',', (0) x 100) . '}', 100],
        ['not theirs', 2, 'u2', '{1}', '{0}', 100],
    ],
    post_message        => [
        ['of a member', 1, 'u1', 1, 'hello', 'new', undef, undef],
        ['of staff', 1, 'u10001', 1, 'hello', undef, 'links', 10001],
        ['again', 1, 'u1', 1, 'hello', 'k232500', undef, 1],
    ],
    post_messages => [
        ['of sixteen, a message, a conversation, a sum and an event each', 64, '{' . join(',', map {"u$_"} 1 .. 15, 10001) . '}', '{' . join(',', 1 .. 15, 1) . '}',
            '{' . join(',', ('hello') x 16) . '}', '{' . join(',', map {"group$_"} 1 .. 16) . '}', '{' . join(',', ('null') x 16) . '}',
            '{' . join(',', ('null') x 16) . '}', undef],
        ['of one', 1, '{u1}', '{1}', '{hello}', '{k232500}', '{links}', '{1}', undef],
        ['of one with a file and a quota that has 1,000', 1000, '{u10001}', '{1}', '{""}', '{new}', '{null}', '{null}',
            $file],
    ],
    post_attachment => [
        ['of a member', 4, 'u1', 1, '', 'new file', undef, ('0' x 31) . '1', 'a.txt', 'other', 'text/plain', 5, '0' x 64, undef, undef,
            undef, 1_000_000, 86_400, 'false', 'false'],
        ['again, without its parts', 4, 'u1', 1, 'hello', 'k232500', undef, ('0' x 31) . '4', 'a', 'other', 'text/plain', 5, '0' x 64, undef, undef,
            undef, 1, 86_400, 'false', 'true'],
        ['with a file of 1,000 parts in the database', 1000, 'u1', 1, '', 'other file', undef, 'f' x 32, 'a.txt', 'other', 'text/plain', 1000, '0' x 64,
            undef, undef, undef, 1_000_000, 86_400, 'false', 'true'],
        ['of staff, with a quota that has 1,000', 1000, 'u10001', 1, 'hello', undef, undef, ('0' x 31) . '2', 'a.png', 'image', 'image/png', 5,
            '0' x 64, 3, 4, 'many', 1_000_000, 86_400, 'false', 'false'],
        ['too much', 1000, 'u10001', 1, 'hello', undef, undef, ('0' x 31) . '3', 'a', 'other', 'text/plain', 5, '0' x 64, undef, undef, 'many', 9, 86_400, 'false', 'false'],
        ['again', 2, 'u1', 1, 'hello', 'k232500', undef, ('0' x 31) . '4', 'a', 'other', 'text/plain', 5, '0' x 64, undef, undef, undef, 1, 86_400, 'false', 'false'],
    ],
    put_file_part => [
        ['the first', 4, 'u1', 1, '0' x 32, 0, 'new part', 5, undef, 1_000_000, 86_400, 'bytes'],
        ['of staff, with a quota that has 1,000', 1000, 'u10001', 1, '0' x 32, 0, undef, 5, 'many', 1_000_000, 86_400, 'bytes'],
        ['too much', 1000, 'u10001', 1, '0' x 32, 0, undef, 5, 'many', 9, 86_400, 'bytes'],
        ['again', 2, 'u1', 1, '0' x 32, 0, 'k232500', 5, undef, 1, 86_400, 'bytes'],
        ['a later one', 4, 'u10001', 1, 'f' x 32, 1000, undef, 5, 'many', 9, 86_400, 'bytes'],
        ['of a stranger', 2, 'u2', 1, '1' x 32, 0, undef, 5, undef, 1_000_000, 86_400, 'bytes'],
    ],
    get_file_part => [['of 30,000', 1, 'f' x 32, 500]],
    remove_file   => [['of 1,000 parts', 64, 'f' x 32], ['of an attachment', 1, md5_hex('2')], ['none', 1, '2' x 32]],
    sweep_files   => [['of 10,000', 1100, '', 86_400], ['at the end', 64, ('f' x 31) . 'e', 86_400]],
    find_unused_files => [['a hundred', 200, '{' . join(',', ('0123456789abcdef0123456789abcdef') x 100) . '}']],
    get_attachment => [['of a member', 1, 'u2', 1], ['of staff', 1, 'u10002', 1], ['not theirs', 1, 'u3', 1], ['none', 1, 'u1', 999_999]],
    mark_read => [
        ['all', 40, 'u10001', 1, undef, undef],
        ['the oldest of 40', 40, 'u10001', 1, 234921, 10001],
        ['nothing', 1, 'u1', 1, undef, undef],
    ],
    mark_reads => [
        ['all of one', 40, '{u10001}', '{1}', '{null}', '{null}'],
        ['the oldest of 40, all that are left, and nothing', 120, '{u10001,u10001,u1}', '{1,1,1}', '{234921,null,null}', '{10001,null,null}'],
        ['of sixteen', 64 + 40, '{' . join(',', ('u10001') x 16) . '}', '{' . join(',', 1 .. 16) . '}', '{' . join(',', ('null') x 16) . '}',
            '{' . join(',', ('null') x 16) . '}'],
    ],
    block_member  => [['', 1, 'u10001', 1, 't']],
    check_typing  => [['of a member', 1, 'u1', 1, undef], ['of staff', 1, 'u10001', 1, 10001]],
    list_typers   => [['', 4, 'u1', 1, '{1,2,3,10001}', '{4990,4990,4990,4990}'], ['of staff', 4, 'u10001', 1, '{1,2}', '{4990,4990}']],
    get_user      => [['', 1, 'u1']],
    list_notifications => [
        ['of a member', 5, 'u6001', 51, undef],
        ['of staff, 2,500', 51, 'u10001', 51, undef],
        ['of staff, far down', 51, 'u10001', 51, 152000],
        ['of staff of 20 churches', 20 * 51, 'u12000', 51, undef],
        ['of staff who marked 2,500', 2500, 'u10001', 51, undef],
    ],
    mark_notifications_read => [
        ['three', 3, 'u10001', '{2,4,6}'],
        ['of others', 3, 'u6001', '{2,4,6}'],
        ['all 2,500', 2500, 'u10001', undef],
        ['one, of staff who marked 2,500', 2500, 'u10001', '{2}'],
    ],
    get_notification_states => [
        ['to a member and staff', 4, '{1,10001}', '{1,1}', '{f,t}'],
        ['to staff of 20 churches', 20, '{12000}', '{2,4,6}', '{t,t,t}'],
        ['to staff who marked 2,500', 2500, '{10001}', '{2}', '{t}'],
        ['to nobody', 1, '{}', '{}', '{}'],
    ],
    save_push_subscription => [['new', 1, 'u1', 'new', 'p', 'a', 'k'], ['known', 1, 'u1', 'e1-3', 'p', 'a', 'k'], ['of another', 1, 'u1', 'e2-3', 'p', 'a', 'k']],
    test_push => [['sixteen', 32, 'u1'], ['none', 1, 'u20000']],
    claim_push => [['to sixteen', 64, 300, 'k', 't'], ['a test', 4, 300, 'k', 't']],
    finish_push => [['of sixteen', 64, 11, 999999, 1, '{' . join(',', 1 .. 16) . '}', '{' . join(',', ('sent', 'gone', 'later', 'refused') x 4) . '}',
        '{' . join(',', (0) x 16) . '}', undef]],
    next_push => [['', 2]],
    list_push_subscriptions => [['sixteen', 16, 'u1'], ['none', 1, 'u20000']],
    drop_push_subscription => [['by id', 1, 'u1', 1, undef], ['by endpoint', 1, 'u1', undef, 'e1-3'], ['none', 1, 'u1', undef, 'e2-3']],
    get_preferences => [['of who has chosen', 1, 'u7', undef], ['of who has not', 1, 'u8', 'u8@example.org'],
        ['of staff of 20 churches', 20, 'u12000', undef]],
    put_preferences => [
        ['the first time', 1, 'u8', undef, 'digest', 'f', '07:30', 't', '22:00', '07:00', 'Europe/Berlin', 'de'],
        ['again', 1, 'u7', undef, undef, 't', undef, 'f', undef, undef, 'Europe/Berlin', undef],
        ['an unknown time zone', 1, 'u7', undef, undef, undef, undef, 'f', undef, undef, 'Moon/Tycho', undef],
    ],
    retry_mail => [['refused', 1, 'u7', 'u7@example.org'], ['not refused', 1, 'u8', 'none@example.org'], ['no address', 1, 'u9', undef]],
    read_snapshot => [['', 1]],
    read_events   => [
        ['ten of 30,000', 10, 'recent', 5000],
        ['of all', 5000, '3:3:', 5000],
        # In the order of their numbers, transactions 3 to 503 wrote sixty events each.
        ['none, beside a transaction that has been open for long', 1, '2:600:2', 5000],
        ['those of one that was open', 60, '7:600:7', 5000],
        ['none, beside 200 open transactions', 200, '600:900:' . join(',', 600 .. 799), 5000],
    ],
    prune_events  => [['10,000 of 30,000', 10000], ['none of 30,000', 10000]],
    name_typers   => [['', 4, '{1,2,3,6000}', '{1,2,10001,6000}', '{t,t,t,f}', '{4990,6,6,6}']],
    notify         => [['', 1, 'chat_bell', '']],
    decide_deliveries => [['a side of one', 20, 0, 3600, 'instant', 'instant', 0, 1], ['sides of many staff', 200, 0, 3600, 'instant', 'instant', 0, 16]],
    wake_waiting   => [['', 1000], ['sweeping', 1000]],
    claim_mail        => [['', 20, 300, 'instant', 'instant', 'full']],
    count_deliveries  => [['', 40000]],
    next_delivery     => [['', 1, 'email'], ['of none', 1, 'push']],
    finish_deliveries => [['sent', 1, '{1}', '{1}', '{1}', 'sent', undef, 0, 'a@example.org', 'f'],
        ['refused', 1, '{1}', '{1}', '{1}', 'refused', 'no', 0, 'a@example.org', 't']],
    unsubscribe       => [['', 1, 7, 'x']],
    schema_version => [['', 20]],
    # No statement calls these.
    'chat.add_unread_of_church' => [['of 5,000 conversations', 1, 1, 1, 1, 0], ['the first', 1, 300, 999999, 1, 1]],
    'chat.lock_sums_of_churches' => [['of 100', 100, '{' . join(',', 1 .. 100) . '}']],
    'chat.add_generation' => [['of three users', 6, '{1,2,10001}']],
    'chat.unread_messages'      => [['of a member', 5, 6001], ['of staff of 20', 20, 12000]],
    'chat.unread_notifications' => [['of a member', 5, 6001], ['of staff of 20', 20, 12000]],
    'chat.mark_message_read' => [['of 40', 40, 10001, 1, 234921], ['the newest', 40, 10001, 1, 234999]],
    'chat.time_in_zone'      => [['', 1, '2026-01-01 00:00+00', undef]],
    'chat.file_line'         => [['', 1, 'a.txt', 70000]],
    'chat.is_active'         => [['', 1, 5]],
    'chat.send_refusal'      => [['', 1, 't', 'f', 'f']],
    'chat.lock_files'        => [['of a quota that has 1,000', 1000, '{10001}', $file]],
    'chat.last_message_text' => [['', 1, 'hello']],
    'chat.unread_since'      => [['', 1, undef, 0, 1, '2026-01-01']],
    'chat.delivery_time'     => [['', 1, '2026-01-01 00:00+00', undef, undef, undef, undef]],
    'chat.decide_side'       => [(map { [$_, 20, 2, 't', '0', '0', 'instant', 'instant', '0'] } '', 'of long ago')],
    'chat.decide_delivery'   => [['', 8, 2, 10001, 'f', '2026-01-01', 'email', '0', '1 h', undef, undef, undef, undef]],
    'chat.claim_deliveries'  => [['', 8, 'email', '5 min', 'instant', 'instant']],
    'chat.claim_delivery'    => [['', 4, '(1,1,1,email,due,2026-01-01,0,,2026-01-01,f,,f,,)', '5 min', 'instant', 'instant']],
    'chat.prune_deliveries'  => [['a thousand of each', 1000]],
    'chat.ids_around' => [['of staff of 20 churches', 100, '{' . join(',', 1 .. 20) . '}', '{1}', '2026-01-01 00:00+00']],
    'chat.shares_of_churches' => [['of staff of 20 churches', 20 * 41, '{' . join(',', 1 .. 20) . '}', 1_000_000_000, 2000]],
    'chat.walk_churches' => [
        ['of a church', 2100, '{1}', 'hello', undef, 1_000_000_000, 0, 2000, 21, '-infinity', 'infinity'],
        ['of 20 churches, of a time', 20 * 150, '{' . join(',', 1 .. 20) . '}', 'm7', undef, 1_000_000_000, 0, 2000, 21, '2020-01-01', 'infinity'],
    ],
    'chat.is_common' => [['more than there are', 1, 'hello', 1_000_000], ['of a thousand', 1100, 'hello', 1000]],
    'chat.audit'             => [['', 2, '(admin,::1,r1)', 'view', 'conversation', 7, undef, undef, undef]],
    'chat.tell_messages_deleted' => [['two', 1, 7, '{1,2}']],
    change_admin_item => [
        ['a user', 10, 'boss', '::1', 'r1', 'user', 7, '{*}', '{"is_active":false,"language":"de"}'],
        ['a church', 10, 'boss', '::1', 'r1', 'church', 900, '{*}', '{"is_active":false}'],
        ['staff', 10, 'boss', '::1', 'r1', 'staff', 7, '{*}', '{"role":"manager"}'],
        ['a conversation', 20, 'boss', '::1', 'r1', 'conversation', 7, '{*}', '{"member_blocked":true}'],
    ],
    create_admin_item => [
        ['a church', 10, 'boss', '::1', 'r1', 'church', '{"name":"New"}'],
        ['staff', 10, 'boss', '::1', 'r1', 'staff', '{"church_id":900,"user_id":7}'],
        ['staff already', 10, 'boss', '::1', 'r1', 'staff', '{"church_id":1,"user_id":10001}'],
    ],
    delete_admin_item => [
        ['a church with conversations', 10, 'boss', '::1', 'r1', 'church', 7, '{*}', undef],
        ['a church', 30, 'boss', '::1', 'r1', 'church', 5000, '{*}', 'why'],
        ['staff', 30, 'boss', '::1', 'r1', 'staff', 7, '{*}', undef],
        ['a conversation', 40, 'boss', '::1', 'r1', 'conversation', 7, '{*}', undef],
        ['a message', 30, 'boss', '::1', 'r1', 'message', 150007, '{*}', undef],
        ['an attachment', 30, 'boss', '::1', 'r1', 'attachment', 7, '{*}', undef],
    ],
    act_on_admin_items => [
        (map { [$_, 40, 'boss', '::1', 'r1', 'conversation', $_, '{7,8}', undef, undef, undef] } qw(mark_read block unblock)),
        ['delete', 100, 'boss', '::1', 'r1', 'conversation', 'delete', '{7,8}', undef, undef, 'why'],
        (map { ["message $_", 60, 'boss', '::1', 'r1', 'message', $_, '{150007,150008}', undef, undef, 'why'] } qw(delete unflag)),
        ['attachment delete', 40, 'boss', '::1', 'r1', 'attachment', 'delete', '{7,8}', undef, undef, 'why'],
        (map { [$_, 40, 'boss', '::1', 'r1', 'delivery', $_, '{7,8}', undef, undef, undef] } qw(retry drop)),
    ],
    preview_admin_action => [map { my ($kind, $action) = split ' '; [$_, 60, $kind, $action, '{7,8}', undef, undef] } 'conversation delete', 'conversation mark_read',
        'conversation block', 'message delete', 'message unflag', 'attachment delete', 'delivery retry', 'delivery drop'],
    erase_user => [['of a few messages', 20_200, 'boss', '::1', 'r1', 7, 'why', undef]],
    preview_erasure => [['', 60, 7]],
    'chat.erase_from_audit' => [['a part', 20_010, 7, undef, 10_000]],
    'chat.erase_names' => [['', 1, 'Ada', '{Ada}', undef, 'X']],
    'chat.pattern_of_names' => [['', 1, '{Ada}']],
    'chat.pseudonym' => [['', 1, 7]],
    'chat.names_of_user' => [['', 1, '(7,u7,Ada,,,t,2026-01-01,,,u7)']],
    'chat.usernames_of_user' => [['', 1, '(7,u7,Ada,,,t,2026-01-01,,,u7)']],
    'chat.admin_precondition' => [['', 5, 'user', 7, '{*}', 'f']],
    'chat.admin_own'        => [['', 1, 'user']],
    'chat.admin_lock'       => [map { [$_, 5, $_, 7] } qw(user church conversation message attachment)],
    'chat.admin_differences' => [['', 1, '{a}', '{"a":1}', '{"a":2}']],
    'chat.admin_block'      => [['two', 20, '{7,8}', 't']],
    'chat.admin_mark_read'  => [['two', 40, '{7,8}', 5000]],
    'chat.admin_retry'      => [['two', 20, '{7,8}']],
    'chat.admin_retriable'  => [['two', 20, '{7,8}']],
    'chat.admin_drop'       => [['two', 20, '{7,8}']],
    'chat.admin_ids'        => [
        ['a thousand', 1000, 'user', '{"is_active":true}', undef, 1000],
        ['messages of a church', 1000, 'message', '{"church_id":"1"}', undef, 1000],
        ['messages of a small church', 600, 'message', '{"church_id":"900"}', undef, 1000],
        ['messages of a sender', 10001, 'message', '{"sender_id":"1"}', undef, 1000],
        ['messages of somebody who has sent none', 1, 'message', '{"sender_id":"7"}', undef, 1000],
        ['messages with a common word', 20_001, 'message', '{"q":"+ hello"}', undef, 1000],
        ['messages with a common word, further on', 20_001, 'message', '{"q":"+ hello"}', 200000, 1000],
        ['messages with a word that none has', 1, 'message', '{"q":"+ nothing"}', undef, 1000],
    ],
    'chat.admin_messages'   => [['two', 20, '{150007,150008}']],
    'chat.delete_conversations' => [['two', 100, '{7,8}', 5000]],
    'chat.remove_files'     => [['one', 5, '{0123456789abcdef0123456789abcdef}']],
    'chat.without_beginning' => [['', 1, q{'a' & 'b':*}]],
    'chat.query_term'        => [['', 1, 'Ada', 'f', 'simple']],
    index_messages => [map { [$_, 5000, 'simple', 0, 200] } 'nothing to do', 'what is new', 'what is missing', 'all'],
    'chat.index_these'       => [['two hundred', 400, '{' . join(',', 5001 .. 5200) . '}', '{' . join(',', 155001 .. 155200) . '}', 'simple']],
    'chat.flush_message_words' => [['', 1]],
    count_days => [['nothing new', 1000, 0], ['what is new', 1000, 0], ['all', 5000, 0], ['the last days', 5000, 0], ['totals', 40_000, 0]],
    'chat.count_messages' => [['two hundred', 400, '{' . join(',', 5001 .. 5200) . '}', '{' . join(',', 155001 .. 155200) . '}', '-infinity']],
    'chat.waiting_step'   => [['', 1, '1 h']],
    apply_retention => [['nothing is old', 6000, 90, '{7}', '{30}', 200], ['something is', 6000, 90, '{}', '{}', 200]],
    'chat.delete_messages' => [['two hundred, and their sums', 700, '{' . join(',', 5001 .. 5200) . '}', '{' . join(',', 155001 .. 155200) . '}']],
    get_admin_stats    => [['a month', 10_000, 30]],
    export_admin_items => [['users', 1000, 'user', '{}', '-id', 100, 1_000_000, undef, undef, 'boss', undef, undef, 'csv'],
        ['from a place on', 1000, 'user', '{}', '-id', 100, 1_000_000, 10_000, undef, 'boss', undef, undef, 'csv'],
        (map { ["of $_->[1], from a place on", 1000, $_->[0], '{}', '-id', 100, 1_000_000, $_->[2], undef, 'boss', undef, undef, 'csv'] }
            ['message', 'messages', 100_000], ['conversation', 'conversations', 15_000], ['audit', 'the audit log', 10_000]),
        ['of the messages of a church', 1000, 'message', '{"church_id":"900"}', '-id', 100, 1_000_000, undef, undef, 'boss', undef, undef, 'csv']],
    'chat.user_items'      => [['of a member', 200, 6000, 5001, undef, undef], ['of staff', 6000, 10001, 5001, undef, undef],
        ['the messages of one who has sent many', 6000, 1, 5001, 1, 'conversations']],
    'chat.url_segment'     => [['', 1, 'a b.pdf']],
    'chat.row_count'       => [['', 10_000, 'chat.users']],
    'chat.waiting_time'    => [['', 1, '[2026-01-01,2026-02-01)', 0.5]],
    'chat.prune_audit'     => [['a hundred', 100, '2026-01-02', 100]],
    'chat.trim_unindexed'    => [['', 1]],
    'chat.words'             => [['', 1, 'Ada']],
    'chat.unread_count'      => [['', 1, 10001, 1]],
    'chat.clean_name'        => [['', 1, 'Ada', 100]],
    'chat.is_inside_character' => [['', 1, 'Ada', 1]],
    'chat.current_epoch'     => [['', 1]],
    'chat.renew_epoch'       => [['', 1, undef]],
    'chat.last_message'      => [['', 1, 1]],
    'chat.open_conversation' => [['found', 1, 1, 1], ['new', 1, 1, 900]],
    'chat.put_user' => [
        ['new', 1, 'newcomer', 'newcomer', 'Newcomer', undef, 't'],
        ['renamed to what another is called', 2, 'u7', 'u8', 'Seven', undef, 't'],
    ],
    'chat.move_user'   => [['', 1, 'u7', 'u-seven'], ['to what another was', 2, 'u7', 'u8']],
    'chat.retire_user' => [['of staff', 20, 'u12000']],
);
my %before = (
    'delete_admin_item, a church' => q{insert into chat.churches (id, name) values (5000, 'New')},
    'claim_push, to sixteen' => q{insert into chat.outbox (conversation_id, user_id, kind, due_at) values (11, 11, 'push', '2026-01-01')},
    'claim_push, a test' => q{update chat.push_subscriptions set test_at = now() where user_id = 7},
    'finish_push, of sixteen' => q{insert into chat.outbox (conversation_id, id, user_id, kind, due_at, attempts, left_over)
        values (11, 999999, 1, 'push', timestamptz 'epoch' + interval '1 us', 1, (select array_agg(n) from generate_series(1, 16) n))},
    'read_events, ten of 30,000' => q{select chat.send_message(n, n, 'new') from generate_series(2, 11) n},
    (map { ("$_ 2,500" => q{select chat.read_notifications(10001)}) } 'list_notifications, of staff who marked',
        'mark_notifications_read, one, of staff who marked', 'get_notification_states, to staff who marked'),
    'chat.decide_side, of long ago' => q{update chat.messages set created_at = '2026-01-01' where conversation_id = 2},
    (map { ("search_messages, $_" => q{insert into chat.conversations (member_id, church_id, last_seq) select 1, n, 1 from generate_series(800, 909) n}) }
        'of a member of 111 conversations, a word that others say', 'and what begins so'),
    (map { my $of = $_; map { ("$_, messages of $of" => q{update chat.search_state set indexed_at = now()}) } 'list_admin_items', 'chat.admin_ids' }
        'a sender', 'somebody who has sent none'),
    'list_admin_items, messages of somebody who has sent none, without the index' => q{update chat.search_state set indexed_at = '-infinity'},
    'index_messages, what is new' => q{insert into chat.unindexed select n, 150000 + n from generate_series(1, 2000) n},
    'index_messages, what is missing' => q{update chat.search_state set is_building = true, built_up_to = 29000;
        delete from chat.message_words where conversation_id between 29005 and 29100},
    'index_messages, all' => q{update chat.search_state set is_building = true, is_rebuild = true, built_up_to = 29500},
    'count_days, what is new' => q{select chat.send_message(n, n, 'new') from generate_series(2, 11) n;
        update chat.counting set next_id = 235100, next_at = '-infinity', next_xid = '3', counted_at = now()},
    'count_days, all' => q{update chat.counting set is_building = true, built_up_to = 29000},
    'count_days, the last days' => q{update chat.counting set is_building = true, built_up_to = 0, built_up_to_id = 234000},
    'count_days, totals' => q{update chat.counting set totals_at = '-infinity'},
    'apply_retention, something is' => q{update chat.messages set created_at = '2026-01-01' where conversation_id between 10 and 20},
    'wake_waiting, sweeping' => q{update chat.notifier set swept_at = '-infinity'},
    'prune_events, none of 30,000' => q{update chat.events set created_at = now()},
);

# Sorts and sequential scans that have a bound, and which.
my $heads    = 'the heads of one list for each church, a page of each at most; and a member\'s, one for each church';
my $member   = 'the conversations of a member: one for each church';
my %may_sort = (
    (map { $_ => 'the messages of a group' } qw(post_messages chat.lock_files)),
    mark_reads => 'the marks of a group',
    (map { $_ => $member } qw(ensure_user chat.put_user chat.move_user chat.retire_user)),
    list_conversations        => $heads,
    list_unread_conversations => $heads,
    find_conversations        => $heads,
    list_push_subscriptions   => 'those of one user: 16 at most',
    next_push                 => 'one delivery and one test',
    test_push                 => 'those of one user: 16 at most',
    claim_push                => 'those of one user: 16 at most',
    finish_push               => 'those of one user: 16 at most',
    save_push_subscription    => 'those of one user: 17 at most',
    read_events               => 'what one look brings: CHAT_POLLER_EVENTS_MAX at most',
    list_notifications        => $heads,
    mark_notifications_read   => 'the ids of one request: 200 at most',
    resume_messages           => 'what is asked for: CHAT_RESUME_STEPS_MAX conversations at most',
    'chat.add_generation'     => 'the users whose access has changed in one statement',
    claim_mail                => 'the messages of one mail: 10 of each conversation',
    'chat.claim_deliveries'   => 'the deliveries of one user that are due: a conversation\'s each',
    search_messages           => 'those that were looked at one by one: 2,000, or 10,000 more; and what is rarer: 10,000',
    search_conversation       => 'those of one conversation, in two parts',
    (map { $_ => 'those that were looked at one by one: 2,000' } 'chat.walk_churches'),
    (map { $_ => 'the steps of an answer: 201 at most' } qw(get_admin_stats chat.waiting_time)),
    (map { $_ => 'what is counted: 10,000; and what a bitmap has found of these' } qw(list_admin_items chat.admin_count)),
    'chat.admin_days'         => 'the days',
    'chat.admin_ids'          => 'what a small church, a sender or a rare word has: 20,000 at most',
    export_admin_items        => 'what a bitmap has found of a small church',
    'chat.user_items'         => 'the rows of one user',
    list_typers               => 'who types in one conversation',
    (map { $_ => 'the messages of one part' } qw(index_messages chat.index_these count_days chat.count_messages apply_retention
        chat.delete_messages)),
    (map { $_ => 'what one action is for: 1,000 at most' } qw(act_on_admin_items preview_admin_action chat.admin_act chat.admin_block
        chat.admin_mark_read chat.lock_sums_of_churches chat.admin_retry chat.admin_retriable chat.admin_messages chat.delete_conversations chat.admin_would chat.admin_lock)),
    (map { $_ => 'the rows of one part' } qw(erase_user preview_erasure chat.erase_from_audit)),
    (map { $_ => 'the members of one object' } qw(change_admin_item chat.admin_change chat.admin_differences create_admin_item delete_admin_item)),
    name_typers               => 'the marks of one notification: CHAT_TYPING_CODEC_MAX at most',
);
my %may_scan = (schema_migrations => 'a row for each migration', epoch => 'one row', notifier => 'one row', search_state => 'one row',
    (map { my $of = $_; map { ("$of $_" => 'at most 10,000') } qw(users churches conversations messages push_subscriptions) } qw(get_admin_stats chat.row_count)),
    (map { ("$_ daily_answers" => 'some rows a day') } qw(get_admin_stats chat.waiting_time)), 'get_admin_stats daily_counts' => 'a row a day',
    'chat.admin_days daily_counts' => 'a row a day', 'list_admin_items daily_counts' => 'a row a day',
    counting => 'one row', retention => 'one row', 'count_days churches' => 'each of them has a list',
    (map { ("count_days $_" => 'once in some minutes') } qw(attachments unread_of_churches)),
    'list_admin_items message_words' => 'a word that all messages have, until 10,000 are counted',
    'list_admin_items church_staff' => 'few here; many are read in the order of the index',
    unindexed_since => 'one row', unindexed => 'it has no index, and is read in parts', pg_ts_config => 'some thirty rows',
    pg_namespace => 'some rows');

my $name  = "chat_plans_$$";
my $owner = $$;
my $recent;
my $said;
ChatTest::db()->do("create database $name");
END { drop() if defined $owner && $owner == $$ }
my $migrated = qx{sql/migrate "@{[of_database(ChatTest::Config->suite->{vars}{database})]}" 2>&1};
is $?, 0, 'a database' or diag $migrated;
my $admin = of_database(qx{STATE='@{[ChatTest::Config->suite->{vars}{serverroot}]}' conf/instance database-params admin});
my $db    = ChatTest::db($admin);
fill();
# What statements share: PostgreSQL expands these functions in the statement that calls them.
my %expanded = map { $_->[0] => 1 } @{
    $db->selectall_arrayref(q{select proname from pg_proc p join pg_language l on l.oid = prolang
        where pronamespace = 'chat'::regnamespace and proretset and lanname = 'sql'
          and not exists (select from pg_proc o where o.pronamespace = p.pronamespace and o.proname = p.proname and o.prolang <> p.prolang)})
};
is_deeply [grep { !$expanded{$_} } qw(asker conversation_for current_snapshot search_progress user_counts notification_counts unread_messages unread_notifications)], [],
    'functions that are to be expanded';

# For an administrator, by hand, or after a change by SQL: they read all that they answer for.
my %reads_all = map { $_ => 1 } qw(recount_days check repair refresh_conversations derived_conversation);
my %statements = statements();
my %names      = map { $_ => 1 } keys %statements;
my $texts      = join "\n", values %statements, map { local (@ARGV, $/) = "sql/functions/$_.sql"; <> =~ /\$\$(.*)\$\$/s } sort keys %expanded;
for my $file (glob 'sql/functions/*.sql') {
    my ($function) = $file =~ m{/(\w+)\.sql$};
    my $cases = $cases{"chat.$function"};

    next if $function =~ /^printable_name/ || $reads_all{$function} || $texts =~ /chat\.$function\(/;
    next if do { local (@ARGV, $/) = $file; <> =~ /\breturns trigger\b/ }; # explained with the write
    $names{"chat.$function"} = 1;
    $statements{"chat.$function"} = "select * from chat.$function(" . join(', ', map {"\$$_"} 1 .. @{$cases->[0] // []} - 2) . ')';
}
for my $label (sort keys %names) {
    subtest $label => sub {
        ok $cases{$label}, 'has its cases' or return;
        for my $case (@{$cases{$label}}) {
            my @complaints = map { within($label, $case, "set local enable_seqscan = $_") } qw(off on);
            ok !@complaints, $case->[0] || 'as asked' or diag map {"  $_\n"} @complaints;
        }
    };
}
is_deeply [grep { !$names{$_} } keys %cases], [], 'every case is of something';

# What this would say, were an index missing. An index that does not fit is read as a whole, too: that shows
# where reading the table is the better choice.
for my $missing (
    ['conversations_of_church'        => list_conversations  => 2],
    ['church_staff_by_user'           => unread_count        => 1],
    ['conversations_newest_unread_by_church' => list_notifications => 1],
    ['messages_by_client_id'          => post_message        => 2],
    ['message_words_of_church'        => search_messages     => 2],
    ['message_words_search'           => search_messages     => 3],
    ['events_by_transaction'          => read_events         => 0],
    ['audit_log_by_ids'               => list_admin_items    => -1],
    )
{
    my ($index, $label, $number) = @$missing;
    my @complaints = within($label, $cases{$label}[$number], "drop index chat.$index");

    ok scalar @complaints, "$label without $index: " . ($complaints[0] // 'is not noticed');
}
# What rows do not show: what the index of words reads before it knows them.
for my $case (
    ['of staff of 20 churches, what begins as all do' => 'once for all churches', sub { $_[0]{loops} == 1 }],
    ['of staff, a rare one and one that begins as all do' => 'not what is a beginning', sub { $_[0]{loops} == 1 && $_[0]{blocks} < 30 }],
    ['of a member of 111 conversations, a word that others say' => 'not what others say', sub { $_[0]{loops} == 1 && $_[0]{rows} < 10 }],
    )
{
    my ($what, $bound, $is_within) = @$case;
    my ($searched) = grep { $_->[0] eq $what } @{$cases{search_messages}};
    my %read = (loops => 0, blocks => 0, rows => 0);

    within('search_messages', $searched, 'set local enable_seqscan = off');
    add_reads(\%read, $_->{Plan}) for map { Cpanel::JSON::XS->new->decode($_) } $said =~ /plan:\n(\{.*?\n\})/gs;
    ok $is_within->(\%read), "$what: the index reads $bound" or diag explain \%read;
}
drop();
done_testing;

sub of_database
{
    my ($params) = @_;

    chomp $params;
    return $params =~ s/dbname=\S+/dbname=$name/r;
}

sub drop
{
    return unless defined $owner;
    undef $owner;
    local $?;
    $db->disconnect if $db;
    eval { ChatTest::db($admin =~ s/dbname=\S+/dbname=postgres/r)->do("drop database $name with (force)") } or diag $@;
}

# As the module has them: label to text.
sub statements
{
    my %texts;

    for my $label (map {m{/(\w+)\.sql$}} glob 'sql/statements/*.sql') {
        $texts{$label} = qx{conf/statements $label};
        die "no statement $label" if $?;
    }
    return %texts;
}

# What is wrong with how the statement is carried out. Nothing of what it does stays.
sub within
{
    my ($label, $case, @changes) = @_;
    my ($what, $wanted, @values) = @$case;
    my @complaints;

    $db->begin_work;
    $db->do($_) for @changes, 'discard plans', grep {defined} $before{"$label, $what"};
    $db->do("prepare wanted as $statements{$label}");
    @values = map { defined ? $db->quote($_ eq 'recent' ? $recent : $_) : 'null' } @values;
    my $execute = 'execute wanted' . (@values ? '(' . join(', ', @values) . ')' : '');
    for (qw(warm measured)) { # what is planned or looked up in the catalogue counts as touched
        $said = '';
        $db->do('savepoint here');
        $db->do('set auto_explain.log_min_duration = 0');
        $db->do($execute);
        $db->do('rollback to here');
    }
    $db->do('deallocate wanted');
    $db->rollback;

    # Without those that a function has asked for and not executed.
    my @plans = grep { $_->{'Query Text'} !~ /^\s*explain / }
        map { Cpanel::JSON::XS->new->decode($_) } $said =~ /plan:\n(\{.*?\n\})/gs;
    return 'was not explained' unless @plans;
    for my $plan (@plans) {
        my ($query) = $plan->{'Query Text'} =~ /^\s*(.{1,60})/s;
        my $rows = 0;
        my $blocks = $plan->{Plan}{'Shared Hit Blocks'} + $plan->{Plan}{'Shared Read Blocks'};

        push @complaints, map {"$_, in: $query"} complaints_of($label, $plan->{Plan}, $wanted, \$rows);
        push @complaints, "$rows rows touched for $wanted, in: $query"      if $rows > 40 + 8 * $wanted;
        push @complaints, "$blocks blocks touched for $wanted, in: $query" if $blocks > 100 + 24 * $wanted;
    }
    return @complaints;
}

sub complaints_of
{
    my ($label, $node, $wanted, $prows) = @_;
    my $type     = $node->{'Node Type'};
    my $relation = $node->{'Relation Name'} // '';
    my @complaints;

    if ($relation) {
        my $each = $node->{'Actual Rows'};
        $each += $node->{$_} // 0 for 'Rows Removed by Filter', 'Rows Removed by Index Recheck';
        $$prows += $each * $node->{'Actual Loops'} unless $type eq 'ModifyTable';
    }
    push @complaints, "chat.$node->{'Function Name'} is called, not expanded"
        if $type eq 'Function Scan' && $expanded{$node->{'Function Name'} // ''};
    push @complaints, "Seq Scan on $relation" if $type eq 'Seq Scan' && !$may_scan{$relation} && !$may_scan{"$label $relation"};
    if ($type =~ /Sort$/) {
        my $sorted = $node->{Plans}[0]{'Actual Rows'} * $node->{Plans}[0]{'Actual Loops'};

        push @complaints, "$type by @{$node->{'Sort Key'}}" unless $may_sort{$label};
        push @complaints, "$sorted rows sorted for $wanted" if $sorted > 20 + $wanted;
    }
    return @complaints, map { complaints_of($label, $_, $wanted, $prows) } @{$node->{Plans} // []};
}

sub add_reads
{
    my ($read, $node) = @_;

    if (($node->{'Index Name'} // '') eq 'message_words_search') {
        $read->{loops} += $node->{'Actual Loops'};
        $read->{rows} += $node->{'Actual Rows'} * $node->{'Actual Loops'};
        $read->{blocks} += $node->{'Shared Hit Blocks'} + $node->{'Shared Read Blocks'};
    }
    add_reads($read, $_) for @{$node->{Plans} // []};
}

# Conversations 1 to 5,000 are the first church's, one of each of its members; all others' have 25 each,
# five of each member. Six messages in each, and 5,000 in the first. User 10,000 + n is staff of church n,
# and 12,000 of twenty of them.
sub fill
{
    local $db->{PrintError} = 0;
    $db->do($_) for split /;\n/, <<'SQL';
set synchronous_commit = off;
set session_replication_role = replica;
set maintenance_work_mem = '128MB';
insert into chat.users (id, external_id, username, display_name)
select n, 'u' || n, 'u' || n, 'User ' || n from generate_series(1, 20000) n;
insert into chat.churches (id, name)
select n, 'Church ' || n from generate_series(1, 1000) n;
insert into chat.church_staff (church_id, user_id)
select n, 10000 + n from generate_series(1, 1000) n
union all select n, 12000 from generate_series(1, 20) n;
insert into chat.conversations (id, member_id, church_id, created_at, updated_at, last_seq, last_message_id,
                                last_message_text, last_message_at, church_unread, member_unread,
                                church_newest_unread_id, member_newest_unread_id, church_unread_since, member_unread_since)
select n, case when n <= 5000 then n else 5001 + (n - 5001) % 5000 end,
       case when n <= 5000 then 1 else 2 + ((n - 5001) % 5000 + (n - 5001) / 5000 * 200) % 999 end,
       timestamptz '2025-12-31 00:00+00', timestamptz '2026-01-01 00:00+00' + n * interval '1 s',
       case when n = 1 then 5000 else 6 end, case when n = 1 then 235000 else 150000 + n end, 'hello',
       timestamptz '2026-01-01 00:00+00' + n * interval '1 s',
       case when n = 1 then 40 when n % 2 = 0 then 1 else 0 end, case when n % 10 = 1 and n > 1 then 1 else 0 end,
       case when n = 1 then 234999 when n % 2 = 0 then 150000 + n end, case when n % 10 = 1 and n > 1 then 150000 + n end,
       case when n = 1 or n % 2 = 0 then timestamptz '2026-01-01 00:00+00' end,
       case when n % 10 = 1 and n > 1 then timestamptz '2026-01-01 00:00+00' end
from generate_series(1, 30000) n;
create temporary table later as
select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
from pg_index i where i.indrelid = 'chat.messages'::regclass
  and not exists (select from pg_constraint c where c.conindid = i.indexrelid);
do $$ declare i record; begin for i in select * from later loop execute 'drop index ' || i.name; end loop; end $$;
insert into chat.messages (conversation_id, id, seq, sender_id, from_church, content, client_id, read_at, created_at)
select c, id, seq, 1, (c + seq) % 2 = 1, 'hello', 'k' || id,
       case when c = 1 and seq > 4920 and seq % 2 = 1 or c > 1 and seq = 6 and c % 10 in (0, 1, 2, 4, 6, 8) then null
            else now() end, now()
from (select c, (seq - 1) * 30000 + c as id, seq from generate_series(2, 30000) c, generate_series(1, 6) seq
      union all select 1, 230000 + seq, seq from generate_series(1, 5000) seq) m;
do $$ declare i record; begin for i in select * from later loop execute i.definition; end loop; end $$;
insert into chat.message_words (conversation_id, id, church_id, search)
select m.conversation_id, m.id, c.church_id, to_tsvector('simple', 'hello m' || m.seq) || array_to_tsvector(array['~' || c.church_id, '~c' || c.id, '~u' || m.sender_id])
from chat.messages m join chat.conversations c on c.id = m.conversation_id
order by m.id;
update chat.search_state set is_building = false;
update chat.counting set is_building = false, epoch = chat.current_epoch(), counted_from = 235000, counted_to = 235000, counted_at = now(),
    deliveries_to = now(), totals_at = 'infinity';
insert into chat.unindexed_since (epoch) values (chat.current_epoch());
insert into chat.moments (xid, oldest, at)
select n::text::xid8, n::text::xid8, now() - n * interval '10 seconds' from generate_series(10, 5000) n
on conflict do nothing;
insert into chat.events (xid, kind, conversation_id, message_id, created_at)
select (3 + n / 60)::text::xid8, 1, n, 150000 + n, now() - interval '2 minutes' from generate_series(1, 30000) n;
insert into chat.unread_of_churches
select church_id, id % 16, sum(church_unread), count(*) filter (where church_unread > 0)
from chat.conversations group by 1, 2;
insert into chat.preferences (user_id, time_zone) select n, 'Europe/Berlin' from generate_series(1, 20000, 2) n;
insert into chat.mail_failures (address, failures, is_off, error, failed_at)
select 'u' || n || '@example.org', 3, true, '550', timestamptz '2026-01-01 00:00+00' from generate_series(1, 20000) n;
insert into chat.audit_log (username, action, object_kind, object_id, created_at)
select 'boss', 'view', 'conversation', n, timestamptz '2026-01-01 00:00+00' + n * interval '1 s' from generate_series(1, 20000) n;
insert into chat.audit_log (username, action, object_kind, after, created_at)
select 'boss', 'block', case n % 2 when 0 then 'conversation' else 'message' end, jsonb_build_object('ids', array(select n * 10 + i from generate_series(1, 50) i)),
       timestamptz '2026-01-02 00:00+00' + n * interval '1 s' from generate_series(1, 2000) n;
insert into chat.waiting select n, true, timestamptz '2026-01-01 00:00+00' from generate_series(2, 30000, 2) n;
insert into chat.outbox (conversation_id, user_id, kind, state, due_at, done_at, up_to)
select n, 10000 + (select c.church_id from chat.conversations c where c.id = n), 'email', case when n % 40 = 0 then 'due' else 'sent' end, timestamptz '2026-01-01 00:00+00',
       case when n % 40 > 0 then timestamptz '2026-01-01 00:00+00' end, case when n % 40 > 0 then 150000 + n end
from generate_series(2, 30000, 2) n;
update chat.users set email = username || '@example.net' where id > 10000;
insert into chat.attachments (conversation_id, message_id, name, kind, content_type, size_bytes, sha256, file, quota_key)
select n, 30000 + n, 'name', 'other', 'text/plain', 1, sha256(n::text::bytea), md5(n::text), case when n <= 1001 then 'key many' else '' end
from generate_series(2, 30000) n;
insert into chat.file_parts (file, n, bytes, created_at)
select md5(n::text), 0, 'x'::bytea, case when n < 20000 then now() - interval '2 days' else now() end from generate_series(2, 30000) n
union all select repeat('f', 32), n, 'x', now() - interval '2 days' from generate_series(0, 999) n;
update chat.messages m set has_attachment = true from chat.attachments a where a.conversation_id = m.conversation_id and a.message_id = m.id;
insert into chat.notification_marks select 13000 + n % 3000, n, 1, now() from generate_series(1, 30000) n;
insert into chat.push_subscriptions (user_id, endpoint, p256dh, auth, key_id)
select u, 'e' || u || '-' || n, 'p', 'a', 'k' from generate_series(1, 2000) u, generate_series(1, 16) n;
reset session_replication_role;
select setval('chat.users_id_seq', 20000), setval('chat.churches_id_seq', 1000),
       setval('chat.conversations_id_seq', 30000), setval('chat.messages_id_seq', 235000);
-- Vacuum marks no page as all-visible before the commits of its rows are on disk.
set synchronous_commit = on;
insert into chat.count_versions (user_id) select u.id from chat.users u on conflict do nothing;
vacuum analyze;
load 'auto_explain';
set auto_explain.log_analyze = on;
set auto_explain.log_buffers = on;
set auto_explain.log_timing = off;
set auto_explain.log_format = json;
set auto_explain.log_level = notice;
set auto_explain.log_nested_statements = on;
set plan_cache_mode = force_generic_plan;
set jit = off;
SQL
    ($recent) = $db->selectrow_array('select pg_current_snapshot()::text');
    $SIG{__WARN__} = sub { $_[0] =~ /\bplan:/ ? ($said .= $_[0]) : diag $_[0] };
}
