create or replace function chat.ids_of_period(
    of_table regclass, begins timestamptz, ends timestamptz, out lowest bigint, out beyond bigint)
language plpgsql stable as $$
declare
    few constant bigint := 50000; -- ids, so that all are looked at soon enough
    points constant integer := 100;
    slack constant interval := '1 hour';
    ids bigint[];
    times timestamptz[];
    one record;
    low bigint;
    high bigint;
    middle bigint;
    found bigint[];
    of_time timestamptz;
begin
    execute format('select min(o.id), max(o.id) + 1 from %s o', of_table) into lowest, beyond;
    if beyond - lowest <= few then
        return;
    end if;
    -- Spread over the table, each object is made after the one before, or ids say nothing about times here.
    execute format(
        'select array_agg(o.id order by n), array_agg(o.created_at order by n)
         from generate_series(0, $3 - 1) n
         cross join lateral (select o.id, o.created_at from %s o
                             where o.id >= $1 + (($2 - $1) * n::numeric / $3)::bigint order by o.id limit 1) o', of_table)
    into ids, times using lowest, beyond, points;
    if exists (select from unnest(times, times[2:]) t (at, next_at) where t.next_at < t.at - slack) then
        return;
    end if;
    foreach of_time in array array[begins - slack, ends + slack] loop
        low := lowest - 1; -- is older than what is looked for
        high := beyond; -- is not
        while low + 1 < high loop
            middle := low + (high - low) / 2;
            execute format('select o.id::bigint, o.created_at from %s o where o.id >= $1 and o.id < $2 order by o.id limit 1', of_table)
            into one using middle, high;
            if one.id is null or one.created_at >= of_time then
                high := middle;
            else
                low := one.id;
            end if;
        end loop;
        found := array_append(found, high);
    end loop;
    lowest := found[1];
    beyond := found[2];
end $$;

comment on function chat.ids_of_period(regclass, timestamptz, timestamptz) is
'Between which ids the objects of a table are that were made in a span of time, as these tables have no index by it: ids
grow with times. These are all of a small table, and where they do not grow so, as after an import in another order; of a
large one, objects here and there that have another time than those around them may be missing.
Arguments: the table, which has the columns id, with an index, and created_at; the span of time, an hour more of which is
in it. Result: the first id, and the one after the last; null for an empty table. Locks: none.';
