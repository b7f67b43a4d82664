create or replace function chat.query_term(words text, is_beginning boolean, config regconfig) returns tsquery
language plpgsql stable as $$
declare
    folded text := chat.words(words);
    term   tsquery;
begin
    if octet_length(folded) > 2000 then
        return null; -- PostgreSQL refuses words of 2 kB; 200 characters have them only where nobody writes so
    end if;
    term := phraseto_tsquery(config, folded);
    if is_beginning and numnode(term) = 0 then -- a word that is not indexed may be the beginning of one that is
        term := phraseto_tsquery('pg_catalog.simple', folded);
    end if;
    if numnode(term) = 0 then
        return null;
    end if;
    -- A dictionary may make several words of one. Then they are whole, for a beginning cannot be said of all of them.
    if is_beginning and term::text like '%''' and term::text not like '%|%' then
        term := (term::text || ':*')::tsquery;
    end if;
    return term;
end $$;

comment on function chat.query_term(text, boolean, regconfig) is
'Words of a search that follow each other; null when none of them is searched. No text gives a word that begins with ~,
as the scopes of chat.find_messages() do.
Arguments: the words, whether the last one may be the beginning of one, the text search configuration. Locks: none.';
