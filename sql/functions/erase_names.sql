create or replace function chat.erase_names(value text, names text[], pattern text, by_text text)
returns text
language sql immutable parallel safe as $$
    select case when value = any (names) then by_text
                when pattern is null then value
                else regexp_replace(value, pattern, by_text, 'gi') end
$$;

comment on function chat.erase_names(text, text[], text, text) is
'A text without the names of somebody who is erased. Arguments: the text; the names, one of which it may be; the pattern of
chat.pattern_of_names(), or null; what stands for them, without a backslash. Locks: none.';

create or replace function chat.erase_names(value jsonb, names text[], pattern text, by_text text)
returns jsonb
language plpgsql immutable parallel safe as $$
begin
    return case jsonb_typeof(value)
        when 'string' then to_jsonb(chat.erase_names(value #>> '{}', names, pattern, by_text))
        when 'array' then (select coalesce(jsonb_agg(chat.erase_names(e.value, names, pattern, by_text) order by e.n), '[]')
                           from jsonb_array_elements(value) with ordinality e (value, n))
        when 'object' then (select coalesce(jsonb_object_agg(e.key, chat.erase_names(e.value, names, pattern, by_text)), '{}')
                            from jsonb_each(value) e)
        else value end;
end $$;

comment on function chat.erase_names(jsonb, text[], text, text) is
'The same in all strings of JSON; the names of members stay. Locks: none.';
