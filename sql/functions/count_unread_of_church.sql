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
