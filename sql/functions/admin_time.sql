create or replace function chat.admin_time(timestamptz) returns text
language sql stable parallel safe as $$
    select to_char($1 at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

comment on function chat.admin_time(timestamptz) is
'A time as all answers of the module have it. PostgreSQL expands it in the statement that calls it.';
