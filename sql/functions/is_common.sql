create or replace function chat.is_common(words tsquery, most bigint) returns boolean
language plpgsql stable as $$
declare
    points   constant integer := 40;
    at_each  constant integer := 25;
    messages constant real := (select c.reltuples from pg_class c where c.oid = 'chat.message_words'::regclass);
    first_of_all bigint;
    last_of_all  bigint;
begin
    if messages <= most then
        return false;
    end if;
    first_of_all := (select w.conversation_id from chat.message_words w order by w.conversation_id limit 1);
    last_of_all := (select w.conversation_id from chat.message_words w order by w.conversation_id desc limit 1);
    return (
        select count(*) filter (where s.search @@ words) * messages > most * count(*)
        from generate_series(0, points - 1) n
        cross join lateral (
            select w.search from chat.message_words w
            where w.conversation_id >= first_of_all + (last_of_all - first_of_all) / points * n
            order by w.conversation_id, w.id limit at_each) s);
end $$;

comment on function chat.is_common(tsquery, bigint) is
'Whether about more than so many messages of all have the words, by a sample of a thousand: of conversations at equal
distances. So it is known before the index has read all of its entries.
Arguments: the words, the number. Locks: none.';
