-- Without a transition table for updates of conversations, as each message would fill it.
do $$
begin
    if exists (select from pg_trigger t
               where t.tgrelid = 'chat.conversations'::regclass and t.tgname = 'follow_removed') then
        return;
    end if;
    create trigger follow_removed after delete on chat.conversations referencing old table as old_rows
        for each statement execute function chat.follow_access();
    create trigger follow_member after update of member_id on chat.conversations
        for each row when (old.member_id <> new.member_id) execute function chat.follow_access();
    create trigger follow_truncated after truncate on chat.conversations
        for each statement execute function chat.follow_access();
end $$;
