create or replace function chat.message_excerpt(of_message chat.messages)
returns text
language sql stable as $$
    select case when $1.content = ''
                then coalesce((select chat.excerpt_of(a.name) from chat.attachments a
                               where a.conversation_id = $1.conversation_id and a.message_id = $1.id), '')
                else chat.last_message_text($1.content) end
$$;

comment on function chat.message_excerpt(chat.messages) is
'What lists show of a message that is a conversation''s last one: its beginning, or the name of its file.
Arguments: its row. Locks: none.';
