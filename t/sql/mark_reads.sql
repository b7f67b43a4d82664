-- chat.mark_reads() does what as many calls of chat.mark_read() do: the same random script is run by both, in two worlds
-- that are made alike, and all rows that it leaves are compared.
begin;
\ir lib/people.sql
\ir lib/worlds.sql
select plan(25);

create temporary table actor (world text, number integer, user_id bigint); -- 1 to 3 members, 4 to 7 staff, 8 a stranger
create temporary table place (world text, number integer, conversation_id bigint, church_id bigint);
create temporary table said (part integer, n integer, actor integer, place integer); -- messages, before the marks
create temporary table mark (part integer, n integer, actor integer, place integer, back integer); -- null: all
create temporary table answer (world text, part integer, n bigint, outcome text, marked bigint);

create function pg_temp.make(called text) returns void language plpgsql as $$
declare
    abbey bigint := pg_temp.church('Abbey');
    chapel bigint := pg_temp.church('Chapel');
begin
    insert into actor select called, n, pg_temp.person('Member ' || n) from generate_series(1, 3) n;
    insert into actor select called, 3 + n, pg_temp.staff(case when n < 3 then abbey else chapel end, 'Staff ' || n)
    from generate_series(1, 4) n;
    insert into actor values (called, 8, pg_temp.person('Stranger'));
    insert into place
    select called, row_number() over (order by a.number, h.n), pg_temp.talk(a.user_id, h.id), h.id
    from actor a, (values (1, abbey), (2, chapel)) h (n, id)
    where a.world = called and a.number <= 3;
    update chat.users u set is_active = false from actor a where a.world = called and a.number = 7 and u.id = a.user_id;
end $$;
select pg_temp.make('single'), pg_temp.make('group') \g /dev/null

-- Place 7 is nowhere. Up to the newest message but `back`; -1 is an id that no message has yet. Most are in few places,
-- so that both sides, and several of one side, read the same in one part.
select setseed(0.3) \g /dev/null
insert into said
select p, n, (array[1, 1, 1, 2, 3, 4, 5, 6, 6])[1 + floor(random() * 9)], case when random() < 0.7 then 1 + random()::integer else 1 + (random() * 5)::integer end
from generate_series(1, 200) p, generate_series(1, 24) n where n <= p * 5 % 25;
insert into mark
select p, n, (array[1, 1, 2, 3, 4, 4, 5, 5, 6, 7, 8])[1 + floor(random() * 11)], case when random() < 0.7 then 1 + random()::integer else 1 + (random() * 6)::integer end,
       case when random() < 0.8 then -1 + (random() * 12)::integer end
from generate_series(1, 200) p, generate_series(1, 16) n where n <= 1 + p * 7 % 16;

-- The message of a place that is `back` before the newest one.
create function pg_temp.bound(in_conversation bigint, back integer) returns bigint language sql as $$
    select case when back = -1 then 9000000000000000
                when back >= 0 then coalesce((select m.id from chat.messages m where m.conversation_id = in_conversation
                                              order by m.id desc offset back limit 1), 0) end
$$;

create function pg_temp.play() returns void language plpgsql as $$
declare
    step integer;
begin
    for step in select distinct d.part from mark d order by d.part loop
        perform chat.send_message(a.user_id, p.conversation_id, 'message ' || d.n)
        from (select w.world, d.* from (values ('single'), ('group')) w (world), said d
              where d.part = step order by w.world, d.n offset 0) d
        join actor a on a.world = d.world and a.number = d.actor
        join place p on p.world = d.world and p.number = d.place;

        insert into answer
        select 'single', step, d.n, m.outcome, m.marked
        from (select d.*, a.user_id, coalesce(p.conversation_id, 9000000000000000) as conversation_id
              from mark d
              join actor a on a.world = 'single' and a.number = d.actor
              left join place p on p.world = 'single' and p.number = d.place
              where d.part = step order by d.n offset 0) d
        cross join lateral chat.mark_read(d.user_id, d.conversation_id, pg_temp.bound(d.conversation_id, d.back)) m;

        insert into answer
        select 'group', step, m.n, m.outcome, m.marked
        from (select array_agg(a.user_id order by d.n) as users,
                     array_agg(coalesce(p.conversation_id, 9000000000000000) order by d.n) as conversations,
                     array_agg(pg_temp.bound(p.conversation_id, d.back) order by d.n) as bounds
              from mark d
              join actor a on a.world = 'group' and a.number = d.actor
              left join place p on p.world = 'group' and p.number = d.place
              where d.part = step) s
        cross join lateral chat.mark_reads(s.users, s.conversations, s.bounds) m;
    end loop;
end $$;
select pg_temp.play() \g /dev/null

select pg_temp.same('select part, n, outcome, marked from answer where world = :world', 'answers are the same');
select is((select array_agg(distinct outcome order by outcome) from answer where world = 'group'),
          '{not_found,read,user_inactive}', 'all outcomes were among them');
select ok((select count(*) from mark) = (select count(*) from answer where world = 'group'), 'each mark has its answer');
select ok((select count(*) filter (where marked > 1) > 20 and count(*) filter (where outcome = 'read' and marked = 0) > 20
           from answer where world = 'group'), 'many found something, and many nothing');
select ok((select count(*) > 3 from (
               select from answer r join mark d using (part, n) join place p on p.world = 'group' and p.number = d.place
               where r.world = 'group' and r.marked > 0
               group by d.part, d.place having count(*) filter (where d.actor > 3) > 0 and count(*) filter (where d.actor <= 3) > 0) r),
          'both sides of a conversation were in one group');
