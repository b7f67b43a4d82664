-- When the next push is due, in milliseconds; no row: there is none.
-- Parameters: none.
-- Read only.
select 1 as has_next,
       greatest(0, least(86400000, ceil(extract(epoch from d.due_at - clock_timestamp()) * 1000)))::bigint as wait_ms
from (
    (select o.due_at from chat.outbox o where o.kind = 'push' and o.state = 'due' order by o.due_at limit 1)
    union all
    (select s.test_at from chat.push_subscriptions s where s.test_at is not null order by s.test_at limit 1)) d
order by d.due_at limit 1;
