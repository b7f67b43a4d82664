-- How many messages the user has not read, in how many conversations, and the version of these numbers.
-- Parameters: external_id.
-- Read only.
select u.*, n.unread_messages, n.unread_conversations, n.version as counts_version, s.xmin as snapshot_xmin, s.epoch
from chat.asker($1::text) u
cross join lateral chat.user_counts(u.user_id) n
cross join chat.current_snapshot() s;
