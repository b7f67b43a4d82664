-- Posts messages of several users, as post_message does for one.
-- Parameters: arrays of the parameters of post_message, each an element for a message.
-- Outcomes: those of post_message, with the place of the message in the arrays. A message without a row is not stored:
-- post_message is to be called for it.
\set to_staff 'true'
\set staff_name 'u.user_display_name'
\ir parts/new_attachment.sql
with asker as materialized (
    select w.n, u.*
    from unnest($1::text[], $6::bigint[]) with ordinality w (external_id, still_id, n)
    cross join lateral chat.asker(w.external_id) u
    where u.user_id = coalesce(w.still_id, u.user_id))
select u.user_id, u.user_is_active, u.user_display_name, u.user_avatar_url, u.user_email, u.user_username,
       p.n as place, p.outcome, c.id as conversation_id, c.member_id <> u.user_id as is_church_owner,
       m.display_name as member_name, m.avatar_url as member_avatar_url, h.name as church_name,
       h.logo_url as church_logo_url,
\ir parts/message_columns.sql
from chat.send_messages(
    (select array_agg(a.user_id order by w.n)
     from unnest($2::bigint[]) with ordinality w (conversation_id, n)
     left join asker a on a.n = w.n),
    $2::bigint[], $3::text[], $4::text[], $5::text[]) p
join asker u on u.n = p.n
cross join lateral (select (p.message).*) g
left join chat.conversations c on c.id = g.conversation_id
left join chat.users m on m.id = c.member_id
left join chat.churches h on h.id = c.church_id;
