create or replace function chat.renew_epoch(known text default null) returns text language plpgsql as $$
begin
    update chat.epoch e set id = gen_random_uuid()::text, renewed_at = clock_timestamp()
    where known is null or known = chat.current_epoch();
    insert into chat.epoch default values on conflict do nothing; -- should the row have been lost
    return chat.current_epoch();
end $$;

comment on function chat.renew_epoch(text) is
'Begins a new life of the database: clients fetch anew, sockets are closed and come back. For the
administrator, after anything was put back to an earlier state in a way that chat.current_epoch() does not
see by itself (sql/migrate --renew-epoch).
Arguments: the epoch to replace, or null for whichever it is; another one than this is left as it is.';
