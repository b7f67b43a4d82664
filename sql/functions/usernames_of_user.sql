create or replace function chat.usernames_of_user(person chat.users)
returns text[]
language sql immutable as $$
    select array_remove(array[person.external_id, person.username], null)
$$;

comment on function chat.usernames_of_user(chat.users) is
'By which names a user is logged in: the external_id and the user name, which nobody else has. None of one who was erased.
Arguments: the user''s row. Locks: none.';
