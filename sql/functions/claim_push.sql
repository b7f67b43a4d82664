create or replace function chat.claim_push(lease interval, present_key text, has_content boolean)
returns table (
    delivery_id bigint, conversation_id bigint, claim bigint, subscription_id bigint, endpoint text, p256dh text,
    auth text, title text, body text, unread_count bigint, language text, dropped bigint)
language plpgsql as $$
declare
    delivery chat.outbox;
    one chat.outbox;
    drops bigint := 0;
    tested bigint;
    ready bigint[];
    moment constant timestamptz := clock_timestamp(); -- as a condition of the index, which the function is not
begin
    -- What a user has asked for to see it. Once: if it fails, they ask again.
    -- Waiting for what somebody else has locked might be a deadlock.
    delete from chat.push_subscriptions s
    where s.id in (select o.id from chat.push_subscriptions o
                   where o.test_at <= moment and o.key_id is distinct from present_key for update skip locked);
    select s.id into tested
    from chat.push_subscriptions s
    where s.test_at <= moment and s.key_id = present_key order by s.test_at limit 1
    for update skip locked;
    if found then
        return query
        update chat.push_subscriptions s set test_at = null
        from chat.users u left join chat.preferences p on p.user_id = u.id
        where s.id = tested and u.id = s.user_id
        returning null::bigint, null::bigint, null::bigint, s.id, s.endpoint, s.p256dh, s.auth, null::text, null::text,
                  null::bigint, p.language, null::bigint;
        return;
    end if;

    for attempt in 1 .. 50 loop -- until there is somewhere to send one
        delivery := null;
        for one in select * from chat.claim_deliveries('push', lease, null, null) loop
            if one.state = 'due' then
                delivery := one;
            else
                drops := drops + 1;
            end if;
        end loop;
        exit when delivery.id is null;
        delete from chat.push_subscriptions s
        where s.id in (select o.id from chat.push_subscriptions o
                       where o.user_id = delivery.user_id and o.key_id is distinct from present_key for update skip locked);
        update chat.outbox o
        set left_over = (select array_agg(s.id order by s.id) from chat.push_subscriptions s
                         where s.user_id = o.user_id and s.key_id = present_key
                           and (o.left_over is null or s.id = any (o.left_over)))
        where o.conversation_id = delivery.conversation_id and o.id = delivery.id
        returning o.* into delivery;
        select array_agg(s.id) into ready
        from chat.push_subscriptions s
        where s.id = any (delivery.left_over) and (s.retry_at is null or s.retry_at <= clock_timestamp());
        exit when ready is not null;
        -- All their services want to be left alone, or there is none.
        drops := drops + (delivery.left_over is null)::int;
        update chat.outbox o
        set state = case when delivery.left_over is null then 'dropped' else 'due' end,
            last_error = case when delivery.left_over is null then 'no subscription' else o.last_error end,
            done_at = case when delivery.left_over is null then clock_timestamp() end,
            attempts = o.attempts - 1,
            due_at = coalesce((select min(s.retry_at) from chat.push_subscriptions s where s.id = any (delivery.left_over)),
                              o.due_at)
        where o.conversation_id = delivery.conversation_id and o.id = delivery.id;
    end loop;
    return query
    select delivery.id, c.id, (extract(epoch from delivery.due_at) * 1000000)::bigint, s.id, s.endpoint, s.p256dh, s.auth,
           case when c.member_id = u.id then h.name else w.display_name end,
           case when has_content then m.body end, n.unread, p.language, null::bigint
    from chat.users u
    join chat.push_subscriptions s on s.user_id = u.id and s.id = any (ready)
    join chat.conversations c on c.id = delivery.conversation_id
    join chat.churches h on h.id = c.church_id
    join chat.users w on w.id = c.member_id
    left join chat.preferences p on p.user_id = u.id
    cross join lateral chat.unread_notifications(u.id) n
    left join lateral (
        -- One character more than is shown: core/chat_excerpt.h.
        select left(coalesce(nullif(m.content, ''), a.name, ''), 141) as body
        from chat.messages m
        left join chat.attachments a on a.conversation_id = m.conversation_id and a.message_id = m.id
        where m.conversation_id = c.id and m.id = delivery.up_to) m on true
    where u.id = delivery.user_id
    order by s.id;
    if drops > 0 then
        dropped := drops;
        return next;
    end if;
end $$;

comment on function chat.claim_push(interval, text, boolean) is
'Takes a push that a user has asked for as a test, or the next delivery that is due, with where it goes. Subscriptions
that were made with another key are deleted.
Arguments: how long nobody else is to take it; the id of the present key; whether the message may be in it.
Returns a row for each subscription; without a delivery it is a test. What finds no subscription is dropped, and what
none takes now is due again later. One row without a subscription if deliveries were dropped on the way, with their
number.
Locks: as chat.claim_deliveries(), and the subscriptions that it changes; of these it waits for none.';
