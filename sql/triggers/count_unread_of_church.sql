-- A conversation that is moved to another church is subtracted from one sum and added to the other. An update
-- of last_seq is a message, which chat.send_message() has counted; by SQL (chat.follow is not off) nobody has.
do $$
begin
    if exists (select from pg_trigger t
               where t.tgrelid = 'chat.conversations'::regclass and t.tgname = 'count_unread_of_church'
                 and pg_get_triggerdef(t.oid) like '%chat.follow%') then
        return;
    end if;
    create or replace trigger count_unread_of_church after update of id, church_id, church_unread on chat.conversations
        for each row when ((old.church_unread <> new.church_unread or old.church_id <> new.church_id or old.id <> new.id)
                           and (old.last_seq = new.last_seq
                                or current_setting('chat.follow', true) is distinct from 'off'))
        execute function chat.count_unread_of_church();
end $$;
