-- When the next delivery of a kind is due, in milliseconds; no row: there is none.
-- Parameter: email or push.
-- Read only.
select 1 as has_next,
       greatest(0, least(86400000, ceil(extract(epoch from o.due_at - clock_timestamp()) * 1000)))::bigint as wait_ms
from chat.outbox o
where o.kind = $1::text and o.state = 'due'
order by o.due_at limit 1;
