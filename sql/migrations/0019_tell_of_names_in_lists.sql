-- A name or a picture that changes stands in the conversations of others, who are to see the new one.

-- In chat.events a new kind, 8: in a conversation the name or picture of its member or its church is another
-- one. For the newest conversations, at most as many in each statement; lists that are read anew have all.
-- With the rights of its owner, for a site may let another user feed these tables.
create function chat.tell_names() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_table_name = 'users' then
        insert into chat.events (kind, conversation_id)
        select 8, c.id
        from new_rows n join old_rows o on o.id = n.id
        cross join lateral (
            select c.id from chat.conversations c
            where c.member_id = n.id order by c.updated_at desc, c.id desc limit 50) c
        where (o.display_name, o.avatar_url) is distinct from (n.display_name, n.avatar_url)
        limit 500;
    else
        insert into chat.events (kind, conversation_id)
        select 8, c.id
        from new_rows n join old_rows o on o.id = n.id
        cross join lateral (
            select c.id from chat.conversations c
            where c.church_id = n.id order by c.updated_at desc, c.id desc limit 200) c
        where (o.name, o.logo_url) is distinct from (n.name, n.logo_url)
        limit 500;
    end if;
    return null;
end $$;
comment on function chat.tell_names() is
'Trigger: tells the feeds in which conversations a name or a picture is another one. Locks: none.';

create trigger tell_names after update on chat.users
    referencing old table as old_rows new table as new_rows
    for each statement execute function chat.tell_names();
create trigger tell_names after update on chat.churches
    referencing old table as old_rows new table as new_rows
    for each statement execute function chat.tell_names();
