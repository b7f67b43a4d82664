-- One object as the administration shows it, and its ETag.
-- Parameters: the kind of the object, its id.
-- Read only.
select i.item, i.etag
from chat.admin_item($1::text, $2::bigint) i;
