create or replace function chat.attachment_text(chat.attachments)
returns text
language sql stable as $$
    select concat_ws(E'\t', $1.id, $1.size_bytes, coalesce($1.width, 0), coalesce($1.height, 0), $1.kind,
                     $1.content_type, $1.name)
$$;

comment on function chat.attachment_text(chat.attachments) is
'An attachment as one column of a message: its fields with tabs between them, of which only the name, the last one, may
have some itself. PostgreSQL expands it in the statement that calls it.
Arguments: its row. Locks: none.';
