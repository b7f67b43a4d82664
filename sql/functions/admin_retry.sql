create or replace function chat.admin_retry(ids bigint[])
returns bigint
language plpgsql as $$
declare
    changed bigint := 0;
begin
    perform from chat.outbox o where o.id = any (ids) order by o.conversation_id, o.id for update;
    delete from chat.mail_failures f
    using chat.outbox o
    join chat.users u on u.id = o.user_id
    where o.id = any (ids) and o.kind = 'email' and o.state = 'dead' and f.address = lower(u.email);
    for attempt in 1 .. 3 loop
        begin
            update chat.outbox o
            set state = 'due', due_at = clock_timestamp(), attempts = 0, last_error = null, done_at = null
            where o.id = any (chat.admin_retriable(ids));
            get diagnostics changed = row_count;
            exit;
        exception when unique_violation then
            null; -- chat.decide_delivery() has made another one due meanwhile, which is seen now
        end;
    end loop;
    return changed;
end $$;

comment on function chat.admin_retry(bigint[]) is
'Makes deliveries due again (chat.admin_retriable); and forgets that mail servers have refused the addresses of those that
have failed. Whether there is still something to deliver is found out by chat.claim_delivery().
Arguments: the deliveries. Result: how many. Locks: their rows.';
