create or replace function chat.printable_name(chat.messages)
returns text
language sql stable as $$
    select coalesce(u.display_name, 'User ' || $1.sender_id) || ': '
           || case when char_length(t.content) > 50 then chat.excerpt_of(t.content, 49) || '…'
                   else t.content end
    from (select coalesce(nullif($1.content, ''),
                          (select a.name from chat.attachments a
                           where a.conversation_id = $1.conversation_id and a.message_id = $1.id), '') as content) t
    left join chat.users u on u.id = $1.sender_id
$$;

comment on function chat.printable_name(chat.messages) is
'A name of a message for people: its sender and at most 50 characters of its text, or of its file''s name.
Arguments: its row. Locks: none.';
