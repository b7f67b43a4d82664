-- Kept for the module of the release before; the next release drops it.
create or replace function chat.unread_messages(of_user bigint)
returns table (unread bigint)
language sql stable rows 1 as $$
    select n.unread_messages from chat.user_counts(of_user) n
$$;

comment on function chat.unread_messages(bigint) is
'How many messages the user has not read, over all conversations. Arguments: the user. Locks: none. PostgreSQL expands
it in the statement that calls it.';
