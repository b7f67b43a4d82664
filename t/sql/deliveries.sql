begin;
\ir lib/people.sql
select no_plan();
select pg_temp.person('Ada') as ada, pg_temp.church('Abbey') as abbey \gset
select pg_temp.staff(:abbey, 'Eve') as eve, pg_temp.staff(:abbey, 'Kim') as kim \gset
select pg_temp.talk(:ada, :abbey) as talk \gset
create function pg_temp.waiting() returns setof text language sql as $$
    select w.church_side || case when w.due_at = 'infinity' then '' when w.due_at > clock_timestamp() + interval '6 s' then ' later'
                                 else ' soon' end
    from chat.waiting w order by 1
$$;
-- As a notifier that has heard of nothing yet.
create function pg_temp.wake() returns void language sql as $$
    update chat.notifier set snapshot = '3:3:', swept_at = now();
    select chat.wake_waiting()
$$;

-- What a message leaves behind.
select is_empty('select pg_temp.waiting()', 'nobody waits for anything');
select pg_temp.say(:ada, :talk) as m1 \gset
select results_eq('select pg_temp.waiting()', array['true'], 'the first unread message: the church waits');
select pg_temp.wake() \g /dev/null
select results_eq('select pg_temp.waiting()', array['true soon'], 'for some seconds');
update chat.waiting set due_at = 'infinity', decided_up_to = :m1;
select ctid as row from chat.waiting \gset
select pg_temp.say(:ada, :talk) as m2 \gset
select is((select ctid from chat.waiting), :'row'::tid, 'another one writes nothing there');
update chat.waiting set decided_up_to = :m2;
select pg_temp.say(:eve, :talk) as m3 \gset
select results_eq('select pg_temp.waiting()', array['false', 'true'], 'the answer: the member waits');
select ctid as row from chat.waiting where church_side \gset
select chat.mark_read(:eve, :talk) \g /dev/null
select is((select ctid from chat.waiting where church_side), :'row'::tid, 'nor does reading');
select pg_temp.wake() \g /dev/null
select results_eq('select pg_temp.waiting()', array['false soon', 'true'], 'who has read is not looked at');
select ctid as row from chat.waiting where church_side \gset
select pg_temp.say(:ada, :talk) as m4 \gset
select is((select ctid from chat.waiting where church_side), :'row'::tid, 'nor does the first one after that, which finds the row');
select pg_temp.wake() \g /dev/null
select results_eq('select pg_temp.waiting()', array['false soon', 'true soon'], 'but it is looked at soon');
delete from chat.waiting;
insert into chat.messages (conversation_id, seq, sender_id, from_church, content, created_at)
values (:talk, 5, :ada, false, 'by SQL', now());
select is_empty('select pg_temp.waiting()', 'of messages by SQL the same holds: not the second');
select chat.mark_read(:eve, :talk) \g /dev/null
insert into chat.messages (conversation_id, seq, sender_id, from_church, content, created_at)
values (:talk, 6, :ada, false, 'by SQL', now());
select results_eq('select pg_temp.waiting()', array['true'], 'but the first');
select pg_temp.wake() \g /dev/null
select results_eq('select pg_temp.waiting()', array['true soon'], 'for some seconds');
delete from chat.waiting;
update chat.notifier set swept_to = 1;
select is((select wait_ms from chat.decide_deliveries('0', '1 h', 'instant', 'instant', null, 1)), 200::bigint, 'a sweep goes on soon');
update chat.notifier set swept_to = 0;
select is((select wait_ms from chat.decide_deliveries('0', '1 h', 'instant', 'instant', null, 1)), null, 'otherwise there is nothing to wait for');

-- Whom to tell.
select pg_temp.person('Ada') as ada, pg_temp.church('Abbey') as abbey \gset
select pg_temp.staff(:abbey, 'Eve') as eve, pg_temp.staff(:abbey, 'Kim') as kim \gset
select pg_temp.talk(:ada, :abbey) as talk \gset
update chat.users set email = lower(display_name) || '@example.org' where id in (:ada, :eve, :kim);

