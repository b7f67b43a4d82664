create or replace function chat.current_epoch() returns text language sql stable as $$
select lpad(to_hex(hashtextextended(concat_ws('.', e.id, e.tableoid,
    coalesce(nullif(current_setting('chat.server', true), ''), chat.server_identity()),
    case when pg_is_in_recovery() then chat.standby_timeline()
         else substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) end), 0)), 16, '0')
from chat.epoch e
$$;

comment on function chat.current_epoch() is
'The life of this database: what clients remember of it is worth nothing in another one. The text differs
after chat.renew_epoch(); when the schema was restored from a dump (the table has another oid); on another
cluster (system identifier); and after a standby was promoted or a backup was recovered (timeline).
The statements of the module have the same expression in them, which costs less than a call.';
