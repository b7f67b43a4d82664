create or replace function chat.printable_name(chat.churches)
returns text
language sql immutable as $$
    select $1.name
$$;

comment on function chat.printable_name(chat.churches) is
'A name of a church for people, as in administration. Arguments: the church''s row. Locks: none.';
