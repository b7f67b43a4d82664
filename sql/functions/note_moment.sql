create or replace function chat.note_moment() returns void language plpgsql as $$
declare
    last_one chat.moments;
begin
    select * into last_one from chat.moments m order by m.xid desc limit 1;
    -- At most one row in ten seconds, and none while nothing is written.
    if last_one.at > now() - interval '10 seconds' and last_one.at <= now()
       or pg_snapshot_xmax(pg_current_snapshot())::text::numeric <= last_one.xid::text::numeric + 1 then
        return;
    end if;
    insert into chat.moments (xid, oldest, at)
    values (pg_current_xact_id(), pg_snapshot_xmin(pg_current_snapshot()), now())
    on conflict do nothing;
    delete from chat.moments m
    where m.at < now() - interval '1 day' and m.xid <> last_one.xid;
    perform chat.trim_unindexed();
end $$;

comment on function chat.note_moment() is
'Records the current transaction number and time in chat.moments, for chat.since(). Feeds call it every few
seconds; it writes one row in ten seconds at most, and none while nothing else writes. Then chat.trim_unindexed().';
