-- Who a user is, apart from what they are called: names change, and are used again by others.

-- What Apache's authentication identifies the user by, for good: ChatUserId, or the name. Every statement
-- finds its asker by it. Null: nobody is that user any more (chat.retire_user).
alter table chat.users add column external_id text;
update chat.users set external_id = username;
alter table chat.users
    add constraint users_external_id_key unique (external_id),
    add constraint users_external_id_check check (external_id <> '' and octet_length(external_id) <= 1024),
    -- What they are called now. Null: somebody else has taken that name.
    alter column username drop not null;

-- For whatever inserts users without knowing of it, a module or triggers of before among them.
create function chat.identify_user() returns trigger language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    new.external_id := new.username;
    return new;
end $$;
comment on function chat.identify_user() is
'Trigger: a new user is identified by the name, unless it is said by what else.';
create trigger identify_user before insert on chat.users
    for each row when (new.external_id is null) execute function chat.identify_user();

-- Sockets end with the right to be here: of a user who is deactivated, and of one whom another login
-- identifies now. With the rights of its owner, for a site may let another user feed this table. NOTIFY,
-- as nobody else tells of a change by SQL, and who takes a name must not be shown for a second what
-- was kept for who had it.
create or replace function chat.tell_deactivated() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into chat.events (kind, user_id) values (5, new.id);
    perform pg_notify('chat_bell', '');
    return null;
end $$;
comment on function chat.tell_deactivated() is
'Trigger: tells the feeds of a user who was deactivated, or is identified by something else now.';
drop trigger tell_deactivated on chat.users;
create trigger tell_deactivated after update of is_active, external_id on chat.users
    for each row when ((old.is_active and not new.is_active) or old.external_id <> new.external_id
                       or (old.external_id is not null and new.external_id is null))
    execute function chat.tell_deactivated();
drop trigger tell_renamed on chat.users;
create trigger tell_renamed after update on chat.users
    for each row when ((old.external_id, old.username, old.display_name, old.avatar_url, old.is_active)
                       is distinct from
                       (new.external_id, new.username, new.display_name, new.avatar_url, new.is_active))
    execute function chat.tell_people();
