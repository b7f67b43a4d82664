-- Always, whatever chat.follow is: nothing else looks for messages that were changed or deleted. Not for updates of
-- other columns, so that reading a message costs nothing. New messages: chat.send_message() and
-- chat.follow_inserted_message().
do $$
begin
    if exists (select from pg_trigger t
               where t.tgrelid = 'chat.messages'::regclass and t.tgname = 'unindex_deleted') then
        return;
    end if;
    create trigger unindex_deleted after delete on chat.messages referencing old table as old_rows
        for each statement execute function chat.unindex_messages();
    create trigger unindex_truncated after truncate on chat.messages
        for each statement execute function chat.unindex_messages();
    create trigger reindex_updated after update of conversation_id, id, sender_id, content on chat.messages
        for each row when ((old.conversation_id, old.id, old.sender_id, old.content) is distinct from
                           (new.conversation_id, new.id, new.sender_id, new.content))
        execute function chat.reindex_message();
    create trigger reindex_inserted after insert on chat.attachments
        for each row when (current_setting('chat.follow', true) is distinct from 'off')
        execute function chat.reindex_message();
    create trigger reindex_updated after update of conversation_id, message_id, name on chat.attachments
        for each row execute function chat.reindex_message();
    create trigger reindex_deleted after delete on chat.attachments
        for each row execute function chat.reindex_message();
    create trigger reindex_moved after update of church_id on chat.conversations
        for each row when (old.church_id <> new.church_id)
        execute function chat.reindex_conversation();
end $$;
