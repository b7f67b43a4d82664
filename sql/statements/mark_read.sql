-- Marks messages of the other side as read.
-- Parameters: external_id, conversation_id, id of the last message to mark or null for all, user_id that must be the
-- user's or null.
-- Outcomes: read, not_found, user_inactive.
select u.*, r.outcome, r.marked
from chat.asker($1::text) u
cross join lateral chat.mark_read(u.user_id, $2::bigint, $3::bigint) r
where u.user_id = coalesce($4::bigint, u.user_id);
