begin;
\ir lib/people.sql
select plan(58);

-- A list may have hostile filters, whatever C lets through: they are values.
select pg_temp.person('Ada') as ada, pg_temp.person('O''Neil') as neil, pg_temp.church('Abbey') as abbey \gset
select pg_temp.talk(:ada, :abbey) as talk \gset
select pg_temp.say(:ada, :talk, 'hello') as m1, pg_temp.say(:ada, :talk, 'again') as m2 \gset

select lives_ok(format('select * from chat.admin_items(%L, %L, %L, 10, null, null)', k, '{}', '-id'), 'a list of the kind ' || k)
from unnest(array['user', 'church', 'staff', 'conversation', 'message', 'attachment', 'notification', 'delivery', 'audit']) k;
select lives_ok(format('select * from chat.admin_items(%L, %L, %L, 10, null, null)', 'user', jsonb_build_object('q', q), 'name'), q)
from unnest(array[''' or true --', '\', '%', '_', '$$', '"', E'\n', '%1$s']) q;
select throws_ok($$select * from chat.admin_items('user', '{"1=1 or id": "7"}', '-id', 10, null, null)$$, 'P0001', null, 'a filter that is none');
select throws_ok($$select * from chat.admin_items('user', '{}', 'id; drop table chat.users', 10, null, null)$$, '20000', null, 'an order that is none');
select throws_ok($$select * from chat.admin_kind('nothing')$$, '20000', null, 'a kind that is none');
select is_empty(format('select * from chat.admin_items(''message'', %L, ''-id'', 10, null, null)', '{"conversation_id": "0"}'), 'of nothing');
select results_eq(format('select id from chat.admin_items(''message'', %L, ''-id'', 10, %s, null)',
                         jsonb_build_object('conversation_id', :talk), :m2), array[:m1::bigint], 'after a cursor');
select is((select m.id from chat.messages m where m.id = chat.first_message_since('-infinity')
           or m.id > chat.first_message_since('-infinity') order by 1 limit 1), (select min(id) from chat.messages), 'all are later than the beginning');
select is(chat.first_message_since('infinity'), (select max(id) + 1 from chat.messages), 'and none than the end');

-- Of more than can be counted, the days are those that were counted before.
select pg_temp.church('Many') as many \gset
insert into chat.daily_counts (church_id, day, messages, conversations, flagged, attachments)
values (:many, '2024-02-03', 7000, 3, 1, 0), (:many, '2024-02-04', 8000, 4, 0, 2), (:many, '2025-01-01', 1, 1, 0, 0);
update chat.counting set is_building = false;
select is(d.count || ': ' || d.dates, '15001: {"year":2024,"count":15000},{"year":2025,"count":1}', 'messages by year')
from chat.admin_days('message', jsonb_build_object('church_id', :many)) d;
select is(d.dates, '{"day":3,"count":3},{"day":4,"count":4}', 'conversations by day')
from chat.admin_days('conversation', jsonb_build_object('church_id', :many, 'year', '2024', 'month', '2')) d;
select is(d.dates, '{"month":2,"count":2}', 'files by month')
from chat.admin_days('message', jsonb_build_object('church_id', :many, 'year', '2024', 'has_attachment', true)) d;
select is(d.dates, '{"day":3,"count":1}', 'flagged ones of a day')
from chat.admin_days('message', jsonb_build_object('church_id', :many, 'year', '2024', 'month', '2', 'day', '3', 'flag', 'any')) d;
select is(s.count || s.count_is || s.dates, '15001about[{"year":2024,"count":15000},{"year":2025,"count":1}]', 'so a list has them')
from chat.admin_summary('message', jsonb_build_object('church_id', :many)) s;
select is(s.count || s.count_is || s.dates, '0exact[]', 'and fewer are counted')
from chat.admin_summary('conversation', jsonb_build_object('church_id', :many)) s;
select is(d.dates, null, 'of unread ones nothing is known')
from chat.admin_days('message', jsonb_build_object('church_id', :many, 'unread', true)) d;
insert into chat.outbox (conversation_id, user_id, kind, state, due_at, created_at, done_at)
select :talk, :ada, 'push', 'dropped', now(), timestamptz '2024-02-01' + n * interval '1 min', now() from generate_series(1, 10050) n;
select is(s.count || s.count_is, '10000at_least', 'more than are counted') from chat.admin_summary('delivery', '{"kind": "push", "year": "2024"}') s;
select is(c.is_whole and c.count = 10050 and c.units[2024] = 10050, true, 'all that there are, in parts')
from chat.admin_count('delivery', '{"kind": "push", "year": "2024"}', 'year', 20000) c;
update chat.counting set is_building = true;
select is(d.dates, null, 'nor before all are counted') from chat.admin_days('message', jsonb_build_object('church_id', :many)) d;
-- Where ids grow with times, a span of time is one of ids; elsewhere it is all.
create temporary table made as select n as id, timestamptz '2024-01-01' + n * interval '1 min' as created_at from generate_series(1, 90000) n;
create index on made (id);
select is(i.lowest || '-' || i.beyond, '1380-2940', 'a day, and an hour before and after it')
from chat.ids_of_period('made', '2024-01-02', '2024-01-03') i;
update made set created_at = created_at - interval '1 year' where id between 40000 and 60000;
select is(i.lowest || '-' || i.beyond, '1-90001', 'no order') from chat.ids_of_period('made', '2024-01-02', '2024-01-03') i;
create temporary table few as select n as id, timestamptz '2024-01-01' as created_at from generate_series(1, 9000) n;
update few set created_at = '2020-01-01' where id = 777;
select is(i.lowest || '-' || i.beyond, '1-9001', 'of a small table nothing is missing')
from chat.ids_of_period('few', '2020-01-01', '2020-01-02') i;
-- Whether a word is met on the way from the newest message, or asked of the index: what is found is the same.
select pg_temp.person('Vera') as vera, pg_temp.person('Zoe') as zoe, pg_temp.church('Chapel') as chapel \gset
select pg_temp.talk(:vera, :chapel) as vera_talk, pg_temp.talk(:zoe, :chapel) as zoe_talk \gset
insert into chat.messages (conversation_id, id, seq, sender_id, from_church, content, flag, created_at)
select case when n % 2 = 0 then :vera_talk else :zoe_talk end, 1000000 + n, n, case when n % 2 = 0 then :vera else :zoe end, false,
       concat_ws(' ', 'hello', case when n % 3 = 0 then 'third' end, case when n % 50 = 0 then 'rare' end),
       case when n % 30 = 0 then 'links' end, timestamptz '2026-03-01' + n * interval '1 h'
from generate_series(1, 300) n;
select chat.index_these(array_agg(m.conversation_id), array_agg(m.id), 'simple')
from chat.messages m where m.id between 1000001 and 1000300 \g /dev/null
update chat.search_state set indexed_at = now();
-- On a busy machine the time for counting may be over before all are counted.
create function pg_temp.found(filters jsonb, order_by text, after_id bigint) returns text language plpgsql volatile as $$
declare
    said text;
begin
    for tries in 1 .. 50 loop
        select array[s.count::text, s.count_is, s.dates]::text into said from chat.admin_summary('message', filters) s;
        exit when said not like '%at_least%';
    end loop;
    return (select array_agg(i.id order by i.n)::text || said || chat.admin_ids('message', filters, after_id, 20)::text
            from chat.admin_items('message', filters, order_by, 20, after_id, null) with ordinality i (item, id, key, n));
end $$;
create temporary table asked as
select f.filters::jsonb || case when f.filters ? 'sender_id' then jsonb_build_object('sender_id', :vera) else '{}' end as filters, o.order_by, a.after_id
from unnest(array['{"q":"+ third"}', '{"q":"+ rare","flag":"links"}', '{"q":"+ hello","sender_id":1}', '{"sender_id":1}',
                  '{"q":"+ hello","year":2026,"month":3,"day":5}', '{"q":"+ nothing"}']::jsonb[]) f (filters),
     (values ('-id', null), ('-id', 1000200), ('id', 1000100)) o (order_by, after), lateral (select o.after::bigint) a (after_id);
create function pg_temp.decide(frequent boolean) returns void language plpgsql as $$
declare
    definition text := pg_get_functiondef('chat.admin_source'::regproc);
begin
    if position('if frequent then' in definition) = 0 then
        raise 'chat.admin_source() decides otherwise';
    end if;
    execute replace(definition, 'if frequent then', format('if %L then', frequent));
end $$;
create temporary table definition as select pg_get_functiondef('chat.admin_source'::regproc) as sql;
select pg_temp.decide(false);
create temporary table by_index as select a.*, pg_temp.found(a.filters, a.order_by, a.after_id) as found from asked a;
do 'begin execute (select d.sql from definition d); end';
select pg_temp.decide(true);
select is(pg_temp.found(b.filters, b.order_by, b.after_id), b.found, concat_ws(' ', b.filters, b.order_by, b.after_id)) from by_index b;
-- Where many have a word, it is the index that counts them; of very many, the statistics.
insert into chat.messages (conversation_id, id, seq, sender_id, from_church, content, created_at)
select :vera_talk, 2000000 + n, 1000 + n, :vera, false, 'often', timestamptz '2026-04-01' from generate_series(1, 1200) n;
select chat.index_these(array_agg(m.conversation_id), array_agg(m.id), 'simple')
from chat.messages m where m.id > 2000000 \g /dev/null
analyze chat.message_words;
select is(s.count || s.count_is || s.dates, '1200exact[{"year":2026,"count":null}]', 'counted, without dates')
from chat.admin_summary('message', '{"q":"+ often"}') s;
create or replace function chat.admin_hits(words tsquery, out hits double precision, out is_estimate boolean) language sql
as 'select case when numnode(words) = 1 then 12345.6 else 1200 end::double precision, numnode(words) = 1';
select is(s.count || s.count_is, '12346about', 'not counted') from chat.admin_summary('message', '{"q":"+ often"}') s;
select is(s.count || s.count_is, '1200exact', 'but where the church is asked for, too')
from chat.admin_summary('message', jsonb_build_object('q', '+ often', 'church_id', :chapel)) s;
select * from finish();
rollback;
