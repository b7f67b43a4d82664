begin;
\ir lib/people.sql
select no_plan();
select pg_temp.person('Ada') as ada, pg_temp.church('Abbey') as abbey \gset
select pg_temp.staff(:abbey, 'Eve') as eve, pg_temp.staff(:abbey, 'Kim') as kim \gset
select pg_temp.talk(:ada, :abbey) as talk \gset
create function pg_temp.waiting() returns setof text language sql as $$
    select w.church_side || ' ' || (w.due_at > clock_timestamp() and w.due_at < clock_timestamp() + interval '6 s')
    from chat.waiting w order by 1
$$;

-- What a message leaves behind.
select is_empty('select pg_temp.waiting()', 'nobody waits for anything');
select pg_temp.say(:ada, :talk) as m1 \gset
select results_eq('select pg_temp.waiting()', array['true true'], 'the first unread message: the church waits, for some seconds');
update chat.waiting set due_at = 'infinity';
select pg_temp.say(:ada, :talk) as m2 \gset
select is((select due_at from chat.waiting), 'infinity', 'another one writes nothing there');
select pg_temp.say(:eve, :talk) as m3 \gset
select results_eq('select pg_temp.waiting()', array['false true', 'true false'], 'the answer: the member waits');
select chat.mark_read(:eve, :talk) \g /dev/null
select is((select count(*) from chat.waiting), 2::bigint, 'nor does reading');
select pg_temp.say(:ada, :talk) as m4 \gset
select results_eq('select pg_temp.waiting()', array['false true', 'true true'], 'the first one after that is a first one');
delete from chat.waiting;
insert into chat.messages (conversation_id, seq, sender_id, from_church, content, created_at)
values (:talk, 5, :ada, false, 'by SQL', now());
select is_empty('select pg_temp.waiting()', 'of messages by SQL the same holds: not the second');
select chat.mark_read(:eve, :talk) \g /dev/null
insert into chat.messages (conversation_id, seq, sender_id, from_church, content, created_at)
values (:talk, 6, :ada, false, 'by SQL', now());
select results_eq('select pg_temp.waiting()', array['true true'], 'but the first');
select * from finish();
rollback;
