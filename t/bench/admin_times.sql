-- How long PostgreSQL takes for a list of the administration, over the data of search.sql and admin.sql: a line for each
-- kind of question with its budget, how many were asked, median and 95th percentile in ms, and the latter of the backend's
-- CPU; each kind is asked :asks times with drawn values, if :only, a pattern, finds it. t/bench/run passes the statements, too.
-- For a superuser, who may read what the backend has used.
\set ON_ERROR_STOP on
set client_min_messages = warning;
set jit = off;
\ir search_word.sql
prepare listed as :list;
prepare found as :item;
prepare stats as :stats;
create function pg_temp.cpu_ms() returns double precision language sql as $$
    select split_part(pg_read_file('/proc/self/schedstat', 0, 100), ' ', 1)::double precision / 1e6
$$;
create function pg_temp.measure(command text, out ms double precision, out cpu_ms double precision) language plpgsql as $$
declare
    began timestamptz := clock_timestamp();
begin
    cpu_ms := pg_temp.cpu_ms();
    execute command;
    cpu_ms := pg_temp.cpu_ms() - cpu_ms;
    ms := 1000 * extract(epoch from clock_timestamp() - began);
end $$;
create function pg_temp.list(kind text, filters jsonb, order_by text, after_id bigint, after_key text) returns text language sql as $$
    select format('execute listed (%L, %L, %L, 101, %L, %L)', kind, filters, order_by, after_id, after_key)
$$;
select setseed(0.5) \g /dev/null
create temporary table numbers as select max(id) as messages, max(id) / 20 as conversations, greatest(50, max(id) / 4000) as churches from chat.messages;
create temporary table kinds (kind text primary key, objects bigint);
insert into kinds
select v.kind, v.objects from numbers n, lateral (values ('user', n.conversations), ('church', n.churches), ('staff', 30 * n.churches),
    ('conversation', n.conversations), ('message', n.messages), ('attachment', n.messages / 100),
    ('notification', n.conversations), ('delivery', n.messages / 10), ('audit', n.messages / 10)) v (kind, objects);
create function pg_temp.of(upper bigint) returns text language sql volatile as $$ select (1 + floor(random() * upper))::bigint::text $$;
-- A value to filter by; null where nothing is drawn.
create function pg_temp.filters(of_kind text, name text, n numbers) returns jsonb language sql volatile as $$
    select jsonb_build_object(name, case of_kind || ' ' || name
        when 'user is_active' then 'false' when 'user role' then 'staff' when 'user email_state' then 'ok'
        when 'user q' then 'user ' || pg_temp.of(n.conversations / 10)
        when 'church is_active' then 'true' when 'church q' then 'church ' || pg_temp.of(9)
        when 'staff role' then 'manager' when 'staff user_id' then pg_temp.of(10 * n.churches) when 'staff q' then 'user ' || pg_temp.of(10 * n.churches)
        when 'conversation unread' then 'true' when 'conversation blocked' then 'true' when 'conversation flagged' then 'true'
        when 'conversation empty' then 'true' when 'conversation q' then 'user ' || pg_temp.of(n.conversations / 10)
        when 'message flag' then 'any' when 'message unread' then 'true' when 'message has_attachment' then 'true'
        when 'message q' then '+ ' || pg_temp.word(exp(random() * ln(75000))::integer)
        when 'attachment type' then 'image' when 'attachment min_size' then pg_temp.of(1000000) when 'attachment scanned' then 'true'
        when 'attachment content_type' then 'application/pdf'
        when 'delivery kind' then 'push' when 'delivery state' then (array['due', 'sent', 'dropped', 'dead'])[1 + floor(random() * 4)]
        when 'audit username' then 'admin' || floor(random() * 20) when 'audit action' then 'change' when 'audit object_kind' then 'conversation'
        else case name when 'church_id' then pg_temp.of(n.churches) else pg_temp.of(n.conversations) end end)
        || case when of_kind = 'audit' and name = 'object_id' then '{"object_kind":"conversation"}' else '{}' end::jsonb
$$;
create temporary table asked (place serial, budget integer, shape text, command text);
insert into asked (budget, shape, command)
select 50, 'list ' || k.kind || ': first page', pg_temp.list(k.kind, '{}', '-id', null, null)
from generate_series(1, :asks) a, kinds k order by k.kind;
insert into asked (budget, shape, command)
select 50, 'list ' || k.kind || ': a page inside', pg_temp.list(k.kind, '{}', '-id', pg_temp.of(k.objects)::bigint, null)
from generate_series(1, :asks) a, kinds k order by k.kind;
insert into asked (budget, shape, command)
select 50, 'list ' || k.kind || ' by name: ' || p.page, pg_temp.list(k.kind, '{}', 'name', case p.page when 'inside' then 1 end,
    case p.page when 'inside' then k.kind || ' ' || pg_temp.of(k.objects) end)
from generate_series(1, :asks) a, kinds k, (values ('first'), ('inside')) p (page) where k.kind in ('user', 'church') order by k.kind, 2;
insert into asked (budget, shape, command)
select 100, f.kind || ' ' || f.name, pg_temp.list(f.kind, pg_temp.filters(f.kind, f.name, n), '-id', null, null)
from (select k.kind, unnest(string_to_array(case k.kind
          when 'user' then 'is_active role email_state q' when 'church' then 'is_active q' when 'staff' then 'church_id user_id role q'
          when 'conversation' then 'church_id member_id unread blocked flagged empty q'
          when 'message' then 'church_id conversation_id sender_id flag unread has_attachment q'
          when 'attachment' then 'conversation_id type content_type min_size scanned' when 'notification' then 'church_id member_id'
          when 'delivery' then 'kind state user_id conversation_id' when 'audit' then 'username action object_kind object_id' end, ' ')) as name
      from kinds k order by k.kind) f, numbers n, generate_series(1, :asks) a;
insert into asked (budget, shape, command)
select 100, 'dates of ' || k.kind || ': ' || u.unit, pg_temp.list(k.kind,
    jsonb_build_object('year', '2026') || case when u.unit = 'year' then '{}' else jsonb_build_object('month', pg_temp.of(4)) end
    || case when u.unit = 'day' then jsonb_build_object('day', pg_temp.of(28)) else '{}' end, '-id', null, null)
from kinds k, (values ('day'), ('month'), ('year')) u (unit), generate_series(1, :asks) a
order by k.kind, u.unit;
insert into asked (budget, shape, command)
select 50, 'item ' || k.kind, format('execute found (%L, %L)', k.kind, pg_temp.of(k.objects)) from kinds k, generate_series(1, :asks) a order by k.kind;
insert into asked (budget, shape, command)
select 20, 'statistics of ' || d.days || ' days', format('execute stats (%s)', d.days) from (values (30), (90), (365)) d (days), generate_series(1, :asks) a order by d.days;
create temporary table taken as
select a.place, a.budget, a.shape, m.* from (select * from asked where shape ~ :'only' order by place) a, pg_temp.measure(a.command) m;
\pset format unaligned
\pset tuples_only on
select shape, budget, count(*), round(percentile_cont(0.5) within group (order by ms)::numeric, 1),
       round(percentile_cont(0.95) within group (order by ms)::numeric, 1),
       round(percentile_cont(0.95) within group (order by cpu_ms)::numeric, 1)
from taken group by shape, budget order by min(place);
