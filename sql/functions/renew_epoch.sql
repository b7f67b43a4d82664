create or replace function chat.renew_epoch(known text default null) returns text language plpgsql as $$
begin
    update chat.epoch e set id = gen_random_uuid()::text, renewed_at = clock_timestamp()
    where known is null or known = chat.current_epoch();
    insert into chat.epoch default values on conflict do nothing; -- in case the row was deleted
    return chat.current_epoch();
end $$;

comment on function chat.renew_epoch(text) is
'Begins a new epoch: clients fetch all data again, and WebSockets are closed and reconnect. For the
administrator, after data was set back to an earlier state in a way that does not change the epoch by itself
(chat-migrate --renew-epoch).
Arguments: the epoch to replace, or null for the current one; if another one is current, nothing changes.';
