-- Makes an object of the administration.
-- Parameters: the administrator's name, address and request id; the kind of the object, its members as a JSON object.
-- Outcomes: done, no_church, no_user, exists.
select c.outcome, c.item, c.etag
from chat.admin_create(row($1::text, $2::text, $3::text)::chat.administrator, $4::text, $5::jsonb) c;
