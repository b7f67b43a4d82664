-- Erases a user, or a part of what is theirs.
-- Parameters: the administrator's name, address and request id; the user, the reason, the row of the audit log after
-- which to go on, or null.
select e.removed, e.has_more, e.next_after, e.audit_id
from chat.erase_user(row($1::text, $2::text, $3::text)::chat.administrator, $4::bigint, $5::text, $6::bigint) e;
