-- A page of the conversations that the user may see, newest first; or of those that have changed since a moment.
-- Parameters: external_id, rows, updated_at and id before which the page begins or nulls, church_id or null, the
-- moment as chat.since() takes it or null, member or staff (what the user is in them) or null.
-- Read only.
\set of_member ''
\set of_church ''
\ir parts/list_conversations.sql
