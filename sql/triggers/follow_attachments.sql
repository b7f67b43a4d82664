-- chat.follow: see follow_inserted_message.sql.
do $$
begin
    if exists (select from pg_trigger t
               where t.tgrelid = 'chat.attachments'::regclass and t.tgname = 'follow_deleted') then
        return;
    end if;
    create trigger follow_deleted after delete on chat.attachments referencing old table as old_rows
        for each statement when (current_setting('chat.follow', true) is distinct from 'off')
        execute function chat.follow_attachments();
end $$;
