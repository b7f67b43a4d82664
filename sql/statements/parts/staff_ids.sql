-- The staff of the church of p, at this moment: '3,7', or null.
(select string_agg(s.user_id::text, ',') from chat.church_staff s where s.church_id = p.church_id) as staff_ids
