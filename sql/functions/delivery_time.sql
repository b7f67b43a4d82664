create or replace function chat.delivery_time(
    earliest timestamptz, digest_at time, quiet_from time, quiet_to time, zone text)
returns timestamptz
language plpgsql stable as $$
declare
    here timestamp; -- on the wall there
begin
    if digest_at is null and quiet_from is null then
        return earliest;
    end if;
    here := chat.time_in_zone(earliest, zone);
    if digest_at is not null then
        here := here::date + digest_at + case when here::time > digest_at then interval '1 day' else interval '0' end;
    end if;
    if quiet_from < quiet_to and here::time >= quiet_from and here::time < quiet_to then
        here := here::date + quiet_to;
    elsif quiet_from > quiet_to and here::time >= quiet_from then
        here := here::date + 1 + quiet_to;
    elsif quiet_from > quiet_to and here::time < quiet_to then
        here := here::date + quiet_to;
    end if;
    return greatest(earliest, chat.time_in_zone(here, zone));
end $$;

comment on function chat.delivery_time(timestamptz, time, time, time, text) is
'When a reader may be notified at the earliest.
Arguments: not before; the time of the digest, or null for at once; the quiet hours, which may pass midnight, or nulls;
the reader''s time zone, or null for that of the database.';
