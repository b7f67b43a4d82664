-- A page of the messages of a conversation: the first ones after a message, oldest first.
-- Parameters: external_id, conversation_id, id of the message, rows, id before which the page ends or null.
-- Read only.
\set span 'g.id > $3::bigint and g.id < coalesce($5::bigint, 9223372036854775807)'
\set order 'g.id'
\ir parts/list_messages.sql
