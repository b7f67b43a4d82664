-- Whatever is changed by SQL, what is derived of it follows; what does not is found and mended.
begin;
\ir lib/people.sql
select plan(53);
select pg_temp.person('Ada') as ada, pg_temp.person('Ben') as ben, pg_temp.church('Abbey') as abbey,
       pg_temp.church('Chapel') as chapel \gset
select pg_temp.staff(:abbey, 'Eve') as eve, pg_temp.talk(:ada, :abbey) as talk, pg_temp.talk(:ben, :abbey) as other \gset

create function pg_temp.state(of_talk bigint) returns text language sql as $$
    select format('%s: %s/%s, %s, last %s', last_seq, member_unread, church_unread, coalesce(last_message_text, '-'),
                  coalesce((select m.seq from chat.messages m where m.conversation_id = c.id and m.id = c.last_message_id)::text, '-'))
    from chat.conversations c where c.id = of_talk
$$;
create function pg_temp.wrong() returns text language sql as $$
    select coalesce(string_agg(concat_ws(' ', object, value, kept, derived), '; '), '')
    from chat.check() where object <> 'sequence'
$$;
create function pg_temp.told(of_talk bigint) returns bigint language sql as $$
    select count(*) from chat.events e where e.kind = 3 and e.conversation_id = of_talk
$$;

select pg_temp.say(:ada, :talk, 'one') as one, pg_temp.say(:ada, :talk, 'two') as two, pg_temp.say(:eve, :talk, 'three') as three,
       pg_temp.say(:ben, :other, 'ben') as ben_said \gset
select pg_temp.told(:talk) as told_before \gset
select is(pg_temp.wrong(), '', 'what the functions write is derived right');
select is(pg_temp.told(:talk), :told_before::bigint, 'and the triggers passed it by');

delete from chat.messages where id = :three;
select is(pg_temp.state(:talk), '3: 0/2, two, last 2', 'the last message is deleted: the one before it is the last');
select is(pg_temp.told(:talk), (:told_before + 1)::bigint, 'and the feeds are told');
select is(pg_temp.wrong(), '', 'all is right');
delete from chat.messages where id = :two;
select is(pg_temp.state(:talk), '3: 0/1, one, last 1', 'an unread one is deleted: it does not count');
select is(pg_temp.wrong(), '', 'all is right');
select pg_temp.say(:ada, :talk, 'four') as four \gset
select is((select m.seq::int from chat.messages m where m.id = :four), 4, 'a number that was given is not given again');

update chat.messages set content = repeat('x', 139) || U&'e\0301' where id = :four;
select is((select last_message_text::text from chat.conversations where id = :talk), repeat('x', 139), 'an edited text shows');
update chat.messages set read_at = clock_timestamp() where conversation_id = :talk;
select is(pg_temp.state(:talk), '4: 0/0, ' || repeat('x', 139) || ', last 4', 'read by SQL');
update chat.messages set read_at = null where id = :four;
select is(pg_temp.wrong(), '', 'and unread again: all is right');
update chat.messages set from_church = true, sender_id = :eve where id = :four;
select is(pg_temp.state(:talk), '4: 1/0, ' || repeat('x', 139) || ', last 4', 'a message changes sides');
select is(pg_temp.wrong(), '', 'all is right');
update chat.messages set conversation_id = :other, seq = 2 where id = :four;
select is(pg_temp.state(:talk) || ' and ' || pg_temp.state(:other), '4: 0/0, one, last 1 and 2: 1/1, ' || repeat('x', 139) || ', last 2',
          'a message moves to another conversation');
select is(pg_temp.wrong(), '', 'all is right');
update chat.messages set flag = 'links' where id = :four;
select is(pg_temp.told(:other), 2::bigint, 'what shows nowhere is not told');

insert into chat.messages (conversation_id, seq, sender_id, from_church, content, created_at)
select :talk, n, :ada, false, 'imported ' || n, clock_timestamp() from generate_series(5, 14) n;
select is(pg_temp.state(:talk), '14: 0/10, imported 14, last 14', 'messages that were inserted count');
select is(pg_temp.wrong(), '', 'all is right');
select is((select (message).seq::int from chat.send_message(:ada, :talk, 'next')), 15, 'the next one has the next number');

update chat.conversations set church_id = :chapel where id = :talk;
select is((select array_agg(format('%s %s', n.church_id = :chapel, n.unread) order by 1)
           from chat.unread_of_churches n where n.church_id in (:abbey, :chapel) and n.unread > 0),
          array['f 1', 't 11'], 'a conversation that moves takes its unread along');
select is(pg_temp.wrong(), '', 'all is right');
update chat.conversations set last_seq = last_seq + 1, church_unread = church_unread + 3 where id = :talk;
select matches(pg_temp.wrong(), '^conversation church_unread 14 11$', 'a wrong counter is found, and the church''s sum followed it');
select is((select count(*) from chat.repair() where object <> 'sequence'), 1::bigint, 'and mended');
select is(pg_temp.wrong(), '', 'all is right');
update chat.conversations set church_id = :abbey where id = :talk;

-- Reading makes true what was wrong.
update chat.conversations set church_unread = church_unread + 5 where id = :talk;
select is((select marked from chat.mark_read(:eve, :talk, (select max(id) - 1 from chat.messages where conversation_id = :talk))),
          10::bigint, 'reading marks what there is');
