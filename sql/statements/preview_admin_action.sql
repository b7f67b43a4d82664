-- What an action of the administration would be done to.
-- Parameters: the kind of the objects, their ids as '{1,2}' or null and the filters.
-- Read only.
select w.objects, w.messages, w.attachments, w.at_least
from chat.admin_would($1::text, $2::bigint[], $3::jsonb) w;
