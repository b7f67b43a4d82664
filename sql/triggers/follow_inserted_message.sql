-- Functions that update derived values themselves set chat.follow to off, and then the triggers do nothing. An
-- import may do so, too, and calls chat.repair() at the end. (SET clauses of the functions would do as well, but
-- only a superuser may name an unknown setting there.)
do $$
begin
    if not exists (select from pg_trigger t
                   where t.tgrelid = 'chat.messages'::regclass and t.tgname = 'follow_inserted') then
        create trigger follow_inserted after insert on chat.messages
            for each row when (current_setting('chat.follow', true) is distinct from 'off')
            execute function chat.follow_inserted_message();
    end if;
end $$;
