create or replace function chat.is_news(row_xmin xid, snapshot pg_snapshot) returns boolean
language plpgsql stable as $$
declare
    newest bigint := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
    written bigint := newest - ((newest - row_xmin::text::bigint) & 4294967295);
begin
    if written < pg_snapshot_xmin(snapshot)::text::bigint then
        return false;
    end if;
    if written >= pg_snapshot_xmax(snapshot)::text::bigint
       or not pg_visible_in_snapshot(written::text::xid8, snapshot) then
        return true;
    end if;
    -- Visible by its number; but that may be the number of a subtransaction (a savepoint), whose transaction had
    -- not ended.
    return not exists (select from chat.events e where e.xid = written::text::xid8);
end $$;

comment on function chat.is_news(xid, pg_snapshot) is
'Whether a row version with this xmin was invisible to an earlier snapshot, which must be one of the last two
thousand million transactions. True when that cannot be known.';
