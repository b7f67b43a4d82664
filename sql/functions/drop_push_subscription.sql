create or replace function chat.drop_push_subscription(
    by_user bigint, with_id bigint, with_endpoint text, out outcome text, out marked bigint)
language plpgsql as $$
begin
    if not chat.is_active(by_user) then
        outcome := 'user_inactive';
        marked := 0;
        return;
    end if;
    if with_id is not null then
        delete from chat.push_subscriptions s where s.id = with_id and s.user_id = by_user;
    else
        delete from chat.push_subscriptions s where s.endpoint = with_endpoint and s.user_id = by_user;
    end if;
    get diagnostics marked = row_count;
    outcome := 'dropped';
end $$;

comment on function chat.drop_push_subscription(bigint, bigint, text) is
'Deletes a push subscription of a user.
Arguments: the user; the id of the subscription, or null and its endpoint.
Outcomes: dropped, with how many were deleted: 1, or 0 if the user has no such subscription; user_inactive (or
unknown). Locks: the subscription.';
