create or replace function chat.tell_messages_deleted(of_conversation bigint, deleted bigint[])
returns void
language sql as $$
    insert into chat.events (kind, conversation_id, ids)
    values (10, of_conversation, case when cardinality(deleted) <= 200 then deleted end)
$$;

comment on function chat.tell_messages_deleted(bigint, bigint[]) is
'Tells the feeds which messages of a conversation were deleted; of more than 200, that many were.
Arguments: the conversation, the ids of the messages. Locks: none.';
