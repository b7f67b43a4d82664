create or replace function chat.finish_push(
    of_conversation bigint, of_delivery bigint, of_claim bigint, subscriptions bigint[], outcomes text[],
    pauses integer[], reason text)
returns void
language plpgsql as $$
declare
    attempts_most constant integer := 7;
    rest bigint[];
    delivery record;
    is_ours boolean;
begin
    -- First the delivery, then the subscriptions in their order, as everywhere: two sessions could deadlock.
    select o.attempts, o.left_over, o.user_id into delivery
    from chat.outbox o
    where o.conversation_id = of_conversation and o.id = of_delivery and o.state = 'due'
      and (extract(epoch from o.due_at) * 1000000)::bigint = of_claim
    for update;
    is_ours := found;
    perform from chat.push_subscriptions s where s.id = any (subscriptions) order by s.id for update;
    update chat.push_subscriptions s
    set delivered_at = case when r.outcome = 'sent' then clock_timestamp() else s.delivered_at end,
        refusals = case when r.outcome = 'sent' then 0 else s.refusals + 1 end,
        retry_at = case when r.outcome = 'later' then
            clock_timestamp() + greatest(make_interval(secs => r.pause),
                                         least(interval '1 minute' * 2 ^ least(s.refusals, 11), interval '24 hours')) end
    from unnest(subscriptions, outcomes, pauses) as r (id, outcome, pause)
    where s.id = r.id and r.outcome in ('sent', 'refused', 'later');
    update chat.push_subscriptions s
    set retry_at = case when of_delivery is null or r.pause = 0 then s.retry_at
                        else greatest(s.retry_at, clock_timestamp() + make_interval(secs => r.pause)) end,
        test_at = case when of_delivery is null then clock_timestamp() + make_interval(secs => r.pause) else s.test_at end
    from unnest(subscriptions, outcomes, pauses) as r (id, outcome, pause)
    where s.id = r.id and r.outcome = 'released';
    delete from chat.push_subscriptions s
    using unnest(subscriptions, outcomes) as r (id, outcome)
    where s.id = r.id
      and (r.outcome = 'gone'
           or (s.refusals >= 20 and coalesce(s.delivered_at, s.created_at) < now() - interval '7 days'));
    if not is_ours then
        return; -- a test, or the claim has passed to somebody else
    end if;

    select array_agg(s.id order by s.id) into rest
    from chat.push_subscriptions s
    where s.id = any (delivery.left_over) and s.user_id = delivery.user_id
      and not exists (select from unnest(subscriptions, outcomes) as r (id, outcome)
                      where r.id = s.id and r.outcome in ('sent', 'refused'));
    if rest is not null and (delivery.attempts < attempts_most or 'released' = all (outcomes)) then
        update chat.outbox o
        set left_over = rest, attempts = o.attempts - ('released' = all (outcomes))::int,
            last_error = coalesce(reason, o.last_error),
            -- When the first of them may be tried. While no subscription can have had it, with what is new by then.
            due_at = (select min(coalesce(s.retry_at, clock_timestamp())) from chat.push_subscriptions s where s.id = any (rest)),
            up_to = case when 'sent' = any (outcomes) or o.is_repeat then o.up_to end
        where o.conversation_id = of_conversation and o.id = of_delivery;
        return;
    end if;
    update chat.outbox o
    set state = case when 'sent' = any (outcomes) then 'sent' when 'refused' = any (outcomes) or rest is not null then 'dead'
                     else 'dropped' end,
        last_error = case when 'sent' = any (outcomes) then null else coalesce(reason, 'no subscription') end,
        left_over = rest, done_at = clock_timestamp()
    where o.conversation_id = of_conversation and o.id = of_delivery;
end $$;

comment on function chat.finish_push(bigint, bigint, bigint, bigint[], text[], integer[], text) is
'Records how pushes to subscriptions have ended, and what that means for their delivery.
Arguments: the conversation, the delivery and its claim, or nulls for a test; the subscriptions, the outcome of each, and
how many seconds its service wants to be left alone; a reason, without an address or content, or null.
Outcomes: sent; gone (the subscription is deleted); refused (not tried again; after 20 times in a row without a success
for a week it is deleted, too); later (again after a pause, which doubles up to a day); released (was not tried, which
counts as no attempt: again after the pause).
Locks: the subscriptions, and the row of chat.outbox.';
