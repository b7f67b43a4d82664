-- Keeps a push subscription of the user.
-- Parameters: external_id, endpoint, p256dh, auth, key_id.
-- Outcomes: created, found, user_inactive.
select u.*, s.outcome, s.subscription_id as id, s.saved_at as created_at
from chat.asker($1::text) u
cross join lateral chat.save_push_subscription(u.user_id, $2::text, $3::text, $4::text, $5::text) s;
