create or replace function chat.current_epoch() returns text language sql stable as $$
select s.epoch from chat.current_snapshot() s
$$;

comment on function chat.current_epoch() is
'The life of this database: what clients remember of it is worth nothing in another one. The text differs
after chat.renew_epoch(); when the schema was restored from a dump (the table has another oid); on another
cluster (system identifier); and after a standby was promoted or a backup was recovered (timeline).
The statements of the module use chat.current_snapshot(), which costs less than a call of this function.';
