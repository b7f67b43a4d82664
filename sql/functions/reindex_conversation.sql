create or replace function chat.reindex_conversation() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
    update chat.message_words w
    set church_id = new.church_id,
        search = ts_delete(w.search, '~' || w.church_id) || array_to_tsvector(array['~' || new.church_id])
    where w.conversation_id = new.id;
    -- Words that were being added at the same time are not seen here.
    insert into chat.unindexed (conversation_id, message_id)
    select m.conversation_id, m.id from chat.messages m where m.conversation_id = new.id;
    return null;
end $$;
comment on function chat.reindex_conversation() is
'Trigger: the messages of a conversation that is moved to another church by SQL are found there.
Locks: its rows of chat.message_words.';
