-- How many messages the user has not read, in how many conversations, and the version of these numbers: of all, or of
-- those in which the user is a member, or staff; and for each of these how many they are as a member. The version is
-- that of all.
-- Parameters: external_id, member or staff or null.
-- Read only.
select u.*,
       case coalesce($2::text, '') when 'member' then n.member_messages
            when 'staff' then n.unread_messages - n.member_messages else n.unread_messages end as unread_messages,
       case coalesce($2::text, '') when 'member' then n.member_conversations
            when 'staff' then n.unread_conversations - n.member_conversations
            else n.unread_conversations end as unread_conversations,
       n.member_messages, n.member_conversations, n.version as counts_version, s.xmin as snapshot_xmin, s.epoch
from chat.asker($1::text) u
cross join lateral chat.user_counts(u.user_id) n
cross join chat.current_snapshot() s;
