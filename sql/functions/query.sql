create or replace function chat.query(of_terms text) returns tsquery
language plpgsql stable strict set client_min_messages = warning as $$
declare
    config  regconfig;
    line    text;
    term    tsquery;
    needed  tsquery; -- what must occur, without the choices
    choices tsquery; -- of which the line before is the last one
    without tsquery;
    words   tsquery;
begin
    foreach config in array (select p.configs from chat.search_progress() p) loop
        needed := null;
        choices := null;
        without := null;
        foreach line in array string_to_array(of_terms, E'\n') loop
            term := chat.query_term(substr(line, 3), line like '_*%', config);
            if line like '+%' then
                needed := coalesce(needed && choices, needed, choices);
                choices := null;
            end if;
            continue when term is null;
            if line like '-%' then
                without := coalesce(without || term, term);
            else
                choices := coalesce(choices || term, term);
            end if;
        end loop;
        needed := coalesce(needed && choices, needed, choices);
        needed := coalesce(needed && !!without, needed);
        words := coalesce(words || needed, words, needed);
    end loop;
    return words;
end $$;

comment on function chat.query(text) is
'What a search looks for in chat.message_words; null when nothing of it can be found in any message, or it says only
what messages must not contain.
Arguments: the terms of core/chat_terms.h, a line each: + and what must occur, | and what may occur in place of the
line before, - and what must not occur; then * if the last word may be a beginning, otherwise a blank; then the words,
of which several are a phrase. While words are made anew for another text search configuration, those of either are
found. Locks: none.';
