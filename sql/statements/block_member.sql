-- Stops the member of a conversation from posting, or allows it again; for staff.
-- Parameters: external_id, conversation_id, whether to block.
-- Outcomes: done, not_found, not_staff, user_inactive.
select u.*, b.outcome
from chat.asker($1::text) u
cross join lateral chat.block_member(u.user_id, $2::bigint, $3::boolean) b (outcome);
