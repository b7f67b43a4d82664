-- Does something to many objects of the administration.
-- Parameters: the administrator's name, address and request id; the kind of the objects, the action, their ids as
-- '{1,2}' or null and the filters, the id after which to begin or null, the reason or null.
select a.done, a.skipped, a.has_more, a.next_after, a.audit_id
from chat.admin_act(row($1::text, $2::text, $3::text)::chat.administrator, $4::text, $5::text, $6::bigint[], $7::jsonb,
                    $8::bigint, $9::text) a;
