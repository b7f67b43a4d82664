-- Marks notifications as read.
-- Parameters: external_id, conversation ids as '{1,2}' or null for all.
-- Outcomes: read, user_inactive.
select u.*, r.outcome, r.marked
from chat.asker($1::text) u
cross join lateral chat.read_notifications(u.user_id, $2::bigint[]) r;
