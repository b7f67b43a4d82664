-- A page of the user's notifications, newest first. As in parts/list_conversations.sql: a page of each list, the
-- newest of these, and then their texts.
-- Parameters: external_id, rows, id of the newest message before which the page begins or null.
-- Read only.
with asker as (select * from chat.asker($1::text))
select u.user_id as "user_id conversation_id", u.user_is_active as "user_is_active is_church_owner",
       u.user_display_name as "user_display_name title", u.user_avatar_url as "user_avatar_url body",
       n.unread as "unread_count count", null::timestamptz as created_at, null::timestamptz as updated_at,
       null::timestamptz as read_at, s.xmin as "snapshot_xmin newest_id", u.user_email, u.user_username, s.epoch,
       n.unread_messages, n.unread_conversations, n.member_messages, n.member_conversations,
       n.version as counts_version
from asker u
cross join lateral chat.notification_counts(u.user_id) n
cross join chat.current_snapshot() s
union all
select
\ir parts/notification_columns.sql
       , k.read_at, p.newest_unread_id, null, null, null, null, null, null, null, null
from (
    select c.*
    from asker u
    cross join lateral (
        (select false as is_church_owner, u.user_id as reader_id, c.id, c.church_id, c.member_id,
                c.member_unread as unread, c.member_unread_since as unread_since,
                c.member_newest_unread_id as newest_unread_id
         from chat.conversations c
         where c.member_id = u.user_id and c.member_unread > 0
           and c.member_newest_unread_id < coalesce($3::bigint, 9223372036854775807)
         order by c.member_newest_unread_id desc limit $2::integer)
        union all
        select c.*
        from chat.church_staff s
        cross join lateral (
            select true, u.user_id, c.id, c.church_id, c.member_id, c.church_unread, c.church_unread_since,
                   c.church_newest_unread_id
            from chat.conversations c
            where c.church_id = s.church_id and c.member_id <> u.user_id and c.church_unread > 0
              and c.church_newest_unread_id < coalesce($3::bigint, 9223372036854775807)
            order by c.church_newest_unread_id desc limit $2::integer) c
        where s.user_id = u.user_id) c
    order by c.newest_unread_id desc limit $2::integer) p
\ir parts/newest_unread.sql
left join lateral (
    select k.read_at
    from chat.notification_marks k
    where k.user_id = p.reader_id and k.conversation_id = p.id and k.read_up_to >= p.newest_unread_id
    offset 0) k on true;
