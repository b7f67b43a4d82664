create or replace function chat.admin_beginning(of_text text) returns text
language sql immutable strict parallel safe as $$
    select regexp_replace(of_text, '([\\%_])', '\\\1', 'g') || '%'
$$;

comment on function chat.admin_beginning(text) is
'The pattern of LIKE for texts that begin with this one, whatever characters it has.';
