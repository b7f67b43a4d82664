-- For each update by SQL. For the functions, which add to the version themselves, it costs a comparison of two numbers.
do $$
begin
    if not exists (select from pg_trigger t
                   where t.tgrelid = 'chat.conversations'::regclass and t.tgname = 'add_version') then
        create trigger add_version after update on chat.conversations
            for each row when (new.version <= old.version and old.* is distinct from new.*)
            execute function chat.add_version();
    end if;
end $$;
