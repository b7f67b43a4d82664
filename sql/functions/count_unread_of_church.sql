create or replace function chat.count_unread_of_church() returns trigger language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    perform chat.add_unread_of_church(
        coalesce(new.church_id, old.church_id), coalesce(new.id, old.id),
        coalesce(new.church_unread, 0) - coalesce(old.church_unread, 0),
        (coalesce(new.church_unread, 0) > 0)::int - (coalesce(old.church_unread, 0) > 0)::int);
    return null;
end $$;

comment on function chat.count_unread_of_church() is
'Trigger: keeps how many messages of a church are unread, and in how many conversations.
Locks: as chat.add_unread_of_church().';
