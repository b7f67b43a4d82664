-- The state of notifications, all of one snapshot, so that rows and numbers agree: a row for each user, a row for
-- each side of a conversation, and a row for each mark of these users in these conversations. For feeds.
-- Parameters: user ids; conversation ids, and for each whether the church's side is meant; all as '{1,2}'.
-- Read only.
select u.id as user_id, null::bigint as conversation_id, null::boolean as is_church_owner, null::text as title,
       null::text as body, n.unread as count, null::timestamptz as created_at, null::timestamptz as updated_at,
       null::timestamptz as read_at, n.unread_messages, n.unread_conversations, n.member_messages,
       n.member_conversations, n.version as counts_version
from chat.users u
cross join lateral chat.notification_counts(u.id) n
where u.id = any ($1::bigint[])
union all
select null,
\ir parts/notification_columns.sql
       , null, null, null, null, null, null
from unnest($2::bigint[], $3::boolean[]) as a (conversation_id, is_church_owner)
cross join lateral (
    select false as is_church_owner, c.id, c.church_id, c.member_id, c.member_unread as unread,
           c.member_unread_since as unread_since, c.member_newest_unread_id as newest_unread_id
    from chat.conversations c where c.id = a.conversation_id and not a.is_church_owner
    union all
    select true, c.id, c.church_id, c.member_id, c.church_unread, c.church_unread_since, c.church_newest_unread_id
    from chat.conversations c where c.id = a.conversation_id and a.is_church_owner) p
\ir parts/newest_unread.sql
union all
select u.id, c.id, null, null, null, null, null, null, k.read_at, null, null, null, null, null
from unnest($1::bigint[]) as u (id)
cross join lateral (select k.* from chat.notification_marks k where k.user_id = u.id offset 0) k
join chat.conversations c on c.id = k.conversation_id
where k.conversation_id = any ($2::bigint[])
  and k.read_up_to >= case when c.member_id = u.id then c.member_newest_unread_id
                           else c.church_newest_unread_id end;
