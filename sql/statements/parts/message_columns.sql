-- MESSAGE: the columns of message g. Members do not see who of the staff wrote, nor by which client_id: :to_staff is
-- whether the reader is staff, :staff_name what the sender is called. is_flagged is for staff only, too; who reads
-- the rows leaves it out. The casts take domains off, which would cost a step more for each row.
g.id as message_id, g.from_church, g.content,
case when not g.from_church or :to_staff then g.client_id::text end as client_id,
case when g.from_church and :to_staff then :staff_name end as staff_name,
g.seq::bigint as seq, g.flag is not null as is_flagged, g.sender_id, g.created_at as sent_at, g.read_at
