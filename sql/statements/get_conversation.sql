-- A conversation; nulls if the user may not see it.
-- Parameters: external_id, conversation_id.
-- Read only.
\ir parts/names.sql
\set to_staff 'p.is_church_owner'
select u.*, s.xmin as snapshot_xmin, s.epoch,
\ir parts/conversation_columns.sql
       , p.is_church_owner, p.unread_count::bigint
from chat.asker($1::text) u
cross join chat.current_snapshot() s
left join lateral (
    select
\ir parts/side_columns.sql
    from chat.conversation_for(u.user_id, $2::bigint) c offset 0) p on true
left join chat.churches h on h.id = p.church_id
left join chat.users m on m.id = p.member_id
\ir parts/last_staff.sql
;
