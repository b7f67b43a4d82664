create or replace function chat.unread_since(since timestamptz, unread integer, added integer, sent_at timestamptz)
returns timestamptz language sql immutable as $$
    select case when added > 0 and unread = 0 then sent_at else since end
$$;

comment on function chat.unread_since(timestamptz, integer, integer, timestamptz) is
'Since when one side of a conversation has unread messages, when new ones are added. PostgreSQL expands it in
chat.send_message() and chat.send_messages().
Arguments: since when it had, and how many; how many are added, and when they were sent.';
