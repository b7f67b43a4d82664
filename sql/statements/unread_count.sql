-- The number of messages that the user has not read, over all conversations.
-- Parameters: external_id.
-- Read only.
select u.*, n.unread as unread_total, s.xmin as snapshot_xmin, s.epoch
from chat.asker($1::text) u
cross join lateral chat.unread_messages(u.user_id) n
cross join chat.current_snapshot() s;
