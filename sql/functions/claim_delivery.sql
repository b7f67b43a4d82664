create or replace function chat.claim_delivery(
    delivery chat.outbox, lease interval, mail_of_members text, mail_of_staff text)
returns setof chat.outbox
language plpgsql as $$
declare
    -- As long as chat.decide_side() looks back, after the decision.
    age_max constant interval := '7 days';
    side record;
    message record;
    obstacle text;
begin
    select c.id, u.is_active, u.email, p.email as mode, coalesce(p.push, true) as push,
           c.member_id <> u.id as is_staff,
           c.member_id = u.id or (select true from chat.church_staff s
                                  where s.church_id = c.church_id and s.user_id = u.id) as is_reader,
           case when c.member_id = u.id then c.member_newest_unread_id else c.church_newest_unread_id end as newest
    into side
    from chat.users u
    join chat.conversations c on c.id = delivery.conversation_id
    left join chat.preferences p on p.user_id = u.id
    where u.id = delivery.user_id;
    select m.read_at, m.created_at into message
    from chat.messages m
    where m.conversation_id = delivery.conversation_id and m.id = coalesce(delivery.up_to, side.newest);
    obstacle := case
        when side.is_active is not true or side.is_reader is not true then 'not a reader any more'
        when side.newest is null or message.created_at is null or message.read_at is not null then 'read'
        when greatest(delivery.created_at, message.created_at) < clock_timestamp() - age_max then 'too old'
        when delivery.kind = 'push' and not side.push then 'not wanted'
        when delivery.kind = 'push' then null
        when coalesce(side.mode, case when side.is_staff then mail_of_staff else mail_of_members end) = 'off' then 'not wanted'
        when side.email is null then 'no address'
        when exists (select from chat.mail_failures f where f.address = lower(side.email) and f.is_off) then 'address refused'
    end;
    return query
    update chat.outbox o
    set state = case when obstacle is null then 'due' else 'dropped' end,
        due_at = clock_timestamp() + lease,
        attempts = o.attempts + (obstacle is null)::int,
        up_to = case when obstacle is null then coalesce(o.up_to, side.newest) else o.up_to end,
        is_repeat = o.up_to is not null,
        last_error = coalesce(obstacle, o.last_error),
        done_at = case when obstacle is not null then clock_timestamp() end
    where o.conversation_id = delivery.conversation_id and o.id = delivery.id
    returning o.*;
end $$;

comment on function chat.claim_delivery(chat.outbox, interval, text, text) is
'Claims a delivery that the caller has locked, or drops it: the reader has read, or does not want it any more, or it was
decided more than a week ago and there is no newer message, as after a time without mail or push.
Arguments: the row; how long the claim lasts; what holds for members and staff without preferences.
Returns the row as it is now.';
