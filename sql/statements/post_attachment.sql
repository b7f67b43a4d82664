-- Posts a message with a file.
-- Parameters: external_id, conversation_id, content, client_id or null, the finding of a spam rule or null; of the file its
-- name in the directory, its name for people, its kind, type, size, SHA-256 in hexadecimal digits, width and height or
-- null; the key of a quota or null for the user's own, its bytes or null for no quota, its seconds; whether the file was scanned,
-- and whether it is in the database.
-- Outcomes: posted and repeated, with the message; not_found, blocked, church_inactive, user_inactive, quota, busy.
\set to_staff 'true'
\set staff_name 'u.user_display_name'
\ir parts/new_attachment.sql
select u.*, p.outcome, c.id as conversation_id, c.member_id <> u.user_id as is_church_owner,
       m.display_name as member_name, m.avatar_url as member_avatar_url, h.name as church_name,
       h.logo_url as church_logo_url,
\ir parts/message_columns.sql
from chat.asker($1::text) u
cross join lateral chat.send_attachment(u.user_id, $2::bigint, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text,
    $9::text, $10::bigint, decode($11::text, 'hex'), $12::integer, $13::integer, $14::text, $15::bigint,
    make_interval(secs => $16::integer), $17::boolean, $18::boolean) p
cross join lateral (select (p.message).*) g
left join chat.conversations c on c.id = g.conversation_id
left join chat.users m on m.id = c.member_id
left join chat.churches h on h.id = c.church_id;
