create or replace function chat.current_snapshot()
returns table (epoch text, xmin bigint, snapshot text)
language sql stable rows 1 as $$
    select (select lpad(to_hex(hashtextextended(concat_ws('.', e.id, e.tableoid,
                coalesce(nullif(current_setting('chat.server', true), ''), chat.server_identity()),
                case when pg_is_in_recovery() then chat.standby_timeline()
                     else substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) end), 0)), 16, '0')
            from chat.epoch e),
           pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
           pg_current_snapshot()::text
$$;

comment on function chat.current_snapshot() is
'The moment at which an answer was read: the epoch, as chat.current_epoch() gives it; the number
before which all transactions had ended; the snapshot. PostgreSQL expands it in the statement that calls it, and
leaves out what that does not use.';
