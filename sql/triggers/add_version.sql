-- For updates by SQL of what is not derived from messages; chat.repair() adds to the version when it finds that what is
-- derived was wrong. Functions add to it themselves. Only of these columns: a message changes none of them, and a
-- condition that PostgreSQL had to look at with each message would cost a twentieth of it.
do $$
begin
    if not exists (select from pg_trigger t
                   where t.tgrelid = 'chat.conversations'::regclass and t.tgname = 'add_version') then
        create trigger add_version after update of id, church_id, member_id, member_blocked, created_at on chat.conversations
            for each row when (new.version <= old.version and old.* is distinct from new.*)
            execute function chat.add_version();
    end if;
end $$;
