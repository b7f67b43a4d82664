-- The events committed since a snapshot, in the order of their ids, each with the new snapshot and the epoch; a row
-- with no event if there are none. The columns of a conversation or a message are null if the event has none, or it
-- does not exist any more; staff_ids are there for a conversation that was deleted, too. For feeds.
-- Parameters: snapshot, rows.
-- Read only.
-- These are the events of transactions that began after the snapshot, and of those that were in progress then. Each
-- part is a range or a point of the index. One range from the snapshot's xmin on would not do: a single transaction
-- that stays open anywhere in the cluster holds xmin back, and each poll would read all events since then. A result
-- that reaches its limit is discarded, so the limits may cut anywhere, and cut along the index. What belongs to an
-- event is looked up for each (offset 0), as the plan is made without knowing how many there will be.
\ir parts/names.sql
\ir parts/staff_name.sql
\ir parts/attachment.sql
\set to_staff 'true'
-- Staff see a conversation from its first message on.
\set of_church 'case when e.kind = 11 then e.ids[1] when p.last_seq > 0 then p.church_id end'
with news as materialized (
    (select e.* from chat.events e where e.xid >= pg_snapshot_xmax($1::pg_snapshot) order by e.xid limit $2::integer)
    union all
    (select e.*
     from chat.events e
     where e.xid = any (array(select pg_snapshot_xip($1::pg_snapshot)))
     limit $2::integer)
    limit $2::integer)
select s.snapshot, s.epoch, e.*
from chat.current_snapshot() s
left join (
    select e.id as event_id, e.kind::integer, e.user_id as event_user_id, e.xid::text::bigint as event_xid,
           (extract(epoch from clock_timestamp() - e.created_at) * 1000000)::bigint as age_us,
           e.conversation_id as event_conversation_id, array_to_string(e.ids, ',') as event_ids,
\ir parts/conversation_columns.sql
           , p.member_unread::bigint, p.church_unread::bigint,
\ir parts/staff_ids.sql
           ,
\ir parts/message_columns.sql
    from (select e.* from news e order by e.id) e
    left join lateral (select p.* from chat.conversations p where p.id = e.conversation_id offset 0) p on true
    left join lateral (select h.name, h.logo_url from chat.churches h where h.id = p.church_id offset 0) h on true
    left join lateral (
        select m.display_name, m.avatar_url from chat.users m where m.id = p.member_id offset 0) m on true
    left join lateral (
        select g.*
        from chat.messages g
        where g.conversation_id = e.conversation_id and g.id = e.message_id offset 0) g on true
    left join lateral (
        select l.sender_id, (select s.display_name from chat.users s where s.id = l.sender_id) as display_name
        from (select case when g.id = p.last_message_id then g.sender_id else (
                  select l.sender_id
                  from chat.messages l
                  where l.conversation_id = p.id and l.id = p.last_message_id and l.from_church) end as sender_id) l
        where p.last_from_church is not false and (g.id is distinct from p.last_message_id or g.from_church)
        offset 0) l on true
    order by e.id) e on true;
