-- As list_conversations, those with something unread for the user.
-- Parameters: those of list_conversations.
-- Read only.
\set of_member 'and c.member_unread > 0'
\set of_church 'and c.church_unread > 0'
\ir parts/list_conversations.sql
