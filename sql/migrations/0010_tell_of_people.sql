-- Names, pictures and who is staff stand in everybody's lists. Whoever changes them, events tell it, so
-- that a list that was kept (ChatCache) is read anew.

-- 6: names, pictures, churches or their staff were changed. One in each transaction, however many rows.
-- With the rights of its owner, for a site may let another user feed these tables.
create function chat.tell_people() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from chat.events e where e.xid = pg_current_xact_id() and e.kind = 6) then
        insert into chat.events (kind) values (6);
    end if;
    return null;
end $$;
comment on function chat.tell_people() is
'Trigger: tells the feeds that names, pictures, churches or their staff were changed.';

create trigger tell_renamed after update on chat.users
    for each row when ((old.username, old.display_name, old.avatar_url, old.is_active)
                       is distinct from (new.username, new.display_name, new.avatar_url, new.is_active))
    execute function chat.tell_people();
create trigger tell_removed after delete on chat.users
    for each row execute function chat.tell_people();
create trigger tell_changed after update on chat.churches
    for each row when ((old.name, old.logo_url, old.is_active)
                       is distinct from (new.name, new.logo_url, new.is_active))
    execute function chat.tell_people();
create trigger tell_removed after delete on chat.churches
    for each row execute function chat.tell_people();
create trigger tell_staff after insert or update or delete on chat.church_staff
    for each row execute function chat.tell_people();
