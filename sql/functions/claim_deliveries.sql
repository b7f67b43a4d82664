create or replace function chat.claim_deliveries(
    of_kind text, lease interval, mail_of_members text, mail_of_staff text)
returns setof chat.outbox
language plpgsql as $$
declare
    first chat.outbox;
    one chat.outbox;
    result chat.outbox;
    claimed integer := 0;
    moment constant timestamptz := clock_timestamp(); -- as a condition of the index, which the function is not
begin
    for attempt in 1 .. 50 loop -- until one is not dropped
        select * into first
        from chat.outbox o
        where o.kind = of_kind and o.state = 'due' and o.due_at <= moment
        order by o.due_at, o.id limit 1
        for update skip locked;
        -- Of a user's digest two sessions would make two mails.
        if not found or (first.digest and not pg_try_advisory_xact_lock(hashtextextended('chat.outbox', first.user_id))) then
            return;
        end if;
        for one in
            select o.* from chat.outbox o
            where first.digest and o.user_id = first.user_id and o.kind = of_kind and o.state = 'due' and o.digest
              and o.due_at <= moment
            order by o.due_at, o.id limit 20
            for update
        loop
            select * into result from chat.claim_delivery(one, lease, mail_of_members, mail_of_staff);
            claimed := claimed + (result.state = 'due')::int;
            return next result;
        end loop;
        if not first.digest then
            select * into result from chat.claim_delivery(first, lease, mail_of_members, mail_of_staff);
            claimed := claimed + (result.state = 'due')::int;
            return next result;
        end if;
        if claimed > 0 then
            return;
        end if;
    end loop;
end $$;

comment on function chat.claim_deliveries(text, interval, text, text) is
'Takes the next delivery that is due: one, or for a digest up to 20 of the same user. Those that have become needless,
or too old, are dropped on the way.
Arguments: email or push; how long nobody else is to take them; what holds for members and staff without preferences.
Returns them with due_at, the end of the claim, by which chat.finish_deliveries() knows them again; and those that it
has dropped, by their state.
Locks: their rows, without waiting for others; for a digest also an advisory lock of the user.';
