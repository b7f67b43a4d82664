-- A header row, then a page of a list of the administration.
-- Parameters: the kind of the objects, the filters, the order, how many rows at most, the id and the key of the last
-- item before the page or nulls; all as of chat.admin_items().
-- Read only.
select s.count, s.count_is, s.dates as "dates item", n.epoch as "epoch key", null::bigint as id
from chat.admin_summary($1::text, $2::jsonb) s
cross join chat.current_snapshot() n
union all
select null, null, i.item, i.key, i.id
from chat.admin_items($1::text, $2::jsonb, $3::text, $4::integer, $5::bigint, $6::text) i;
