-- Has a push sent to each subscription of the user.
-- Parameters: external_id.
-- Outcomes: done, user_inactive.
select u.*, t.outcome, t.marked
from chat.asker($1::text) u
cross join lateral chat.test_push(u.user_id) t;
