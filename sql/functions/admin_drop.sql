create or replace function chat.admin_drop(ids bigint[])
returns bigint
language sql as $$
    with dropped as (
        update chat.outbox o
        set state = 'dropped', last_error = 'dropped by an administrator', done_at = clock_timestamp()
        where o.id = any (ids) and o.state in ('due', 'dead')
        returning 1)
    select count(*) from dropped
$$;

comment on function chat.admin_drop(bigint[]) is
'Drops deliveries that are due or have failed for good: nobody tries them again. One that is being sent may arrive.
Arguments: the deliveries. Result: how many. Locks: their rows.';
