-- What an action of the administration would change.
-- Parameters: the kind of the objects, the action, their ids as '{1,2}' or null and the filters, the id after which to begin
-- or null.
-- Read only.
select w.objects, w.messages, w.attachments, w.at_least
from chat.admin_would($1::text, $2::text, $3::bigint[], $4::jsonb, $5::bigint) w;