-- As a notifier does it, with mail at once and a silence of an hour.
create function pg_temp.look(push_delay interval default null) returns bigint language sql as $$
    update chat.waiting w set due_at = now() from chat.conversations c
    where c.id = w.conversation_id
      and (w.due_at < 'infinity'
           or w.decided_up_to < case when w.church_side then c.church_newest_unread_id else c.member_newest_unread_id end);
    select decided from chat.decide_deliveries('0', '1 h', 'instant', 'instant', push_delay, 100)
$$;
create function pg_temp.outbox() returns setof text language sql as $$
    select concat_ws(' ', u.display_name, o.kind, o.state, o.last_error) from chat.outbox o join chat.users u on u.id = o.user_id
    order by o.id
$$;
create function pg_temp.claim() returns setof text language sql as $$
    select concat_ws(' ', m.address, m.sender_name, m.unread, m.content)
    from chat.claim_mail('5 min', 'instant', 'instant', 'full') m where m.delivery_id is not null
$$;
create function pg_temp.claim_dropped() returns bigint language sql as $$
    select m.dropped from chat.claim_mail('5 min', 'instant', 'instant', 'full') m where m.delivery_id is null
$$;
create function pg_temp.finish(outcome text, address text default null, is_hard boolean default false) returns void language sql as $$
    select chat.finish_deliveries(array_agg(o.conversation_id), array_agg(o.id),
                                  array_agg((extract(epoch from o.due_at) * 1000000)::bigint), outcome, 'said no', '0', address, is_hard)
    from chat.outbox o where o.state = 'due' and o.attempts > 0 and o.due_at > now()
$$;

select is(pg_temp.look(), 0::bigint, 'nobody waits');
select pg_temp.say(:eve, :talk, 'Good morning') as m1 \gset
select is(pg_temp.look(), 1::bigint, 'a side waits');
select results_eq('select pg_temp.outbox()', array['Ada email due'], 'its reader is to be told');
select is(pg_temp.look(), 1::bigint, 'looked at again');
select results_eq('select pg_temp.outbox()', array['Ada email due'], 'once');
select results_eq('select pg_temp.claim()', array['ada@example.org Abbey 1 Good morning'], 'of what the church wrote');
select is_empty('select pg_temp.claim()', 'what is claimed is not there for others');
select pg_temp.finish('sent', 'ada@example.org') \g /dev/null
select results_eq('select pg_temp.outbox()', array['Ada email sent'], 'sent');
select pg_temp.say(:eve, :talk, 'Are you there') as m2 \gset
select pg_temp.look() \g /dev/null
select results_eq('select pg_temp.outbox()', array['Ada email sent'], 'within the silence no other');
select ok((select due_at > now() + interval '59 min' and due_at < now() + interval '61 min' from chat.waiting), 'but after it');
update chat.outbox set done_at = done_at - interval '2 h';
select pg_temp.look() \g /dev/null
select results_eq('select pg_temp.claim()', array['ada@example.org Abbey 2 Good morning', 'ada@example.org Abbey 2 Are you there'], 'then of all');
select pg_temp.finish('sent') \g /dev/null
select pg_temp.say(:eve, :talk, 'Hello') as m3 \gset
select pg_temp.look() \g /dev/null
select ok((select due_at > now() + interval '119 min' from chat.waiting), 'the next silence is twice as long');
select chat.mark_read(:ada, :talk) \g /dev/null
select pg_temp.look() \g /dev/null
select is_empty('select from chat.waiting', 'who has read waits for nothing');
select pg_temp.say(:eve, :talk, 'Bye') as m4 \gset
select pg_temp.look() \g /dev/null
select results_eq('select pg_temp.outbox()', array['Ada email sent', 'Ada email sent', 'Ada email due'], 'and is told at once of what comes after');
select chat.mark_read(:ada, :talk) \g /dev/null
select is_empty('select pg_temp.claim()', 'unless that has been read');
select is((select last_error from chat.outbox where state = 'dropped'), 'read', 'which is written down');
select is(pg_temp.claim_dropped(), null, 'once');

-- Messages of long ago, as when mail is switched on.
select pg_temp.person('Max') as max, pg_temp.church('Minster') as minster \gset
select pg_temp.staff(:minster, 'Zoe') as zoe, pg_temp.talk(:max, :minster) as old_talk \gset
update chat.users set email = 'max@example.org' where id = :max;
create function pg_temp.make_older(of_conversation bigint, by interval) returns void language sql as $$
    update chat.messages set created_at = created_at - by where conversation_id = of_conversation;
    update chat.conversations set member_unread_since = member_unread_since - by, church_unread_since = church_unread_since - by
    where id = of_conversation;
