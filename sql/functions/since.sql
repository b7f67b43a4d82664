create or replace function chat.since(
    question text, out at timestamptz, out snapshot pg_snapshot)
language plpgsql stable as $$
declare
    first_late xid8; -- no transaction before it was committed later
begin
    if strpos(question, ' ') > 0 then
        if split_part(question, ' ', 1) <> chat.current_epoch() then
            return; -- of another life: everything is news
        end if;
        snapshot := split_part(question, ' ', 2)::pg_snapshot;
        first_late := pg_snapshot_xmin(snapshot);
        at := now() - interval '30 seconds';
    else
        at := question::timestamptz;
        if at > now() + interval '1 day' then
            return;
        end if;
        select m.oldest into first_late from chat.moments m where m.at <= since.at order by m.at desc limit 1;
        if not found then
            at := at - interval '1 hour';
            return;
        end if;
    end if;
    -- What was not committed then was written after the newest moment that is not after all of it.
    at := least(at, coalesce((select m.at from chat.moments m where m.xid <= first_late order by m.xid desc limit 1),
                             '-infinity'));
    -- The clock may have been set back meanwhile.
    at := least(at, (select min(m.at) from chat.moments m where m.xid >= first_late) - interval '30 seconds');
end $$;

comment on function chat.since(text) is
'From which updated_at on a list has all that has changed since somebody has asked.
Arguments: a timestamp, the newest updated_at that was seen; or an epoch and a snapshot ("e 7:9:8"), of an
answer (its "sync").
What commits late has an older updated_at than what was seen before it. With a timestamp the list begins
so much earlier that nothing is left out, and some is told again. With a snapshot the rows are then
told apart by chat.is_news(). A snapshot of another epoch: nulls, the list from its beginning.';
