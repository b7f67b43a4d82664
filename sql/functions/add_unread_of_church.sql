create or replace function chat.add_unread_of_church(
    of_church bigint, of_conversation bigint, messages bigint, in_conversations bigint)
returns void language plpgsql as $$
begin
    update chat.unread_of_churches n
    set unread = n.unread + messages, conversations = n.conversations + in_conversations
    where n.church_id = of_church and n.part = of_conversation % 16;
    if not found then
        insert into chat.unread_of_churches (church_id, part, unread, conversations)
        values (of_church, of_conversation % 16, messages, in_conversations)
        on conflict (church_id, part) do update
            set unread = unread_of_churches.unread + excluded.unread,
                conversations = unread_of_churches.conversations + excluded.conversations;
    end if;
end $$;

comment on function chat.add_unread_of_church(bigint, bigint, bigint, bigint) is
'Adds to the number of a church''s unread messages and of its conversations with unread messages.
Arguments: the church; the conversation that has changed; what to add to each number, negative to subtract.
Locks: the row of chat.unread_of_churches for this conversation, after the conversation''s row, until commit.';
