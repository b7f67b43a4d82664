create or replace function chat.reindex_message() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_table_name = 'attachments' then
        if tg_op <> 'INSERT' then
            insert into chat.unindexed (conversation_id, message_id) values (old.conversation_id, old.message_id);
        end if;
        if tg_op <> 'DELETE' then
            insert into chat.unindexed (conversation_id, message_id) values (new.conversation_id, new.message_id);
        end if;
    else
        delete from chat.message_words w where w.conversation_id = old.conversation_id and w.id = old.id;
        insert into chat.unindexed (conversation_id, message_id)
        values (old.conversation_id, old.id), (new.conversation_id, new.id);
    end if;
    return null;
end $$;
comment on function chat.reindex_message() is
'Trigger: a message whose text was changed by SQL cannot be found by its old words any more; the new ones, and those of
a file''s name, are added as those of a new message. Locks: its row of chat.message_words.';
