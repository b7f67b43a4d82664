create or replace function chat.since(
    question text, out at timestamptz, out snapshot pg_snapshot)
language plpgsql stable as $$
declare
    first_late xid8; -- all transactions before it had ended
begin
    if strpos(question, ' ') > 0 then
        if split_part(question, ' ', 1) <> chat.current_epoch() then
            return; -- another epoch: everything is new
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
    -- Transactions that had not ended began after the newest recorded moment that is before all of them.
    at := least(at, coalesce((select m.at from chat.moments m where m.xid <= first_late order by m.xid desc limit 1),
                             '-infinity'));
    -- The clock may have been set back since.
    at := least(at, (select min(m.at) from chat.moments m where m.xid >= first_late) - interval '30 seconds');
end $$;

comment on function chat.since(text) is
'The updated_at from which on a list has all that has changed since an earlier answer.
Arguments: a timestamp, the newest updated_at of that answer; or its epoch and snapshot ("e 7:9:8", its "sync").
A transaction that commits late has an older updated_at than rows that were seen before. With a timestamp the
list begins early enough that nothing is missing, and some rows are repeated. With a snapshot chat.is_news()
then tells which rows are new. For a snapshot of another epoch: nulls, the list from its beginning.';
