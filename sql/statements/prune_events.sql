-- Deletes events that every feed has read, and returns whether there may be more. Feeds of several children may do
-- this at once: each deletes what no other has locked. The oldest events are first in the index, and no more of
-- them are read than are deleted.
with gone as (
    delete from chat.events e
    where e.ctid = any (array(
        select o.ctid
        from chat.events o
        where o.xid <= (select max(f.xid) from (select f.xid from chat.events f order by f.xid limit 10000) f)
          and o.created_at < clock_timestamp() - interval '1 minute'
        order by o.xid limit 10000
        for update skip locked))
    returning 1)
select count(*) = 10000 as may_have_more
from gone, chat.note_moment();
