create or replace function chat.attachment_of(of_message chat.messages)
returns text
language plpgsql as $$
begin
    return (select chat.attachment_text(a)
            from chat.attachments a
            where a.conversation_id = of_message.conversation_id and a.message_id = of_message.id);
end $$;

comment on function chat.attachment_of(chat.messages) is
'chat.attachment_text() of a message that was stored or found after the statement began; null without one.
Arguments: its row. Volatile, as the statement''s own snapshot has not got it. Locks: none.';