$$;
create function pg_temp.outbox_of(reader bigint) returns bigint language sql as $$
    select count(*) from chat.outbox where user_id = reader
$$;
select pg_temp.say(:zoe, :old_talk, 'long ago') as o1 \gset
select pg_temp.make_older(:old_talk, '8 days') \g /dev/null
select pg_temp.look() \g /dev/null
select is(pg_temp.outbox_of(:max), 0::bigint, 'of what is older than a week nobody is told');
select is((select (due_at, decided_up_to)::text from chat.waiting where conversation_id = :old_talk), format('(infinity,%s)', :o1),
          'and it counts as told');
select is((select newest from chat.decide_side(:old_talk, false, '7 days', '0', 'instant', 'instant', null)), :o1::bigint, 'a long delay');
select is((select look_at from chat.decide_side(:old_talk, false, '7 days', '0', 'instant', 'instant', null)), 'infinity', 'and a day are over');
select pg_temp.make_older(:old_talk, '-12 hours') \g /dev/null
select isnt((select look_at from chat.decide_side(:old_talk, false, '7 days', '0', 'instant', 'instant', null)), 'infinity',
          'what a long delay has held back is told of');
delete from chat.outbox where user_id = :max;
select pg_temp.say(:zoe, :old_talk, 'today') as o2 \gset
update chat.waiting set due_at = now() where conversation_id = :old_talk;
select pg_temp.look() \g /dev/null
select is(pg_temp.outbox_of(:max), 1::bigint, 'with a new message, it is told of');
delete from chat.outbox where user_id = :max;
delete from chat.waiting where conversation_id = :old_talk;
select chat.mark_read(:max, :old_talk) \g /dev/null
select pg_temp.say(:zoe, :old_talk, 'of this week') as o3 \gset
select pg_temp.make_older(:old_talk, '6 days') \g /dev/null
select pg_temp.look() \g /dev/null
select is(pg_temp.outbox_of(:max), 1::bigint, 'as is what is of this week');
delete from chat.outbox where user_id = :max;
delete from chat.waiting where conversation_id = :old_talk;


-- Decided long ago, as when mail was switched off and on again.
select chat.mark_read(:max, :old_talk) \g /dev/null
select pg_temp.say(:zoe, :old_talk, 'before mail was off') as o4 \gset
select pg_temp.look() \g /dev/null
select pg_temp.make_older(:old_talk, '6 days 23 hours') \g /dev/null
update chat.outbox set created_at = now() - interval '6 days 23 hours', due_at = now() where user_id = :max;
select set_eq('select pg_temp.claim()', array['max@example.org Minster 1 before mail was off'], 'within a week it is sent');
update chat.outbox set due_at = now(), up_to = null where user_id = :max;
select pg_temp.make_older(:old_talk, '1 hour 1 second') \g /dev/null
select set_eq('select pg_temp.claim()', array['max@example.org Minster 1 before mail was off'], 'as long as it was decided within a week');
update chat.outbox set due_at = now(), created_at = now() - interval '7 days 1 second' where user_id = :max;
select is(pg_temp.claim_dropped(), 1::bigint, 'later it is dropped');
select is((select (state, last_error)::text from chat.outbox where user_id = :max), '(dropped,"too old")', 'which is written down');
update chat.waiting set due_at = now() where conversation_id = :old_talk;
select pg_temp.look() \g /dev/null
select is((select count(*) from chat.outbox where user_id = :max and state = 'due'), 0::bigint, 'and not decided again');
update chat.outbox set state = 'due', due_at = now(), done_at = null, up_to = null where user_id = :max;
select pg_temp.say(:zoe, :old_talk, 'news') as o5 \gset
select set_eq('select pg_temp.claim()', array['max@example.org Minster 2 before mail was off', 'max@example.org Minster 2 news'],
              'unless there is a new message');
delete from chat.outbox where user_id = :max;
delete from chat.waiting where conversation_id = :old_talk;

