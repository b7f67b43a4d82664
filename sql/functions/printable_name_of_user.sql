create or replace function chat.printable_name(chat.users)
returns text
language sql immutable as $$
    select $1.display_name
$$;

comment on function chat.printable_name(chat.users) is
'A name of a user for people, as in administration. Arguments: the user''s row. Locks: none.';
