create or replace function chat.current_epoch() returns text language sql stable as $$
select s.epoch from chat.current_snapshot() s
$$;

comment on function chat.current_epoch() is
'The epoch of this database. Positions that clients remember, such as a seq or a cursor, are valid within one
epoch only. It changes with chat.renew_epoch(); when the schema is restored from a dump (the table has another
oid); on another cluster (system identifier); and when a standby is promoted or a backup is recovered (timeline).
The statements of the module use chat.current_snapshot(), which costs less than a call of this function.';
