-- NOTIFICATION: of the side p of a conversation, with g of newest_unread.sql.
p.id as conversation_id, p.is_church_owner,
case when p.is_church_owner
     then (select m.display_name from chat.users m where m.id = p.member_id)
     else (select h.name from chat.churches h where h.id = p.church_id) end as title,
g.body, p.unread::bigint as count, p.unread_since as created_at, g.created_at as updated_at
