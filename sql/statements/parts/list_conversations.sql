-- A header row, then a page of conversations, newest first. At most one page of the user's own conversations and one
-- of each church that they are staff of are read, and the newest of all these are kept; only then the names
-- that differ from row to row are looked up: the churches of the user's own, the members of the others. Staff do not
-- see a conversation before its first message. There is no index without the empty ones: that would be one entry more
-- to write for each message.
-- Set before: :of_member and :of_church, further conditions for the user's own and for the churches'.
\set page '(c.updated_at, c.id) < (coalesce($3::timestamptz, ''infinity''), coalesce($4::bigint, 9223372036854775807)) and c.updated_at >= coalesce((select s.at from since s), ''-infinity'') and ((select s.snapshot from since s) is null or chat.is_news(c.xmin, (select s.snapshot from since s)))'
\set newest 'order by c.updated_at desc, c.id desc limit $2::integer'
\set church_name 'coalesce(p.church_name, h.name)'
\set church_logo_url 'coalesce(p.church_logo_url, h.logo_url)'
\set member_name 'coalesce(p.member_name, m.display_name)'
\set to_staff 'p.is_church_owner'
\set member_avatar_url 'coalesce(p.member_avatar_url, m.avatar_url)'
with asker as (select * from chat.asker($1::text)),
since as materialized (
    select s.at, s.snapshot from chat.since($6::text) s where $6::text is not null)
select u.user_id as "user_id conversation_id", s.xmin as "snapshot_xmin church_id",
       u.user_display_name as "user_display_name church_name",
       u.user_avatar_url as "user_avatar_url church_logo_url", n.unread_conversations as "unread_conversations member_id",
       u.user_email as "user_email member_name", u.user_username as "user_username member_avatar_url",
       n.version as "counts_version last_message_id", s.epoch as "epoch last_message_text",
       null::timestamptz as last_message_at, null::timestamptz as created_at,
       null::timestamptz as updated_at, null::boolean as member_is_blocked,
       null::boolean as last_from_church, n.member_messages as "member_messages version",
       n.member_conversations as "member_conversations last_staff_id",
       null::text as last_staff_name,
       u.user_is_active as "user_is_active is_church_owner", n.unread_messages as "unread_messages unread_count",
       null::xid as written_by, s.snapshot
from asker u
cross join lateral chat.user_counts(u.user_id) n
cross join chat.current_snapshot() s
union all
select
\ir conversation_columns.sql
       , p.is_church_owner, p.unread_count::bigint, p.written_by, null
from (
    select c.*
    from asker u
    cross join lateral (
        (select
\ir side_columns.sql
                , c.xmin as written_by, null as church_name, null as church_logo_url,
                u.user_display_name as member_name, u.user_avatar_url as member_avatar_url
         from chat.conversations c
         where c.member_id = u.user_id and c.church_id = coalesce($5::bigint, c.church_id)
           and coalesce($7::text, 'member') = 'member'
           and :page :of_member
         :newest)
        union all
        select c.*, h.name, h.logo_url, null, null
        from chat.church_staff s
        cross join lateral (
            select h.name, h.logo_url from chat.churches h where h.id = s.church_id offset 0) h
        cross join lateral (
            select
\ir side_columns.sql
                   , c.xmin
            from chat.conversations c
            where c.church_id = s.church_id and c.member_id <> u.user_id and c.last_seq > 0
              and :page :of_church
            :newest) c
        where s.user_id = u.user_id and s.church_id = coalesce($5::bigint, s.church_id)
          and coalesce($7::text, 'staff') = 'staff') c
    :newest) p
left join lateral (
    select h.name, h.logo_url
    from chat.churches h where h.id = p.church_id and not p.is_church_owner offset 0) h on true
left join lateral (
    select m.display_name, m.avatar_url
    from chat.users m where m.id = p.member_id and p.is_church_owner offset 0) m on true
\ir last_staff.sql
;
