create or replace function chat.file_line(name text, size_bytes bigint)
returns text
language sql immutable as $$
    select name || ' (' || case
        when size_bytes < 1000 then size_bytes || ' B'
        when size_bytes < 9999500 then round(size_bytes / 1000.0) || ' kB'
        else round(size_bytes / 1000000.0) || ' MB'
    end || ')'
$$;

comment on function chat.file_line(text, bigint) is
'A file as a line of a mail: its name and size, without a decimal point, so that it reads the same in all languages.
Arguments: the name as it is to be shown, the size. Null without a name. Locks: none.';
