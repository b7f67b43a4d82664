-- CONVERSATION: the columns of conversation p that are the same for both sides. Set before: :church_name,
-- :church_logo_url, :member_name, :member_avatar_url. l: as last_staff.sql has it. last_from_church is null in rows of
-- before that column.
p.id as conversation_id, p.church_id, :church_name as church_name, :church_logo_url as church_logo_url,
p.member_id, :member_name as member_name, :member_avatar_url as member_avatar_url, p.last_message_id,
p.last_message_text::text, p.last_message_at, p.created_at, p.updated_at, p.member_blocked as member_is_blocked,
coalesce(p.last_from_church, (select m.from_church from chat.messages m
                              where m.conversation_id = p.id and m.id = p.last_message_id)) as last_from_church,
p.version, l.sender_id as last_staff_id, l.display_name as last_staff_name
