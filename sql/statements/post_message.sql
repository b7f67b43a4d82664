-- Posts a message.
-- Parameters: external_id, conversation_id, content, client_id or null, the finding of a spam rule or null, user_id
-- that must be the user's or null.
-- Outcomes: posted and repeated, with the message; not_found, blocked, church_inactive, user_inactive.
\set to_staff 'true'
\set staff_name 'u.user_display_name'
\ir parts/new_attachment.sql
select u.*, p.outcome, c.id as conversation_id, c.member_id <> u.user_id as is_church_owner,
       m.display_name as member_name, m.avatar_url as member_avatar_url, h.name as church_name,
       h.logo_url as church_logo_url,
\ir parts/message_columns.sql
from chat.asker($1::text) u
cross join lateral chat.send_message(u.user_id, $2::bigint, $3::text, $4::text, $5::text) p
cross join lateral (select (p.message).*) g
left join chat.conversations c on c.id = g.conversation_id
left join chat.users m on m.id = c.member_id
left join chat.churches h on h.id = c.church_id
where u.user_id = coalesce($6::bigint, u.user_id);
