create or replace function chat.pseudonym(of_user bigint)
returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select 'Erased user ' || of_user
$$;

comment on function chat.pseudonym(bigint) is
'What a user who was erased is called. Arguments: the user''s id. Locks: none.';
