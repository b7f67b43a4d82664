-- How many messages the user has not read, in how many conversations, and the version of these numbers: of all, or of
-- those in which the user is a member, or staff. The version is that of all.
-- Parameters: external_id, member or staff or null.
-- Read only.
select u.*,
       case coalesce($2::text, '') when 'member' then m.messages when 'staff' then n.unread_messages - m.messages
            else n.unread_messages end as unread_messages,
       case coalesce($2::text, '') when 'member' then m.conversations when 'staff' then n.unread_conversations - m.conversations
            else n.unread_conversations end as unread_conversations,
       n.version as counts_version, s.xmin as snapshot_xmin, s.epoch
from chat.asker($1::text) u
cross join lateral chat.user_counts(u.user_id) n
cross join chat.current_snapshot() s
cross join lateral (
    select coalesce(sum(c.member_unread), 0)::bigint as messages, count(*) as conversations
    from chat.conversations c
    where c.member_id = u.user_id and c.member_unread > 0 and $2::text is not null) m;
