create or replace function chat.admin_retry(ids bigint[])
returns bigint
language plpgsql as $$
declare
    changed bigint;
begin
    perform from chat.outbox o where o.id = any (ids) order by o.conversation_id, o.id for update;
    delete from chat.mail_failures f
    using chat.outbox o
    join chat.users u on u.id = o.user_id
    where o.id = any (ids) and o.kind = 'email' and o.state = 'dead' and f.address = lower(u.email);
    with retried as (
        update chat.outbox o
        set state = 'due', due_at = clock_timestamp(), attempts = 0, last_error = null, done_at = null
        where o.id in (select distinct on (d.conversation_id, d.user_id, d.kind) d.id
                       from chat.outbox d where d.id = any (ids) and d.state in ('dead', 'dropped')
                       order by d.conversation_id, d.user_id, d.kind, d.id desc)
          -- There is one that is due for each reader, conversation and kind.
          and not exists (select from chat.outbox w
                          where w.conversation_id = o.conversation_id and w.user_id = o.user_id and w.kind = o.kind
                            and w.state = 'due')
        returning 1)
    select count(*) into changed from retried;
    return changed;
end $$;

comment on function chat.admin_retry(bigint[]) is
'Makes deliveries due again that have failed for good or were dropped, the last one of a reader, a conversation and a
kind, unless one is due; and forgets that mail servers have refused the addresses of those that have failed. Whether
there is still something to deliver is found out by chat.claim_delivery().
Arguments: the deliveries. Result: how many. Locks: their rows.';
