create or replace function chat.first_message_since(of_time timestamptz) returns bigint
language plpgsql stable strict as $$
declare
    -- Messages up to low are older, those from high on are not.
    low  bigint := 0;
    high bigint := coalesce((select max(m.id) from chat.messages m), 0) + 1;
    mid  bigint;
    one  record;
begin
    while low + 1 < high loop
        mid := low + (high - low) / 2;
        select m.id, m.created_at into one
        from chat.messages m where m.id >= mid and m.id < high order by m.id limit 1;
        if one.id is null or one.created_at >= of_time then
            high := mid;
        else
            low := one.id;
        end if;
    end loop;
    return high;
end $$;

comment on function chat.first_message_since(timestamptz) is
'An id from which on, and only from there on, messages are not older than this time, as messages have no index by time.
Later messages have higher ids; some that were sent in the same moment may be in another order, and a caller looks at a
minute more. Locks: none.';
