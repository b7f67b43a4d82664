-- Deletes an object of the administration.
-- Parameters: the administrator's name, address and request id; the kind of the object, its id, the values of If-Match
-- as '{"a","b"}', the reason or null.
-- Outcomes: done, partly, not_found, stale, in_use.
select d.outcome, d.etag, d.messages
from chat.admin_delete(row($1::text, $2::text, $3::text)::chat.administrator, $4::text, $5::bigint, $6::text[],
                       $7::text) d;
