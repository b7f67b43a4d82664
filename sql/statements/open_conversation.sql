-- The user's conversation with a church, opened if there is none.
-- Parameters: external_id, church_id.
-- Outcomes: created, found, no_church, own_church, blocked, user_inactive.
-- The row comes from the function, as this statement does not see what was written after it began.
\ir parts/names.sql
\set to_staff 'p.is_church_owner'
select u.*, o.outcome,
\ir parts/conversation_columns.sql
       , p.is_church_owner, p.unread_count::bigint
from chat.asker($1::text) u
cross join lateral chat.start_conversation(u.user_id, $2::bigint) o
left join lateral (
    select
\ir parts/side_columns.sql
    from (select (o.conversation).*) c where c.id is not null) p on true
left join chat.churches h on h.id = p.church_id
left join chat.users m on m.id = p.member_id
\ir parts/last_staff.sql
;
