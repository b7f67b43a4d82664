create or replace function chat.conversation_for(of_user bigint, of_conversation bigint)
returns setof chat.conversations
language sql stable rows 1 as $$
    select c.*
    from chat.conversations c
    where c.id = of_conversation
      and (c.member_id = of_user
           or (c.last_seq > 0
               and (select true from chat.church_staff s
                    where s.church_id = c.church_id and s.user_id = of_user)))
$$;

comment on function chat.conversation_for(bigint, bigint) is
'A conversation, if the user may see it: its member, or, from its first message on, staff of its church; otherwise
no row.
Arguments: the user, the conversation. Locks: none. PostgreSQL expands it in the statement that calls it. The
sub-select is a scalar one, as an "exists" may be planned as a hash of the whole table.';
