create or replace function chat.unindex_messages() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'TRUNCATE' then
        delete from chat.message_words;
        return null;
    end if;
    delete from chat.message_words w
    using old_rows o
    where w.conversation_id = o.conversation_id and w.id = o.id;
    -- Words of them that were being added at the same time are not seen here.
    insert into chat.unindexed (conversation_id, message_id) select o.conversation_id, o.id from old_rows o;
    return null;
end $$;
comment on function chat.unindex_messages() is
'Trigger: the words of messages are deleted with them. Locks: their rows of chat.message_words.';
