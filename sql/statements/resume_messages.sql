-- What a client has missed in several conversations: a header row; a row for each conversation, in the order given,
-- with nulls if the user may not see it; then the messages of each after a seq, oldest first, up to a number in all.
-- Nothing is sorted, so that no more rows are read.
-- Parameters: external_id, conversation ids and seqs as '{1,2}', rows.
-- Read only.
\set to_staff 'p.is_church_owner'
\ir parts/staff_name.sql
\ir parts/attachment.sql
with asker as (select * from chat.asker($1::text)),
points as materialized (
    select k.seq as has_seq, k.place, p.*
    from asker u
    cross join unnest($2::bigint[], $3::bigint[]) with ordinality as k (id, seq, place)
    left join lateral (
        select
\ir parts/side_columns.sql
               , c.last_seq
        from chat.conversation_for(u.user_id, k.id) c offset 0) p on true)
select u.user_id as "user_id member_id message_id", u.user_is_active as "user_is_active member_is_blocked from_church",
       u.user_display_name as "user_display_name last_message_text content",
       u.user_avatar_url as "user_avatar_url church_logo_url client_id",
       u.user_email as "user_email member_avatar_url staff_name", s.xmin as "snapshot_xmin last_seq seq",
       null::boolean as "is_church_owner is_flagged", null::bigint as "church_id sender_id",
       null::timestamptz as "created_at sent_at", null::timestamptz as "updated_at read_at",
       u.user_username as "user_username church_name attachment", null::bigint as conversation_id,
       s.epoch as "epoch member_name", null::bigint as last_message_id, null::timestamptz as last_message_at,
       null::bigint as unread_count, null::boolean as last_from_church, null::bigint as version,
       null::bigint as last_staff_id, null::text as last_staff_name
from asker u
cross join chat.current_snapshot() s
union all
(select p.member_id, p.member_blocked, p.last_message_text::text, h.logo_url, m.avatar_url, p.last_seq,
        p.is_church_owner, p.church_id, p.created_at, p.updated_at, h.name, p.id, m.display_name,
        p.last_message_id, p.last_message_at, p.unread_count::bigint,
        coalesce(p.last_from_church, (select m.from_church from chat.messages m
                                      where m.conversation_id = p.id and m.id = p.last_message_id)),
        p.version, l.sender_id, l.display_name
 from points p
 left join lateral (select h.name, h.logo_url from chat.churches h where h.id = p.church_id offset 0) h on true
 left join lateral (
     select m.display_name, m.avatar_url from chat.users m where m.id = p.member_id offset 0) m on true
\ir parts/last_staff.sql
 order by p.place)
union all
(select
\ir parts/message_columns.sql
        , p.id, null, null, null, null, null, null, null, null
 from points p
 cross join lateral (
     select g.*
     from chat.messages g
     where g.conversation_id = p.id and g.seq > p.has_seq
     order by g.seq limit $4::integer) g
 where p.last_seq > p.has_seq
 limit $4::integer);
