create or replace function chat.unread_notifications(of_user bigint)
returns table (unread bigint)
language sql stable rows 1 as $$
    select ((select count(*)
             from chat.conversations c
             where c.member_id = of_user and c.member_unread > 0)
            + (select coalesce(sum(n.conversations), 0)
               from chat.church_staff s
               join chat.unread_of_churches n on n.church_id = s.church_id
               where s.user_id = of_user)
            - (select count(*) filter (where c.church_unread > 0)
               from chat.church_staff s
               join chat.conversations c on c.church_id = s.church_id and c.member_id = of_user
               where s.user_id = of_user)
            - (select count(*)
               from chat.notification_marks k
               cross join lateral chat.conversation_for(of_user, k.conversation_id) c
               where k.user_id = of_user
                 and k.read_up_to >= case when c.member_id = of_user then c.member_newest_unread_id
                                          else c.church_newest_unread_id end))::bigint
$$;

comment on function chat.unread_notifications(bigint) is
'How many notifications the user has not marked: conversations with unread messages, of which those of the
churches are counted already, without those that the user''s marks still cover.
Arguments: the user. Locks: none. PostgreSQL expands it in the statement that calls it.';
