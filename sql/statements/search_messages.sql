-- A header row, then a page of the messages with certain words in all conversations that the user may see, newest
-- first, each with its conversation.
-- Parameters: external_id, the terms as chat.query() takes them or null, rows, and, each or null, the id before which
-- the page begins, church_id, conversation_id, me or them (who has sent it), the times from which on and before which it
-- was sent.
-- Read only.
\set to_staff 'p.is_church_owner'
\ir parts/staff_name.sql
\ir parts/attachment.sql
with asker as (select * from chat.asker($1::text)),
hits as materialized (
    select f.conversation_id, f.message_id, f.place
    from asker u
    cross join lateral (
        select f.conversation_id, f.message_id, f.place
        from chat.find_messages(u.user_id, chat.query($2::text), $3::integer, 10000, $4::bigint, $5::bigint,
                                $6::bigint, $7::text, $8::timestamptz, $9::timestamptz)
             with ordinality as f (conversation_id, message_id, place)
        where u.user_is_active offset 0) f
),
found as materialized (
    select f.message_id, f.place, p.*
    from asker u
    cross join hits f
    cross join lateral (
        select
\ir parts/side_columns.sql
        from chat.conversation_for(u.user_id, f.conversation_id) c offset 0) p)
select u.user_id as "user_id conversation_id", s.xmin as "snapshot_xmin church_id",
       u.user_display_name as "user_display_name church_name", u.user_avatar_url as "user_avatar_url church_logo_url",
       null::bigint as member_id, u.user_email as "user_email member_name",
       u.user_username as "user_username member_avatar_url", null::bigint as last_message_id,
       s.epoch as "epoch last_message_text", null::timestamptz as last_message_at, null::timestamptz as created_at,
       null::timestamptz as updated_at, null::boolean as member_is_blocked, null::boolean as last_from_church,
       null::bigint as version, null::bigint as last_staff_id, null::text as last_staff_name,
       u.user_is_active as "user_is_active is_church_owner", null::bigint as unread_count,
       (select h.message_id from hits h where h.conversation_id is null) as "searched_to message_id",
       t.up_to_date as "is_up_to_date from_church", null::text as content,
       null::text as client_id, null::text as staff_name, null::bigint as seq, null::boolean as is_flagged,
       null::bigint as sender_id, null::timestamptz as sent_at, null::timestamptz as read_at, null::text as attachment
from asker u
cross join chat.current_snapshot() s
cross join chat.search_progress() t
union all
(select
\ir parts/names.sql
\ir parts/conversation_columns.sql
        , p.is_church_owner, p.unread_count::bigint,
\ir parts/message_columns.sql
 from found p
 join chat.messages g on g.conversation_id = p.id and g.id = p.message_id
 left join lateral (select h.name, h.logo_url from chat.churches h where h.id = p.church_id offset 0) h on true
 left join lateral (select m.display_name, m.avatar_url from chat.users m where m.id = p.member_id offset 0) m on true
\ir parts/last_staff.sql
 order by p.place);
