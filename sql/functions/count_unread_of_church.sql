create or replace function chat.count_unread_of_church() returns trigger language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'UPDATE' and (old.church_id <> new.church_id or old.id <> new.id) then -- moved to another church
        perform chat.add_unread_of_church(
            old.church_id, old.id, -old.church_unread, -(old.church_unread > 0)::int);
        perform chat.add_unread_of_church(
            new.church_id, new.id, new.church_unread, (new.church_unread > 0)::int);
        return null;
    end if;
    perform chat.add_unread_of_church(
        coalesce(new.church_id, old.church_id), coalesce(new.id, old.id),
        coalesce(new.church_unread, 0) - coalesce(old.church_unread, 0),
        (coalesce(new.church_unread, 0) > 0)::int - (coalesce(old.church_unread, 0) > 0)::int);
    return null;
end $$;

comment on function chat.count_unread_of_church() is
'Trigger: updates the number of a church''s unread messages and of its conversations with unread messages.
Locks: see chat.add_unread_of_church().';

-- A conversation that is moved to another church is subtracted from one sum and added to the other. An update
-- of last_seq is a message, which chat.send_message() has counted; by SQL (chat.follow is not off) nobody has.
-- Created here and not in a migration, in the transaction that replaces the functions which set chat.follow.
do $$
begin
    if exists (select from pg_trigger t
               where t.tgrelid = 'chat.conversations'::regclass and t.tgname = 'count_unread_of_church'
                 and pg_get_triggerdef(t.oid) like '%chat.follow%') then
        return;
    end if;
    drop trigger count_unread_of_church on chat.conversations;
    create trigger count_unread_of_church after update of id, church_id, church_unread on chat.conversations
        for each row when ((old.church_unread <> new.church_unread or old.church_id <> new.church_id or old.id <> new.id)
                           and (old.last_seq = new.last_seq
                                or current_setting('chat.follow', true) is distinct from 'off'))
        execute function chat.count_unread_of_church();
end $$;
