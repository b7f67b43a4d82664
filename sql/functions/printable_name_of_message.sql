create or replace function chat.printable_name(chat.messages)
returns text
language sql stable as $$
    select coalesce(u.display_name, 'User ' || $1.sender_id) || ': '
           || case when char_length($1.content) > 50 then chat.excerpt_of($1.content, 49) || '…'
                   else $1.content end
    from (select) as one
    left join chat.users u on u.id = $1.sender_id
$$;

comment on function chat.printable_name(chat.messages) is
'A name of a message for people: its sender and at most 50 characters of its text.
Arguments: its row. Locks: none.';
