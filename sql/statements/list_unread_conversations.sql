-- As list_conversations, of conversations in which the user has something unread.
-- Read only.
\set of_member 'and c.member_unread > 0'
\set of_church 'and c.church_unread > 0'
\ir parts/list_conversations.sql
