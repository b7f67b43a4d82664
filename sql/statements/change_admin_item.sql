-- Changes one object of the administration.
-- Parameters: the administrator's name, address and request id; the kind of the object, its id, the values of If-Match
-- as '{"a","b"}', the new values of members as a JSON object.
-- Outcomes: done, not_found, stale.
select c.outcome, c.item, c.etag
from chat.admin_change(row($1::text, $2::text, $3::text)::chat.administrator, $4::text, $5::bigint, $6::text[],
                       $7::jsonb) c;
