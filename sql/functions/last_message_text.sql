create or replace function chat.last_message_text(content text) returns text language sql immutable as $$
    select case when char_length(content) <= 140 then content else chat.excerpt_of(content) end
$$;

comment on function chat.last_message_text(text) is
'What chat.conversations has of the text of its newest message. PostgreSQL expands it in the statement that calls it, so
that a short text costs no call.';
