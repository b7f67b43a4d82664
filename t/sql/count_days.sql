-- What happened on each day, and how long members waited for answers.
begin;
\ir lib/people.sql
-- Another test may hold the row, and then this would find somebody else at work.
select only_row from chat.counting for update \gset
select plan(27);
create function pg_temp.count() returns text language sql as $$
    -- In one transaction none has ended meanwhile.
    update chat.counting set next_xid = '3';
    select concat_ws(' ', d.outcome, case when d.has_more then 'more' end) from chat.count_days('0') d
$$;
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
update chat.counting set (epoch, counted_to, counted_from, is_building) = (null, 0, null, true);
delete from chat.daily_counts;
delete from chat.daily_answers;
select is(pg_temp.count(), 'done', 'all messages are looked at');
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
update chat.counting set totals_at = '-infinity';
select pg_temp.count() \gset
select is((select (unread, flagged, attachments)::text from chat.counting),
          (select ((select sum(unread) from chat.unread_of_churches), (select count(*) from chat.messages where flag is not null),
                   (select count(*) from chat.attachments))::text), 'the totals');
select * from finish();
rollback;
