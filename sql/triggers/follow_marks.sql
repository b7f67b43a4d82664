do $$
begin
    if exists (select from pg_trigger t
               where t.tgrelid = 'chat.notification_marks'::regclass and t.tgname = 'follow_inserted') then
        return;
    end if;
    create trigger follow_inserted after insert on chat.notification_marks referencing new table as new_rows
        for each statement execute function chat.follow_marks();
    create trigger follow_updated after update on chat.notification_marks referencing new table as new_rows
        for each statement execute function chat.follow_marks();
    create trigger follow_deleted after delete on chat.notification_marks referencing old table as old_rows
        for each statement execute function chat.follow_marks();
    create trigger follow_truncated after truncate on chat.notification_marks
        for each statement execute function chat.follow_access();
end $$;