-- Staff, whose side has read when one of them has.
select pg_temp.say(:ada, :talk, 'Help') as m5 \gset
select pg_temp.look() \g /dev/null
select set_eq($$select o from pg_temp.outbox() o where o like '%due'$$, array['Eve email due', 'Kim email due'], 'all staff are told');
select chat.mark_read(:kim, :talk) \g /dev/null
select is_empty('select pg_temp.claim()', 'but none of them after one has read');
delete from chat.outbox;

-- Preferences and addresses.
insert into chat.preferences (user_id, email) values (:kim, 'off');
select pg_temp.say(:ada, :talk, 'Help') as m6 \gset
select pg_temp.look() \g /dev/null
select results_eq('select pg_temp.outbox()', array['Eve email due'], 'who wants no mail gets none');
select results_eq('select pg_temp.claim()', array['eve@example.org Ada 1 Help'], 'the others do');
select pg_temp.finish('refused', 'eve@example.org') \g /dev/null
select results_eq('select pg_temp.outbox()', array['Eve email dead said no'], 'what is refused is kept');
select is((select (failures, is_off)::text from chat.mail_failures where address = 'eve@example.org'), '(1,f)', 'and counted for the address');
update chat.mail_failures set is_off = true;
update chat.outbox set done_at = done_at - interval '2 h';
select pg_temp.say(:ada, :talk, 'Help!') as m7 \gset
select pg_temp.look() \g /dev/null
select results_eq('select pg_temp.outbox()', array['Eve email dead said no'], 'an address that does not work is left alone');
update chat.users set email = 'eve2@example.org' where id = :eve;
update chat.waiting set due_at = now();
select pg_temp.look() \g /dev/null
select pg_temp.claim() \g /dev/null
select results_eq('select pg_temp.outbox()', array['Eve email dead said no', 'Eve email due'], 'another one is tried');
select pg_temp.finish('later') \g /dev/null
select is((select (attempts, up_to, due_at > now() + interval '50 s')::text from chat.outbox where state = 'due'), '(1,,t)',
          'refused for now: again later, with what there is then');
-- Again, again: claim, and how the attempt ended.
create function pg_temp.attempt(outcome text) returns bigint language plpgsql as $$
begin
    update chat.outbox set due_at = now() where state = 'due';
    perform pg_temp.claim();
    perform pg_temp.finish(outcome);
    return (select up_to from chat.outbox where state = 'due');
end $$;
select is(pg_temp.attempt('released'), null, 'nor is what was not tried bound to its messages');
select is(pg_temp.attempt('unknown'), :m7::bigint, 'what may have arrived is');
select pg_temp.say(:ada, :talk, 'Hello?') as m7b \gset
select is(pg_temp.attempt('later'), :m7::bigint, 'also when it is refused afterwards');
select is(pg_temp.attempt('released'), :m7::bigint, 'or not tried');
select is(pg_temp.attempt('unknown'), :m7::bigint, 'or may have arrived once more');
update chat.outbox set attempts = 6, due_at = now() where state = 'due';
select pg_temp.claim() \g /dev/null
select pg_temp.finish('unknown') \g /dev/null
select is((select count(*) from chat.outbox where state = 'dead'), 2::bigint, 'after the last attempt it is dead');
select chat.mark_read(:kim, :talk) \g /dev/null
delete from chat.outbox;

-- A digest is one mail.
insert into chat.preferences (user_id, email, digest_at, time_zone) values (:ada, 'digest', '07:00', 'Asia/Tokyo');
select pg_temp.church('Chapel') as chapel \gset
select pg_temp.staff(:chapel, 'Joe') as joe, pg_temp.talk(:ada, :chapel) as talk2 \gset
select chat.mark_read(:ada, :talk) \g /dev/null
select pg_temp.say(:eve, :talk, 'one') as m8, pg_temp.say(:joe, :talk2, 'two') as m9 \gset
select pg_temp.look() \g /dev/null
select ok((select count(*) = 2 and bool_and((due_at at time zone 'Asia/Tokyo')::time = '07:00' and due_at > now()) from chat.outbox where digest),
          'at seven o''clock of the reader');
update chat.outbox set due_at = now() - interval '1 s';
select set_eq('select pg_temp.claim()', array['ada@example.org Abbey 1 one', 'ada@example.org Chapel 1 two'], 'of all conversations');

