-- Whether the user may type in a conversation, and on which side; nulls if they may not see it.
-- Parameters: external_id, conversation_id, user_id that must be the user's or null.
-- Read only.
select u.*, c.id as conversation_id, c.member_id <> u.user_id as is_church_owner,
       c.member_blocked as member_is_blocked, c.last_seq
from chat.asker($1::text) u
left join lateral chat.conversation_for(u.user_id, $2::bigint) c on true
where u.user_id = coalesce($3::bigint, u.user_id);
