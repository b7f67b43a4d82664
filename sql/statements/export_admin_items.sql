-- A part of an export of the administration; the first one adds a row to the audit log.
-- Parameters: the kind of the objects, the filters, the order, how many rows and bytes at most, the id and the key of the
-- last item before the part or nulls, who exports (user name, address, id of the request), the format. A last row
-- without an item: there are more.
select i.item, i.key, i.id
from chat.admin_export($1::text, $2::jsonb, $3::text, $4::integer, $5::integer, $6::bigint, $7::text,
                       row($8::text, $9::text, $10::text)::chat.administrator, $11::text) i;
