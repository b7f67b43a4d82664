-- What the statements of the module share: the asking user, access, the sums of what is unread, the moment.
begin;
\ir lib/people.sql
select plan(28);
select pg_temp.person('Ada') as ada, pg_temp.person('Ben') as ben, pg_temp.church('Abbey') as abbey,
       pg_temp.church('Chapel') as chapel \gset
select pg_temp.staff(:abbey, 'Eve') as eve, pg_temp.staff(:chapel, 'Fay') as fay,
       pg_temp.talk(:ada, :abbey) as talk \gset
select pg_temp.talk(:eve, :abbey) as own \gset
insert into chat.church_staff (church_id, user_id) values (:chapel, :eve);

-- The asking user
select is((select a.user_id from chat.asker(u.external_id) a), u.id, 'a user is found by what identifies them')
from chat.users u where u.id = :ada;
select is((select a.user_display_name from chat.asker(u.external_id) a), 'Ada', 'with the name')
from chat.users u where u.id = :ada;
update chat.users set is_active = false where id = :ben;
select is((select a.user_is_active from chat.asker(u.external_id) a), false, 'an inactive one is found, too')
from chat.users u where u.id = :ben;
select is((select count(*) from chat.asker('nobody ' || gen_random_uuid())), 0::bigint, 'nobody else is');

-- Access
create function pg_temp.sees(of_user bigint, of_conversation bigint) returns boolean language sql as $$
    select exists (select from chat.conversation_for(of_user, of_conversation) c where c.id = of_conversation)
$$;
select ok(pg_temp.sees(:ada, :talk), 'the member sees it');
select ok(not pg_temp.sees(:eve, :talk), 'staff of the church do not, while nothing is written in it');
select pg_temp.say(:eve, :talk) \g /dev/null
select chat.mark_read(:ada, :talk) \g /dev/null
select ok(pg_temp.sees(:eve, :talk), 'staff of the church see it');
select ok(not pg_temp.sees(:ben, :talk), 'others do not');
select ok(not pg_temp.sees(:fay, :talk), 'nor staff of another church');
select ok(pg_temp.sees(:eve, :own), 'staff see their own as its member');
select ok(not pg_temp.sees(:ada, :own), 'which other members do not');
select ok(not pg_temp.sees(:eve, 0), 'there is nothing to see of one that does not exist');
delete from chat.church_staff where church_id = :abbey and user_id = :eve;
select ok(not pg_temp.sees(:eve, :talk), 'who is not staff any more does not');
select ok(pg_temp.sees(:eve, :own), 'but still what is their own');
insert into chat.church_staff (church_id, user_id) values (:abbey, :eve);

-- What is unread
create function pg_temp.unread_of(of_user bigint) returns text language sql as $$
    select m.unread || ' messages, ' || n.unread || ' notifications'
    from chat.unread_messages(of_user) m, chat.unread_notifications(of_user) n
$$;
select is(pg_temp.unread_of(:ada), '0 messages, 0 notifications', 'nothing at first');
select is(pg_temp.unread_of(:eve), '0 messages, 0 notifications', 'for staff, too');
select pg_temp.say(:ada, :talk), pg_temp.say(:ada, :talk), pg_temp.say(:eve, :own) \g /dev/null
select is(pg_temp.unread_of(:ada), '0 messages, 0 notifications', 'what they wrote is not unread for them');
select is(pg_temp.unread_of(:eve), '2 messages, 1 notifications', 'but for staff, who do not count their own');
select pg_temp.say(:eve, :talk), pg_temp.say(:eve, :talk) as newest \gset
select is(pg_temp.unread_of(:ada), '2 messages, 1 notifications', 'what staff wrote is for the member');
select chat.read_notifications(:ada, array[:talk]) \g /dev/null
select is(pg_temp.unread_of(:ada), '2 messages, 0 notifications', 'one that is marked counts no more');
select pg_temp.say(:eve, :talk) \g /dev/null
select is(pg_temp.unread_of(:ada), '3 messages, 1 notifications', 'until there is a newer message');
select chat.read_notifications(:eve) \g /dev/null
select is(pg_temp.unread_of(:eve), '2 messages, 0 notifications', 'staff mark for themselves');
delete from chat.church_staff where church_id = :abbey and user_id = :eve;
select is(pg_temp.unread_of(:eve), '0 messages, 0 notifications', 'who is not staff any more has nothing of the church');
select chat.mark_read(:ada, :talk) \g /dev/null
select is(pg_temp.unread_of(:ada), '0 messages, 0 notifications', 'what was read is not unread');

-- The moment
select is((select s.epoch from chat.current_snapshot() s), chat.current_epoch(), 'the epoch is the same by either function');
select matches((select s.epoch from chat.current_snapshot() s), '^[0-9a-f]{16}$', 'sixteen digits');
select is((select s.snapshot from chat.current_snapshot() s), pg_current_snapshot()::text, 'the snapshot');
select is((select s.xmin from chat.current_snapshot() s), pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
          'and where it begins');
select * from finish();
rollback;
