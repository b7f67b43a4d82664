create or replace function chat.url_segment(of_text text) returns text
language sql immutable parallel safe as $$
    select string_agg(case when c.c ~ '^[A-Za-z0-9._~-]$' then c.c
                           else regexp_replace(upper(encode(convert_to(c.c, 'UTF8'), 'hex')), '(..)', '%\1', 'g') end,
                      '' order by c.n)
    from regexp_split_to_table(of_text, '') with ordinality c (c, n)
$$;

comment on function chat.url_segment(text) is
'A text, such as the name of a file, as a segment of the path of a URL (RFC 3986). Arguments: the text.';
