-- The user's push subscriptions, newest first; one row without an id if there are none.
-- Parameters: external_id.
-- Read only.
select u.*, s.xmin as snapshot_xmin, s.epoch,
       p.id, p.endpoint, p.created_at, p.delivered_at, p.refusals::bigint
from chat.asker($1::text) u
cross join chat.current_snapshot() s
left join lateral (
    select p.id, p.endpoint, p.created_at, p.delivered_at, p.refusals
    from chat.push_subscriptions p
    where p.user_id = u.user_id
    order by p.created_at desc, p.id desc) p on true;
