-- Deletes a push subscription of the user.
-- Parameters: external_id; id, or null and the endpoint.
-- Outcomes: dropped, user_inactive.
select u.*, s.outcome, s.marked
from chat.asker($1::text) u
cross join lateral chat.drop_push_subscription(u.user_id, $2::bigint, $3::text) s;
