create or replace function chat.names_of_user(person chat.users)
returns text[]
language sql immutable as $$
    select coalesce(array_agg(distinct n.name), '{}')
    from unnest(array[person.external_id, person.username, person.email,
                      regexp_replace(person.display_name, ' \(member\)$', '')]) as n (name)
    where n.name <> '' and n.name <> chat.pseudonym(person.id)
$$;

comment on function chat.names_of_user(chat.users) is
'By which names a user is known: the external_id, the user name, the mail address, the display name. None of one who was
erased. Arguments: the user''s row. Locks: none.';
