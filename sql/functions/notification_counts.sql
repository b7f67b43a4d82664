create or replace function chat.notification_counts(of_user bigint)
returns table (unread bigint, unread_messages bigint, unread_conversations bigint, member_messages bigint,
               member_conversations bigint, version bigint)
language sql stable rows 1 as $$
    select n.unread_conversations
           - (select count(*)
              from chat.notification_marks k
              cross join lateral chat.conversation_for(of_user, k.conversation_id) c
              where k.user_id = of_user
                and k.read_up_to >= case when c.member_id = of_user then c.member_newest_unread_id
                                         else c.church_newest_unread_id end),
           n.unread_messages, n.unread_conversations, n.member_messages, n.member_conversations, n.version
    from chat.user_counts(of_user) n
$$;

comment on function chat.notification_counts(bigint) is
'How many notifications the user has not marked: conversations with unread messages, without those that the user''s
marks still cover; and what chat.user_counts() returns, whose version is that of this number, too.
Arguments: the user. Locks: none. PostgreSQL expands it in the statement that calls it.';
