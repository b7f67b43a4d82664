-- Conversation c with the side that user u is on: p of conversation_columns.sql.
c.id, c.church_id, c.member_id <> u.user_id as is_church_owner, c.member_id, c.last_message_id,
c.last_message_text, c.last_message_at,
case when c.member_id = u.user_id then c.member_unread else c.church_unread end as unread_count,
c.created_at, c.updated_at, c.member_blocked, c.last_from_church, c.version
