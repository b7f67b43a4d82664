-- The user's row, created if it does not exist, and updated with what Apache knows.
-- Parameters: external_id; username, display_name, avatar_url, email, former_id, each or null. Null does not change
-- a column, an empty avatar_url or email clears it.
select u.id as user_id, u.is_active as user_is_active, u.display_name as user_display_name,
       u.avatar_url as user_avatar_url, u.email as user_email, u.username as user_username
from chat.ensure_user($1::text, $2::text, $3::text, $4::text, $5::text, $6::text) u;
