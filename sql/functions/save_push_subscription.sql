create or replace function chat.save_push_subscription(
    by_user bigint, with_endpoint text, with_p256dh text, with_auth text, with_key_id text,
    out outcome text, out subscription_id bigint, out saved_at timestamptz)
language plpgsql as $$
declare
    now_at timestamptz := clock_timestamp();
begin
    -- One call at a time for each user: two could each leave one too many.
    perform from chat.users u where u.id = by_user and u.is_active for no key update;
    if not found then
        outcome := 'user_inactive';
        return;
    end if;

    insert into chat.push_subscriptions as s (user_id, endpoint, p256dh, auth, key_id, created_at)
    values (by_user, with_endpoint, with_p256dh, with_auth, with_key_id, now_at)
    on conflict (endpoint) do update
        set user_id = by_user, p256dh = excluded.p256dh, auth = excluded.auth, key_id = excluded.key_id,
            refusals = 0,
            created_at = case when s.user_id = by_user then s.created_at else excluded.created_at end,
            delivered_at = case when s.user_id = by_user then s.delivered_at end
    returning s.id, s.created_at into subscription_id, saved_at;
    outcome := case when saved_at = now_at then 'created' else 'found' end;

    -- 16 of a user. Rows that are being moved to another user are not waited for: two calls could deadlock.
    delete from chat.push_subscriptions s
    where s.id in (
        select o.id from chat.push_subscriptions o
        where o.user_id = by_user and o.id <> subscription_id
        order by o.created_at desc, o.id desc
        offset 15
        for update skip locked);
end $$;

comment on function chat.save_push_subscription(bigint, text, text, text, text) is
'Keeps a push subscription of a user; an endpoint of another user moves to this one.
Arguments: the user, the endpoint, the keys p256dh and auth in base64url, the id of the key that the subscription
was made with.
Outcomes: created, found (the user had it; its keys are replaced), both with its id and time; user_inactive (or
unknown). With more than 16 subscriptions of the user the oldest are deleted.
Locks: the user''s row, for no key update; the subscription of that endpoint.';
