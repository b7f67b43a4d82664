-- Deletes old messages, a part at a time. Parameters: for how many days they are kept, 0 for good; churches with another
-- period, and these, as '{7,8}'; how many messages may be deleted in one statement. Outcomes: done, busy.
select r.outcome, r.has_more, r.messages, r.attachments, r.audit_rows
from chat.apply_retention($1::int4, $2::int8[], $3::int4[], $4::int4) r;
