-- The names and recipients of typing changes, which are not stored in the database. is_typing is false as well if the
-- user may not be shown any more, or has sent a message after that seq. There is no row for a conversation that does
-- not exist. For feeds.
-- Parameters: conversation ids, user ids, whether each is typing, and the last seqs, all as '{1,2}'.
-- Read only.
\set conversation_id 'p.id'
\set church_id 'p.church_id'
\set member_id 'p.member_id'
\set member_blocked 'p.member_blocked'
\set seq 'k.seq'
-- Staff see a conversation from its first message on.
\set of_church 'case when p.last_seq > 0 then p.church_id end'
select p.id as conversation_id, k.user_id as typer_id, coalesce(t.username, '') as username,
       coalesce(t.display_name, '') as display_name, t.avatar_url, k.user_id = p.member_id as is_member,
       p.member_id, h.name as church_name, h.logo_url as church_logo_url,
\ir parts/staff_ids.sql
       ,
       (k.is_typing and t.is_active and
\ir parts/may_type.sql
       ) is true as is_typing, k.place
from unnest($1::bigint[], $2::bigint[], $3::boolean[], $4::bigint[]) with ordinality
     as k (conversation_id, user_id, is_typing, seq, place)
join chat.conversations p on p.id = k.conversation_id
join chat.churches h on h.id = p.church_id
left join chat.users t on t.id = k.user_id
order by k.place;
