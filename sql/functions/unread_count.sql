create or replace function chat.unread_count(of_user bigint, in_conversation bigint)
returns bigint
language sql stable as $$
    select case when c.member_id = u.id then c.member_unread else c.church_unread end
    from chat.users u
    cross join lateral chat.conversation_for(u.id, in_conversation) c
    where u.id = of_user and u.is_active
$$;

comment on function chat.unread_count(bigint, bigint) is
'How many messages of a conversation the user''s side has not read.
Arguments: the user, the conversation. Null: no such conversation, not theirs, or an inactive user.
Locks: none.';
