-- Posts messages of several users, as post_message does for one.
-- Parameters: arrays of the parameters of post_message, each an element for a message; and of their files, see
-- chat.send_messages(), or null when none has one.
-- Outcomes: those of post_message, with the place of the message in the arrays. A message without a row is not stored:
-- post_message or post_attachment is to be called for it.
\set to_staff 'true'
\set staff_name 'u.user_display_name'
\ir parts/new_attachment.sql
select u.user_id, u.user_is_active, u.user_display_name, u.user_avatar_url, u.user_email, u.user_username,
       p.n as place, p.outcome, c.id as conversation_id, c.member_id <> u.user_id as is_church_owner,
       m.display_name as member_name, m.avatar_url as member_avatar_url, h.name as church_name,
       h.logo_url as church_logo_url,
\ir parts/message_columns.sql
from chat.send_messages(
    array(select u.user_id
          from unnest($1::text[], $6::bigint[]) with ordinality w (external_id, still_id, n)
          left join lateral chat.asker(w.external_id) u on u.user_id = coalesce(w.still_id, u.user_id)
          order by w.n),
    $2::bigint[], $3::text[], $4::text[], $5::text[], $7::jsonb[]) p
cross join lateral chat.asker(($1::text[])[p.n]) u
cross join lateral (select (p.message).*) g
left join chat.conversations c on c.id = g.conversation_id
left join chat.users m on m.id = c.member_id
left join chat.churches h on h.id = c.church_id;
