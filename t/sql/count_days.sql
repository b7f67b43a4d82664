-- What happened on each day, and how long members waited for answers.
begin;
\ir lib/people.sql
-- Another test may hold the row, and then this would find somebody else at work.
select only_row from chat.counting for update \gset
select plan(43);
-- Until there is nothing to do: on a slow machine a call does less.
create function pg_temp.count() returns text language plpgsql as $$
declare
    d record;
    calls integer := 0;
begin
    loop
        -- In one transaction none has ended meanwhile.
        update chat.counting set next_xid = '3';
        select * into d from chat.count_days('0');
        calls := calls + 1;
        exit when not d.has_more or d.outcome <> 'done' or calls = 10000;
    end loop;
    return concat_ws(' ', d.outcome, case when d.has_more then 'more' end);
end $$;
create function pg_temp.of_day(of_day date, of_church bigint) returns text language sql as $$
    select concat_ws(' ', d.conversations, d.messages, d.by_members, d.by_staff, d.attachments, d.flagged, d.mails, d.pushes)
    from chat.daily_counts d where d.day = of_day and d.church_id = of_church
$$;
create function pg_temp.answers() returns text language sql as $$
    select string_agg(concat_ws(' ', a.day - '2026-01-01', a.step, a.answers), ', ' order by a.day, a.step) from chat.daily_answers a
    where a.day between '2026-01-01' and '2026-01-31'
$$;
create function pg_temp.at(of_message bigint, at timestamptz) returns void language sql as $$
    update chat.messages m set created_at = at.at where m.id = of_message
$$;
select (now() at time zone 'UTC')::date as today \gset
select pg_temp.person('Ada') as ada, pg_temp.person('Ben') as ben, pg_temp.church('Abbey') as abbey, pg_temp.church('Chapel') as chapel \gset
select pg_temp.staff(:abbey, 'Eve') as eve, pg_temp.staff(:chapel, 'Ina') as ina \gset
select pg_temp.talk(:ada, :abbey) as talk, pg_temp.talk(:ada, :chapel) as walk, pg_temp.talk(:ben, :abbey) as stroll \gset

-- Messages of before.
select pg_temp.say(:ada, :talk) as m1, pg_temp.say(:ada, :talk) as m2, pg_temp.say(:eve, :talk) as m3, pg_temp.say(:eve, :talk) as m4,
       pg_temp.say(:ada, :talk) as m5 \gset
select pg_temp.say(:ada, :walk) as w1 \gset
select pg_temp.at(:m1, '2026-01-01 23:59Z'), pg_temp.at(:m2, '2026-01-02 00:01Z'), pg_temp.at(:m3, '2026-01-02 00:59Z'),
       pg_temp.at(:m4, '2026-01-02 01:00Z'), pg_temp.at(:m5, '2026-01-02 02:00Z'), pg_temp.at(:w1, '2026-01-02 05:00Z') \gset
update chat.messages set flag = 'links', has_attachment = true where id = :m2;
update chat.counting set (epoch, counted_to, counted_from, is_building, next_id) = (null, 0, null, true, null);
delete from chat.daily_counts;
delete from chat.daily_answers;
-- Before httpd has counted for the first time.
select chat.recount_days('2026-01-02') \gset
select is((select (counted_from, from_day, is_building)::text from chat.counting), '(,-infinity,t)', 'there is nothing to count anew yet');
-- Somebody has taken an id, and has not committed: this is seen only after a while.
select is((select concat_ws(' ', d.outcome, d.has_more) from chat.count_days('1 minute') d), 'done f', 'the first call');
select is((select (is_building, built_up_to)::text from chat.counting), '(t,-1)', 'waits for those who write now');
select is(pg_temp.of_day('2026-01-02', 0), null, 'and has counted nothing');
select is((select concat_ws(' ', d.outcome, d.has_more) from chat.count_days('0') d), 'done f', 'as long as one of them is there');
select is((select (is_building, built_up_to)::text from chat.counting), '(t,-1)', 'so does the next one');
select is(pg_temp.count(), 'done', 'then all messages are looked at');
select is(pg_temp.of_day('2026-01-01', :abbey), '1 1 1 0 0 0 0 0', 'a day in UTC');
select is(pg_temp.of_day('2026-01-02', :abbey), '0 4 2 2 1 1 0 0', 'by whom, with files, flagged');
select is(pg_temp.of_day('2026-01-02', :chapel), '1 1 1 0 0 0 0 0', 'each church');
select is(pg_temp.of_day('2026-01-02', 0), '1 5 3 2 1 1 0 0', 'and all');
select is(pg_temp.answers(), '1 94 1', 'an answer after an hour, from the first message on; what staff add is none');
select ok(2 ^ (94 / 8.0) <= 3600 and 2 ^ (95 / 8.0) > 3600, 'which is the step of an hour');
select is((select array_agg(chat.waiting_step(v) order by n) from unnest(array['-1 s', '0', '1 s', '2 s', '1 day', '9 years']::interval[])
           with ordinality u (v, n)), '{0,0,0,8,131,200}'::smallint[], 'steps have a first one and a last one');
select is(pg_temp.count(), 'done', 'again there is nothing');
select is(pg_temp.of_day('2026-01-02', 0), '1 5 3 2 1 1 0 0', 'nothing is counted twice');

