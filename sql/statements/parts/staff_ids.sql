-- The staff of the church of p, at this moment: '3,7', or null. None before the first message, as they see a
-- conversation from then on.
case when p.last_seq > 0
     then (select string_agg(s.user_id::text, ',') from chat.church_staff s where s.church_id = p.church_id)
end as staff_ids