-- Quiet hours.
select is(chat.delivery_time('2026-06-01 21:00+00', null, '22:00', '07:00', 'Europe/Berlin'), '2026-06-02 05:00+00', 'the night is quiet');
select is(chat.delivery_time('2026-06-01 03:00+00', null, '22:00', '07:00', 'Europe/Berlin'), '2026-06-01 05:00+00', 'to its end');
select is(chat.delivery_time('2026-06-01 12:00+00', null, '22:00', '07:00', 'Europe/Berlin'), '2026-06-01 12:00+00', 'the day is not');
select is(chat.delivery_time('2026-06-01 12:00+00', '07:00', null, null, 'Europe/Berlin'), '2026-06-02 05:00+00', 'the next morning');
select is(chat.delivery_time('2026-03-28 20:00+00', '07:00', null, null, 'Europe/Berlin'), '2026-03-29 05:00+00', 'also when the clocks change');
select is(chat.delivery_time('2026-06-01 12:00+00', null, '11:00', '13:00', 'Atlantis/City'), '2026-06-01 13:00+00', 'an unknown zone is UTC');

-- Further messages.
update chat.waiting set due_at = 'infinity';
select chat.wake_waiting() \g /dev/null
update chat.waiting set due_at = 'infinity', decided_up_to = 9223372036854775807;
select pg_temp.say(:eve, :talk, 'three') as m10 \gset
select chat.wake_waiting() \g /dev/null
select is((select count(*) from chat.waiting where due_at < 'infinity'), 0::bigint, 'what was considered is not looked at again');
update chat.waiting set decided_up_to = 0;
update chat.notifier set snapshot = '3:3:', swept_at = now();
select chat.wake_waiting() \g /dev/null
select is((select count(*) from chat.waiting where due_at < now() + interval '1 min'), 2::bigint, 'what was not is looked at soon');
update chat.waiting set due_at = 'infinity';
update chat.notifier set snapshot = pg_current_snapshot(), swept_at = now() - interval '1 h';
delete from chat.events;
select chat.wake_waiting() \g /dev/null
select is((select count(*) from chat.waiting where due_at < now() + interval '1 min'), 2::bigint, 'and after a crash, in which events are lost, some minutes later');

-- What is done goes after a time.
delete from chat.outbox;
delete from chat.mail_failures;
insert into chat.outbox (conversation_id, user_id, kind, state, due_at, done_at, last_error)
select :talk, :ada, 'email', s, now() - d, case when s <> 'due' then now() - d end, s || ' ' || extract(day from d)
from unnest(array['sent', 'dropped', 'dead']) s, unnest(array[interval '29 days', '31 days', '89 days', '91 days']) d
union all select :talk, :ada, 'push', 'due', now() - interval '1000 days', null, 'due';
insert into chat.mail_failures (address, failures, is_off, error, failed_at)
select d || '@example.org', 3, true, '550', now() - make_interval(days => d) from unnest(array[89, 91]) d;
update chat.notifier set snapshot = pg_current_snapshot(), swept_to = 0, swept_at = now() - interval '1 h';
select chat.wake_waiting() \g /dev/null
select set_eq('select last_error from chat.outbox', array['sent 29', 'dropped 29', 'dead 29', 'dead 31', 'dead 89', 'due'],
              'sent and dropped ones after a month, dead ones after three, none that is due');
select results_eq('select address from chat.mail_failures', array['89@example.org'], 'refused addresses are tried again after 90 days');

-- Nothing has happened: nothing is written.
update chat.notifier set snapshot = pg_current_snapshot(), swept_to = 0, swept_at = now();
select ctid as before from chat.notifier \gset
select chat.wake_waiting() \g /dev/null
select is((select ctid from chat.notifier), :'before'::tid, 'a call that finds nothing new writes nothing');
delete from chat.outbox;
insert into chat.outbox (conversation_id, user_id, kind, state, due_at, done_at)
select :talk, :ada, 'email', 'dead', now(), now() - interval '31 days' from generate_series(1, 2000)
union all select :talk, :ada, 'email', 'sent', now(), now() - interval '31 days' + n * interval '1 s' from generate_series(1, 1001) n;
select chat.prune_deliveries() \g /dev/null
select is((select count(*) from chat.outbox where state = 'sent'), 1::bigint, 'a thousand at once, whatever dead ones are older');
select is((select count(*) from chat.outbox where state = 'dead'), 2000::bigint, 'which stay');
select * from finish();
rollback;
