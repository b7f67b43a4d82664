-- MESSAGE: the columns of message g. A member does not see which of the staff sent it, nor a client_id of staff.
-- is_flagged is for staff only, too; the reader of the rows removes it. Set before: :to_staff, whether the reader is
-- staff; :staff_name, the sender's name; :attachment, its text for a message that has one.
g.id as message_id, g.from_church, g.content,
case when not g.from_church or :to_staff then g.client_id::text end as client_id,
case when g.from_church and :to_staff then :staff_name end as staff_name,
g.seq::bigint as seq, g.flag is not null as is_flagged, g.sender_id, g.created_at as sent_at, g.read_at,
case when g.has_attachment then :attachment end as attachment
