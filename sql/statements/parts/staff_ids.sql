-- The staff of church p.church_id or null: who may see a conversation is found out when it is told.
(select string_agg(s.user_id::text, ',') from chat.church_staff s where s.church_id = p.church_id) as staff_ids
