-- The staff of a church, at this moment: '3,7', or null. Set before: :of_church, the church, or null.
(select string_agg(s.user_id::text, ',') from chat.church_staff s where s.church_id = :of_church) as staff_ids
