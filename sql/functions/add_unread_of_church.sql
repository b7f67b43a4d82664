create or replace function chat.add_unread_of_church(
    of_church bigint, of_conversation bigint, messages bigint, in_conversations bigint)
returns void language plpgsql as $$
begin
    update chat.unread_of_churches n
    set unread = n.unread + messages, conversations = n.conversations + in_conversations, version = n.version + 1
    where n.church_id = of_church and n.part = of_conversation % 16;
    if not found then
        insert into chat.unread_of_churches (church_id, part, unread, conversations, version)
        values (of_church, of_conversation % 16, messages, in_conversations, 1)
        on conflict (church_id, part) do update
            set unread = unread_of_churches.unread + excluded.unread,
                conversations = unread_of_churches.conversations + excluded.conversations,
                version = unread_of_churches.version + 1;
    end if;
end $$;

comment on function chat.add_unread_of_church(bigint, bigint, bigint, bigint) is
'Adds to the number of a church''s unread messages and of its conversations with unread messages,
and 1 to the version of both.
Arguments: the church; the conversation that has changed; what to add to each number, negative to subtract.
Locks: the row of chat.unread_of_churches for this conversation, after the conversation''s row, until commit.';
