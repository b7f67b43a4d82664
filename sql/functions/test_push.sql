create or replace function chat.test_push(by_user bigint, out outcome text, out marked bigint)
language plpgsql as $$
begin
    if not chat.is_active(by_user) then
        outcome := 'user_inactive';
        marked := 0;
        return;
    end if;
    perform from chat.push_subscriptions s where s.user_id = by_user order by s.id for update;
    update chat.push_subscriptions s set test_at = clock_timestamp(), retry_at = null where s.user_id = by_user;
    get diagnostics marked = row_count;
    outcome := 'done';
end $$;

comment on function chat.test_push(bigint) is
'Has a push sent to each subscription of a user, who wants to see one; also where a service wanted to be left alone.
Outcomes: done, with how many there are; user_inactive (or unknown). Locks: the subscriptions.';
