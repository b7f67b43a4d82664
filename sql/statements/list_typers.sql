-- Which of these users are typing in a conversation. A member sees the church, once, and not which of its staff, or
-- how many.
-- Parameters: external_id, conversation_id, user ids as '{1,2}', for each the last seq when it was noted.
-- Read only.
\set conversation_id 'a.conversation_id'
\set church_id 'a.church_id'
\set member_id 'a.member_id'
\set member_blocked 'a.member_blocked'
\set seq '($4::bigint[])[array_position($3::bigint[], t.id)]'
\ir parts/asker_of_conversation.sql
select a.user_id, a.user_is_active, a.user_display_name, a.user_avatar_url, a.user_email, a.user_username,
       a.conversation_id, null::bigint as typer_id, null::text as username, null::text as display_name,
       null::text as avatar_url
from asker a
union all
select null, null, null, null, null, null, null,
       case when a.is_church_owner then t.id end,
       case when a.is_church_owner then t.username end,
       case when a.is_church_owner then t.display_name else a.church_name end,
       case when a.is_church_owner then t.avatar_url else a.church_logo_url end
from asker a
cross join lateral (
    select t.id, t.username, t.display_name, t.avatar_url
    from chat.users t
    where t.id = any ($3::bigint[]) and t.id <> a.user_id and t.is_active and
\ir parts/may_type.sql
    order by t.id limit case when not a.is_church_owner then 1 end) t;
