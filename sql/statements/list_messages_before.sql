-- A page of the messages of a conversation: the last ones before a message, newest first.
-- Parameters: external_id, conversation_id, id of the message or null, rows.
-- Read only.
\set span 'g.id < coalesce($3::bigint, 9223372036854775807)'
\set order 'g.id desc'
\ir parts/list_messages.sql