select ok((select count(*) > 3 from (
               select from answer r join mark d using (part, n)
               where r.world = 'group' and r.marked > 0 and d.actor > 3
               group by d.part, d.place having count(distinct d.actor) > 1) r), 'and two of the staff');
select pg_temp.same($$
    select p.number, m.seq, m.read_at is null as is_unread, m.read_at >= m.created_at as is_later
    from place p join chat.messages m on m.conversation_id = p.conversation_id where p.world = :world$$, 'messages are the same');
select pg_temp.same($$
    select p.number, c.last_seq, c.version, c.member_unread, c.church_unread,
           (select min(m.seq) from chat.messages m where m.conversation_id = c.id and m.created_at = c.member_unread_since) as member_since,
           (select min(m.seq) from chat.messages m where m.conversation_id = c.id and m.created_at = c.church_unread_since) as church_since,
           (select m.seq from chat.messages m where m.conversation_id = c.id and m.id = c.member_newest_unread_id) as member_newest,
           (select m.seq from chat.messages m where m.conversation_id = c.id and m.id = c.church_newest_unread_id) as church_newest,
           c.updated_at = c.last_message_at as is_not_moved
    from place p join chat.conversations c on c.id = p.conversation_id where p.world = :world$$, 'conversations are the same');
select ok((select bool_and(pg_temp.counters_are_true(p.conversation_id)) from place p), 'their counters are true');
select ok((select count(*) > 0 from place p join chat.conversations c on c.id = p.conversation_id
           where p.world = 'group' and c.member_unread > 0) and
          (select count(*) > 0 from place p join chat.conversations c on c.id = p.conversation_id
           where p.world = 'group' and c.church_unread > 0), 'something is still unread on both sides');
select pg_temp.same($$
    select min(p.number) as first, sum(n.unread)::bigint as unread, sum(n.conversations)::bigint as conversations
    from (select church_id, min(number) as number from place where world = :world group by church_id) p
    join chat.unread_of_churches n on n.church_id = p.church_id group by n.church_id$$, 'sums of churches are the same');
select pg_temp.same($$
    select p.number, e.kind, m.seq, a.number as actor,
           row_number() over (partition by p.number order by e.id) as nth
    from place p join chat.events e on e.conversation_id = p.conversation_id
    left join chat.messages m on m.conversation_id = e.conversation_id and m.id = e.message_id
    left join actor a on a.world = p.world and a.user_id = e.user_id where p.world = :world$$, 'events are the same, in the same order');
select pg_temp.same($$
    select p.number, w.church_side, w.due_at from place p join chat.waiting w on w.conversation_id = p.conversation_id
    where p.world = :world$$, 'whom to notify is the same');

-- The ends of what is possible.
select is_empty('select * from chat.mark_reads(''{}'', ''{}'', ''{}'')', 'of nothing nothing is made');
select pg_temp.person('Ada') as ada, pg_temp.church('Abbey') as abbey \gset
select pg_temp.staff(:abbey, 'Eve') as eve, pg_temp.talk(:ada, :abbey) as talk, pg_temp.talk(pg_temp.person('Ben'), :abbey) as other \gset
select pg_temp.say(:ada, :talk) as m1, pg_temp.say(:ada, :talk) as m2, pg_temp.say(:eve, :other) \gset
select results_eq(
    format('select n, outcome, marked from chat.mark_reads(array[null, %s, 0]::bigint[], array[%s, %2$s, %2$s]::bigint[], ''{null,null,null}'')',
           :ada, :talk), $$values (2::bigint, 'read', 0::bigint)$$, 'who is not known has no row');
select pg_temp.place(:talk) as place, pg_temp.place(:other) as other_place \gset
select is((select array_agg((outcome, marked)::text order by n)
           from chat.mark_reads(array[:ada, :eve, :eve, :ada]::bigint[], array[:talk, :talk, :talk, :other]::bigint[],
                                array[null, 9223372036854775807, 0, null]::bigint[])),
          '{"(read,0)","(read,0)","(read,0)","(not_found,0)"}', 'nothing unread, an id of no message here, one before all, not theirs');
select is(pg_temp.place(:other), :'other_place', 'nothing of that is locked or written');
select is((select count(*)::integer from chat.events where conversation_id = :talk and kind = 2), 0, 'or told');

-- A wrong number of unread messages.
update chat.conversations set church_unread = 3 where id = :talk;
select is_empty(format('select * from chat.mark_reads(''{%s}'', ''{%s}'', ''{null}'')', :eve, :talk), 'a number that is wrong is left to the other');
select is((select marked from chat.mark_read(:eve, :talk)), 2::bigint, 'which marks');
select ok(pg_temp.counters_are_true(:talk), 'and corrects');
select is((select marked from chat.mark_reads(array[:eve]::bigint[], array[:talk]::bigint[], '{null}')), 0::bigint, 'then there is nothing');

-- Of a church's side without a message there is none.
select pg_temp.talk(pg_temp.person('Cleo'), :abbey) as silent \gset
select is((select outcome from chat.mark_reads(array[:eve]::bigint[], array[:silent]::bigint[], '{null}')), 'not_found', 'a conversation that staff do not see yet');
select is((select array_agg(marked order by n) from chat.mark_reads(array[:eve, :eve]::bigint[], array[:silent, :other]::bigint[], null)),
          '{0,0}', 'bounds may be missing');
select is(current_setting('chat.follow', true) is distinct from 'off', true, 'triggers work as before');
select * from finish();
rollback;
