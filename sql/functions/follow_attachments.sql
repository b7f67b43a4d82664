create or replace function chat.follow_attachments() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
    -- A conversation shows the name of the file where its last message has no text.
    perform chat.refresh_conversations(array(
        select distinct c.id
        from old_rows o
        join chat.conversations c on c.id = o.conversation_id and c.last_message_id = o.message_id
        join chat.messages m on m.conversation_id = o.conversation_id and m.id = o.message_id and m.content = ''));
    insert into chat.events (kind, conversation_id, message_id)
    select 12, o.conversation_id, o.message_id
    from old_rows o
    join chat.messages m on m.conversation_id = o.conversation_id and m.id = o.message_id -- not deleted with it
    order by 2, 3;
    return null;
end $$;

comment on function chat.follow_attachments() is
'Trigger: after attachments were deleted and their messages were not, tells the feeds of these messages.
Locks: see chat.refresh_conversations().';
