-- PostgreSQL notes that a query is empty, which would be a line on standard error for each search.
create or replace function chat.without_beginning(words tsquery) returns tsquery
language plpgsql stable strict set client_min_messages = warning as $$
declare
    beginning constant tsquery := substring(words::text from $re$'(?:[^']|'')*':\*$re$)::tsquery;
    others tsquery;
begin
    if beginning is null or words::text like '%|%' then
        return null;
    end if;
    others := ts_rewrite(words, beginning, ''::tsquery);
    return case when querytree(others) not in ('', 'T') and others::text not like '%:*%' then others end;
end $$;

comment on function chat.without_beginning(tsquery) is
'What a search asks for beside its word that may be the beginning of others; null where there is no such word, and where
the rest does not restrict it: nothing else must occur, or it has choices, or another such word.
Arguments: chat.query(). Locks: none.';