select is(pg_temp.wrong(), '', 'and counts what is left');
update chat.conversations set church_unread = 7, church_unread_since = now(), church_newest_unread_id = 1 where id = :other;
select is((select marked from chat.mark_message_read(:eve, :other, :ben_said)), 1::bigint, 'one message is read');
select is(pg_temp.wrong(), '', 'and none is left');
update chat.conversations set church_unread = 2, church_unread_since = now(), church_newest_unread_id = 1 where id = :other;
select is((select outcome || marked from chat.mark_read(:eve, :other)), 'read0', 'nothing is there to be read');
select is(pg_temp.wrong(), '', 'and nothing is counted');

update chat.unread_of_churches set unread = 99, conversations = 9 where church_id = :abbey;
insert into chat.notification_marks values (:eve, 0, 1, now());
select isnt(pg_temp.wrong(), '', 'wrong sums and marks of nothing are found');
select isnt_empty('select * from chat.repair()', 'and mended');
select is(pg_temp.wrong(), '', 'all is right');

set local chat.follow = off;
insert into chat.messages (conversation_id, seq, sender_id, from_church, content, created_at)
select :talk, n, :ada, false, 'imported ' || n, clock_timestamp() from generate_series(16, 20) n;
select isnt(pg_temp.wrong(), '', 'who imports may leave it for the end');
select isnt_empty('select * from chat.repair()', 'and mends it then');
select is(pg_temp.wrong(), '', 'all is right');
reset chat.follow;

-- What is deleted is told: messages one by one unless they are many, then conversations.
create function pg_temp.events(of_talk bigint) returns text language sql as $$
    with told as (delete from chat.events e where e.conversation_id = of_talk returning e.*)
    select coalesce(string_agg(concat_ws(':', kind, message_id, user_id, ids::text), ' ' order by id), '') from told
$$;
select pg_temp.events(:talk) is not null as read \gset
delete from chat.messages m where m.conversation_id = :talk and m.seq in (8, 9);
select is(pg_temp.events(:talk),
          format('10:{%s}', (select string_agg((m.id + 1)::text || ',' || (m.id + 2)::text, '') from chat.messages m
                             where m.conversation_id = :talk and m.seq = 7)), 'two in the middle that were read: their ids');
select is(pg_temp.wrong(), '', 'all is right');
delete from chat.messages m where m.conversation_id = :talk and m.seq = 20;
select matches(pg_temp.events(:talk), '^3 10:\{\d+\}$', 'the last one: the conversation, too');
select is((select (message).seq::int from chat.send_message(:ada, :talk, 'after it')), 21, 'its number is not given again');
select is((select (message).id from chat.send_attachment(:ada, :talk, '', null, null, md5('f1'), 'plan.pdf', 'document', 'application/pdf',
           10, sha256('a'), null, null, null, null, '1 day', false)) is not null, true, 'a file');
select is((select last_message_text::text from chat.conversations where id = :talk), 'plan.pdf', 'is the last message');
select last_message_id as with_file from chat.conversations where id = :talk \gset
select pg_temp.events(:talk) is not null as read \gset
delete from chat.attachments where message_id = :with_file;
select is(pg_temp.events(:talk), format('3 12:%s', :with_file), 'its file is deleted: the conversation and the message are told');
select is((select last_message_text::text from chat.conversations where id = :talk) || pg_temp.wrong(), '', 'and it shows no name any more');
select is((select (message).id from chat.send_attachment(:ada, :talk, 'text', null, null, md5('f2'), 'b.pdf', 'document', 'application/pdf',
           10, sha256('a'), null, null, null, null, '1 day', false)) is not null, true, 'a file with a text');
insert into chat.messages (conversation_id, seq, sender_id, from_church, content, created_at)
select :other, n, :ada, false, 'many ' || n, clock_timestamp() from generate_series(3, 203) n;
select pg_temp.events(:other) is not null as read \gset
delete from chat.messages m where m.conversation_id = :other and m.seq >= 3;
select is(pg_temp.events(:other), '3 10', 'of many no ids');
insert into chat.notification_marks values (:eve, :talk, 9e18::bigint, now()), (:ada, :talk, 9e18::bigint, now());
insert into chat.waiting (conversation_id, church_side) values (:talk, true) on conflict do nothing;
select pg_temp.events(:talk) is not null as read \gset
delete from chat.conversations where id = :talk;
select is(pg_temp.events(:talk), format('11:%s:{%s}', :ada, :abbey), 'a conversation: its member, and its church');
select is_empty(format('select from chat.waiting where conversation_id = %s', :talk), 'nobody waits in it');
select is(pg_temp.wrong(), '', 'all is right');
delete from chat.conversations where id = (select pg_temp.talk(:ada, :chapel));
select is((select e.ids from chat.events e where e.kind = 11 and e.conversation_id <> :talk), null, 'staff did not see an empty one');

delete from chat.messages;
select version as version_before from chat.user_counts(:ada) \gset
insert into chat.message_words values (1, 1, 1, 'left over');
truncate chat.messages cascade;
select is_empty('select from chat.message_words', 'without messages there are no words');
truncate chat.conversations cascade;
select is(pg_temp.wrong() || (select count(*) from chat.unread_of_churches), '0', 'all is gone, and all is right');
select cmp_ok((select version from chat.user_counts(:ada)), '>', :version_before::bigint, 'the version of counts has grown all the same');
select * from finish();
rollback;
