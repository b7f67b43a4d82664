-- Few of very many objects may be what filters find, and none of an index may know which. So it looks at spans of ids, the
-- newest first, which grow while they are quick, and ends after a time.
create or replace function chat.admin_count(
    kind text, filters jsonb, unit text, most bigint, out count bigint, out is_whole boolean, out units integer[])
language plpgsql stable as $$
declare
    work_for constant interval := '25 ms';
    -- Ids that are looked at, however long it takes; each with its words takes longer.
    sure constant bigint := case when kind = 'message' and filters ? 'q' then 4000 else 20000 end;
    begun_at constant timestamptz := clock_timestamp();
    -- What these find has an index, or is soon found: with words and senders, chat.admin_source() knows.
    quick constant boolean := case
        when kind = 'message' and filters ?| array['q', 'sender_id'] then false
        when filters ?| array['church_id', 'member_id', 'conversation_id', 'user_id', 'object_id', 'q', 'blocked', 'empty',
                              'selection', 'flag'] then true
        when kind = 'notification' then filters = '{}'
        when kind = 'user' then filters = '{"is_active": false}' or filters = '{"is_active": "false"}'
            or filters - array['year', 'month', 'day'] = '{}'
        else filters ->> 'state' <> 'sent' end;
    source constant text := chat.admin_source(kind, filters, null);
    k record;
    query text;
    found record;
    lowest bigint := 1;
    newest bigint;
    high bigint;
    low bigint;
    span bigint := 10000;
    span_at timestamptz;
begin
    count := 0;
    select * into k from chat.admin_kind(kind);
    query := format(
        'select u.unit, count(*)::integer as n
         from (select extract(%1$s from %2$s at time zone ''UTC'')::integer as unit
               from %3$s where %4$s and %5$s limit $3) u group by u.unit',
        unit, k.created, source, chat.admin_condition(kind, filters, source = k.source),
        -- The history of an object has the ids of its rows, and a span of all ids would seem to be fewer.
        case when filters ? 'object_id' then 'true' else format('%1$s > $1 and %1$s <= $2', k.id) end);
    if source <> k.source or quick then
        newest := 9223372036854775807;
        span := newest;
    elsif kind = 'message' and filters ? 'year' then
        select chat.first_message_since(p.begins - interval '1 minute'), chat.first_message_since(p.ends + interval '1 minute') - 1
        into lowest, newest
        from chat.admin_period(filters) p;
    elsif filters ? 'year' and kind in ('conversation', 'attachment', 'delivery', 'audit') then
        select i.lowest, i.beyond - 1 into lowest, newest
        from chat.admin_period(filters) p cross join chat.ids_of_period(k.relation, p.begins, p.ends) i;
    else
        execute format('select min(o.id), max(o.id) from %s o', coalesce(k.relation, 'chat.conversations'))
        into lowest, newest;
    end if;
    high := newest;
    while count <= most and high >= lowest loop
        span_at := clock_timestamp();
        exit when span_at > begun_at + work_for and newest - high >= sure;
        low := greatest(high - span, lowest - 1);
        for found in execute query using low, high, most + 1 - count loop
            units[found.unit] := coalesce(units[found.unit], 0) + found.n;
            count := count + found.n;
        end loop;
        high := low;
        span := case when clock_timestamp() < span_at + interval '5 ms' then least(span, 1000000000000000) * 4
                     when clock_timestamp() > span_at + interval '15 ms' then greatest(span / 2, 5000) else span end;
    end loop;
    is_whole := count <= most and (newest is null or high < lowest);
end $$;

comment on function chat.admin_count(text, jsonb, text, bigint) is
'Counts what a list of the administration has, by year, month or day.
Arguments: the kind of the objects and the filters, as of chat.admin_condition(); the unit; how many are enough. Locks:
none.
Result: how many were found; whether these are all: at least the newest 20,000 ids are looked at, or 4,000 with words,
and more in some 25 ms; the counts, of which the index is the year, the month or the day; null where nothing was found.';
