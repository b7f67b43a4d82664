create or replace function chat.admin_summary(
    kind text, filters jsonb, out count bigint, out count_is text, out dates text)
language plpgsql stable as $$
declare
    most    constant bigint := 10000;
    dated   constant bigint := 1000; -- messages with a word whose times are looked at
    words   constant tsquery := case when kind = 'message' and filters ? 'q'
                and filters - array['q', 'church_id', 'conversation_id', 'sender_id'] = '{}' then chat.admin_words(filters) end;
    hits    double precision; -- how many messages have the words
    is_estimate boolean;
    k       record;
    period  record;
    counted record;
    is_dated boolean := false;
    days_count bigint;
    days_dates text;
    oldest  timestamp;
    newest  timestamp;
begin
    select * into k from chat.admin_kind(kind);
    select * into period from chat.admin_period(filters);
    count_is := 'about';
    if filters = '{}' then
        count := (select c.reltuples from pg_class c where c.oid = k.relation);
    end if;
    if filters <> '{}' or count > most then
        select d.count, d.dates into days_count, days_dates from chat.admin_days(kind, filters) d;
    end if;
    if words is not null then
        select h.* into hits, is_estimate from chat.admin_hits(words) h;
    end if;
    if filters <> '{}' and days_count > most then
        count := days_count;
    elsif is_estimate and hits > most then
        count := hits;
    elsif hits > dated then -- the index knows without the messages
        if is_estimate then
            execute format('select count(*) from (select from chat.message_words w where w.search @@ %L::tsquery limit %s) w',
                           words, most + 1) into hits;
        end if;
        count := hits;
        count_is := case when count > most then 'at_least' else 'exact' end;
        count := least(count, most);
    elsif count is null or count <= most then
        select * into counted from chat.admin_count(kind, filters, period.unit, most);
        count := least(counted.count, most);
        count_is := case when counted.is_whole then 'exact' else 'at_least' end;
        is_dated := true;
    end if;
    if is_dated and count_is = 'exact' then
        select string_agg(format('{"%s":%s,"count":%s}', period.unit, u.unit, counted.units[u.unit]), ',' order by u.unit)
        into dates
        from generate_subscripts(counted.units, 1) u (unit)
        where counted.units[u.unit] > 0;
    else
        dates := days_dates;
    end if;
    -- Too many to be counted: the units of time in which there may be some.
    if dates is null and (count_is <> 'exact' or count > 0 and not is_dated) then
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
Result: the number; exact, at_least (of more than 10,000 so many are counted, or fewer where looking at all would take too
long) or about (of all objects and those with a frequent word, of the
statistics; or of chat.daily_counts); by year, by month within the year that was
asked for, by day within its month, as JSON: of more than can be counted those of chat.admin_days(), or with a count of
null.';
