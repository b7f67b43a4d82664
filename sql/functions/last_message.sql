create or replace function chat.last_message(of_conversation bigint)
returns setof chat.messages
language sql stable rows 1 as $$
    select m.*
    from chat.messages m
    where m.conversation_id = of_conversation
    order by m.id desc
    limit 1
$$;

comment on function chat.last_message(bigint) is
'The newest message of a conversation; no row while it is empty.
Arguments: the conversation. Locks: none.';
