create or replace function chat.admin_words(filters jsonb) returns tsquery
language plpgsql stable as $$
declare
    words tsquery := chat.query(filters ->> 'q');
    scope record;
begin
    if filters ? 'q' and words is null or not filters ? 'q' and not (select p.up_to_date from chat.search_progress() p) then
        return null;
    end if;
    for scope in
        select format('%L', s.mark || (filters ->> s.name))::tsquery as lexeme
        from (values ('~', 'church_id'), ('~c', 'conversation_id'), ('~u', 'sender_id')) s (mark, name)
        where filters ? s.name
    loop
        words := coalesce(words && scope.lexeme, scope.lexeme);
    end loop;
    return words;
end $$;

comment on function chat.admin_words(jsonb) is
'What a list of messages looks for in chat.message_words: the words that were asked for, where else the list is limited
to, and the sender; null when there is nothing to find, or, without words, when the index is not up to date.
Arguments: the filters of chat.admin_condition(); q is an argument of chat.query(). Locks: none.';