-- What is new.
select pg_temp.say(:eve, :talk) as m6, pg_temp.say(:ben, :stroll) as s1 \gset
select pg_temp.count() \gset
select pg_temp.count() \gset
select is(pg_temp.of_day(:'today', :abbey), '1 2 1 1 0 0 0 0', 'new messages come into the counts');
select is((select count(*) from chat.daily_answers a where a.day = :'today'), 1::bigint, 'and answers');
select is((select counted_to from chat.counting), :s1::bigint, 'up to the newest');
select is((select next_id from chat.counting), :s1::bigint, 'and the next call knows from where to go on');
update chat.counting set next_at = clock_timestamp();
select pg_temp.say(:ben, :stroll) as s2 \gset
select is((select outcome from chat.count_days('1 minute')), 'done', 'what is not settled');
select is(pg_temp.of_day(:'today', :abbey), '1 2 1 1 0 0 0 0', 'waits');
update chat.counting set next_at = null, next_id = null;
select is((select outcome from chat.count_days('0')), 'done', 'what a transaction may still hold');
select is((select counted_to from chat.counting), :s1::bigint, 'waits, too');
update chat.counting set next_at = next_at - interval '4 minutes';
select is((select outcome from chat.count_days('0')), 'done', 'but not for ever');
select is((select counted_to from chat.counting), :s2::bigint, 'so the counts do not get old');
select is(pg_temp.of_day(:'today', :abbey), '1 3 2 1 0 0 0 0', 'with the message');

-- Deliveries.
insert into chat.outbox (conversation_id, user_id, kind, state, due_at, done_at)
values (:talk, :ada, 'email', 'sent', now(), clock_timestamp()), (:talk, :ada, 'push', 'sent', now(), clock_timestamp()),
       (:talk, :eve, 'push', 'sent', now(), clock_timestamp()), (:talk, :eve, 'email', 'dead', now(), clock_timestamp());
select pg_temp.count() \gset
select pg_temp.count() \gset
select is((select mails || ' ' || pushes from chat.daily_counts where day = :'today' and church_id = 0), '1 2',
          'what was sent is counted once; what has failed is not');

-- Many of them in parts.
insert into chat.outbox (conversation_id, user_id, kind, state, due_at, done_at)
select :talk, :ada, 'email', 'sent', now(), timestamptz '2001-01-01' + n / 3 * interval '1 s' from generate_series(1, 4500) n;
update chat.counting set deliveries_to = '2001-01-01';
select is((select concat_ws(' ', d.outcome, d.has_more) from chat.count_days('0') d), 'done t', 'many deliveries are not counted at once');
select ok((select mails between 1990 and 2010 from chat.daily_counts where day = '2001-01-01' and church_id = 0), 'but some');
update chat.outbox set done_at = '2001-01-02' where done_at between '2001-01-01 00:20Z' and '2001-01-03';
update chat.daily_counts set mails = 0, pushes = 0 where day = :'today' and church_id = 0;
select is(pg_temp.count(), 'done', 'then the others');
select is((select sum(mails) from chat.daily_counts where day between '2001-01-01' and '2001-01-02'), 4500::bigint,
          'each once, and those of one moment together');
select is((select mails || ' ' || pushes from chat.daily_counts where day = :'today' and church_id = 0), '1 2', 'up to now');

-- What was deleted was there all the same; unless the days are counted anew.
select chat.delete_messages(array[:talk], array[:m5]) \gset
select pg_temp.count() \gset
select is(pg_temp.of_day('2026-01-02', 0), '1 5 3 2 1 1 0 0', 'a deleted message was there');
select chat.recount_days('2026-01-02') \gset
select is(pg_temp.of_day('2026-01-02', 0), null, 'counting anew begins with nothing');
select pg_temp.count() \gset
select is(pg_temp.of_day('2026-01-02', 0) || ', ' || pg_temp.of_day('2026-01-01', 0), '1 4 2 2 1 1 0 0, 1 1 1 0 0 0 0 0',
          'and ends with what is there now; days before stay');
select is((select mails || ' ' || pushes from chat.daily_counts where day = :'today' and church_id = 0), '1 2', 'and so do deliveries');

-- Another life of the database.
update chat.counting set epoch = 'another', next_id = 1, next_xid = '9999999999999';
update chat.daily_counts set messages = 77 where day = :'today';
select pg_temp.count() \gset
select is(pg_temp.of_day(:'today', :abbey), '1 3 2 1 0 0 0 0', 'after a restore the last days are counted again');
select ok((select built_up_to_id >= :s1::bigint and built_up_to = 0 from chat.counting), 'along the ids of the last ones');
-- While all are counted nothing of it is forgotten.
update chat.counting set is_building = true, from_day = '2026-01-02', built_up_to = 7;
select chat.recount_days('2026-02-01') \gset
select is((select (from_day, built_up_to)::text from chat.counting), '(2026-01-02,0)', 'counting anew what is being counted');
select pg_temp.count() \gset
select is(pg_temp.of_day('2026-01-02', 0), '1 4 2 2 1 1 0 0', 'counts it once');
update chat.counting set totals_at = '-infinity';
select pg_temp.count() \gset
select is((select (unread, flagged, attachments)::text from chat.counting),
          (select ((select sum(unread) from chat.unread_of_churches), (select count(*) from chat.messages where flag is not null),
                   (select count(*) from chat.attachments))::text), 'the totals');
-- Many attachments are not all read for their size.
set local chat.follow = off;
insert into chat.messages (conversation_id, seq, sender_id, from_church, content, created_at)
select :talk, 1000 + n, :ada, false, 'x', now() from generate_series(1, 10500) n;
insert into chat.attachments (conversation_id, message_id, name, kind, content_type, size_bytes, sha256, file)
select m.conversation_id, m.id, 'x', 'other', 'text/plain', 100, sha256(''), md5('many ' || m.id)
from chat.messages m where m.conversation_id = :talk and m.seq > 1000;
update chat.counting set totals_at = '-infinity';
select pg_temp.count() \gset
select ok((select attachments > 10000 and attachment_bytes between attachments * 50 and attachments * 200 from chat.counting), 'a sample of many');
select * from finish();
rollback;
