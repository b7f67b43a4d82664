-- Kept for the module of the release before; the next release drops it.
create or replace function chat.unread_notifications(of_user bigint)
returns table (unread bigint)
language sql stable rows 1 as $$
    select n.unread from chat.notification_counts(of_user) n
$$;

comment on function chat.unread_notifications(bigint) is
'How many notifications the user has not marked. Arguments: the user. Locks: none. PostgreSQL expands it in the
statement that calls it.';
