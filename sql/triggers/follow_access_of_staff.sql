do $$
begin
    if exists (select from pg_trigger t
               where t.tgrelid = 'chat.church_staff'::regclass and t.tgname = 'follow_inserted') then
        return;
    end if;
    create trigger follow_inserted after insert on chat.church_staff referencing new table as new_rows
        for each statement execute function chat.follow_access();
    create trigger follow_updated after update on chat.church_staff
        referencing old table as old_rows new table as new_rows
        for each statement execute function chat.follow_access();
    create trigger follow_deleted after delete on chat.church_staff referencing old table as old_rows
        for each statement execute function chat.follow_access();
    create trigger follow_truncated after truncate on chat.church_staff
        for each statement execute function chat.follow_access();
end $$;
