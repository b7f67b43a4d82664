-- chat.follow: see follow_inserted_message.sql.
do $$
begin
    if exists (select from pg_trigger t
               where t.tgrelid = 'chat.messages'::regclass and t.tgname = 'follow_updated') then
        return;
    end if;
    create trigger follow_updated after update on chat.messages
        referencing old table as old_rows new table as new_rows
        for each statement when (current_setting('chat.follow', true) is distinct from 'off')
        execute function chat.follow_messages();
    create trigger follow_deleted after delete on chat.messages referencing old table as old_rows
        for each statement when (current_setting('chat.follow', true) is distinct from 'off')
        execute function chat.follow_messages();
    create trigger follow_truncated after truncate on chat.messages
        for each statement execute function chat.follow_messages();
end $$;
