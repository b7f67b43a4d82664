create or replace function chat.unread_messages(of_user bigint)
returns table (unread bigint)
language sql stable rows 1 as $$
    select ((select coalesce(sum(c.member_unread), 0)
             from chat.conversations c
             where c.member_id = of_user and c.member_unread > 0)
            + case when (select true from chat.church_staff s where s.user_id = of_user limit 1)
                   then chat.unread_of_staff(of_user) else 0 end)::bigint
$$;

comment on function chat.unread_messages(bigint) is
'How many messages the user has not read, over all conversations. Most users are not staff, and a function that
is not called needs no plan. Arguments: the user. Locks: none. PostgreSQL expands it in the statement that calls
it.';
