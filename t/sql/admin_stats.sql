begin;
\ir lib/people.sql
select only_row from chat.counting for update \gset
select plan(16);
create function pg_temp.stats(days integer) returns jsonb language sql as $$ select chat.admin_stats(days)::jsonb $$;
select (now() at time zone 'UTC')::date as today, (now() at time zone 'UTC')::date - 2 as before \gset
delete from chat.daily_counts;
delete from chat.daily_answers;
update chat.counting set unread = 7, flagged = 3, attachments = 2, attachment_bytes = 5000000000, counted_at = '2026-01-02 03:04:05.6Z', is_building = false;
select is(pg_temp.stats(30) -> 'first_answer_seconds', '{"p50": null, "p90": null}', 'nobody has answered');
select is(jsonb_array_length(pg_temp.stats(30) -> 'days'), 30, 'a row for each day');
select is(pg_temp.stats(1) -> 'days' -> 0 ->> 'date', :'today', 'today is the last one');
insert into chat.daily_counts (church_id, day, conversations, messages, by_members, by_staff, attachments, flagged, mails, pushes)
values (0, :'before', 1, 5, 3, 2, 1, 1, 4, 6), (7, :'before', 9, 9, 9, 9, 9, 9, 9, 9), (0, date :'before' - 1, 8, 8, 8, 8, 8, 8, 8, 8);
select is(pg_temp.stats(3) -> 'days' -> 0,
          jsonb_build_object('date', :'before', 'conversations', 1, 'messages', 5, 'by_members', 3, 'by_staff', 2, 'attachments', 1,
                             'flagged', 1, 'mails', 4, 'pushes', 6), 'a day of all churches');
select is(pg_temp.stats(3) -> 'days' -> 1 -> 'messages', '0', 'a day of which nothing was counted');
select is(pg_temp.stats(3) ->> 'as_of', '2026-01-02T03:04:05.600000Z', 'as of when');
select is((pg_temp.stats(3) -> 'totals') - array['users', 'churches', 'conversations', 'messages', 'push_subscriptions'],
          '{"unread": 7, "flagged": 3, "attachments": 2, "attachment_bytes": 5000000000}', 'what is summed up by the way');
select is((pg_temp.stats(3) -> 'totals' -> 'users')::bigint, (select count(*) from chat.users), 'users are counted');
insert into chat.daily_answers (day, step, answers)
select :'before', chat.waiting_step(n * interval '1 minute'), count(*) from generate_series(1, 1000) n group by 2;
insert into chat.daily_answers values (date :'before' - 1, 0, 100000);
select cmp_ok((pg_temp.stats(3) -> 'first_answer_seconds' -> 'p50')::float8, '>', 28500::float8, 'half of the answers');
select cmp_ok((pg_temp.stats(3) -> 'first_answer_seconds' -> 'p50')::float8, '<', 31500::float8, 'to a twelfth');
select cmp_ok((pg_temp.stats(3) -> 'first_answer_seconds' -> 'p90')::float8, '>', 51400::float8, 'nine of ten');
select cmp_ok((pg_temp.stats(3) -> 'first_answer_seconds' -> 'p90')::float8, '<', 56700::float8, 'likewise');
select is(pg_temp.stats(4) -> 'first_answer_seconds' -> 'p50', '1', 'of more days');
select is(pg_temp.stats(366) #> '{days,365,date}', to_jsonb(:'today'::text), 'a year');
select is((pg_temp.stats(1) -> 'outbox' ->> 'due')::bigint, (select count(*) from chat.outbox where state = 'due'), 'what is due');
insert into chat.users (username, display_name) select 'many ' || n, 'Many ' || n from generate_series(1, 10001) n;
select cmp_ok(chat.row_count('chat.users'), '>', 10000::bigint, 'of many rows, the statistics say how many');
select * from finish();
rollback;
