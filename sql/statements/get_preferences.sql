-- How the user wants to be notified of messages.
-- Parameters: external_id, the address that Apache knows of or null.
-- Read only.
select u.*, p.*
from chat.asker($1::text) u
cross join lateral chat.user_preferences(u.user_id, coalesce($2::text, u.user_email)) p;
