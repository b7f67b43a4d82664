create or replace function chat.admin_summary(
    kind text, filters jsonb, out count bigint, out count_is text, out dates text)
language plpgsql stable as $$
declare
    most   constant bigint := 10000;
    k      record;
    period record;
    oldest timestamp;
    newest timestamp;
begin
    select * into k from chat.admin_kind(kind);
    select * into period from chat.admin_period(filters);
    count_is := 'about';
    if filters = '{}' then
        count := (select c.reltuples from pg_class c where c.oid = k.relation);
    end if;
    if count is null or count <= most then
        execute format(
            'select sum(u.count), string_agg(format(''{"%1$s":%%s,"count":%%s}'', u.unit, u.count), '','' order by u.unit)
             from (select extract(%1$s from f.created_at at time zone ''UTC'')::integer as unit, count(*) as count
                   from (select %2$s as created_at from %3$s where %4$s limit %5$s) f group by 1) u',
            period.unit, k.created, chat.admin_source(kind, filters, false),
            chat.admin_condition(kind, filters, false), most + 1)
        into count, dates;
        count := coalesce(count, 0);
        count_is := case when count > most then 'at_least' else 'exact' end;
        count := least(count, most);
    end if;
    -- Too many to be counted: the units of time in which there may be some.
    if count_is <> 'exact' then
        execute format(
            'select (select %1$s from %2$s order by %3$s limit 1) at time zone ''UTC'',
                    (select %1$s from %2$s order by %3$s desc limit 1) at time zone ''UTC''', k.created, k.source, k.id)
        into oldest, newest;
        select string_agg(format('{"%s":%s,"count":null}', period.unit, date_part(period.unit, g.at)), ',' order by g.at)
        into dates
        from generate_series(
            date_trunc(period.unit, greatest(oldest, period.begins at time zone 'UTC')),
            least(newest, period.ends at time zone 'UTC' - interval '1 microsecond'), ('1 ' || period.unit)::interval) g (at);
    end if;
    dates := '[' || coalesce(dates, '') || ']';
end $$;

comment on function chat.admin_summary(text, jsonb) is
'How many objects a list of the administration has, and when they were made.
Arguments: as those of chat.admin_items(). Locks: none.
Result: the number; exact, at_least (of more than 10,000 so many are counted) or about (of all objects, of the
statistics); by year, by month within the year that was asked for, by day within its month, as JSON, with a count of
null where there are too many to be counted.';
