create or replace function chat.ensure_user(
    of_external_id text, of_username text, new_display_name text, new_avatar_url text, new_email text,
    former_id text)
returns chat.users
language plpgsql as $$
declare
    person chat.users;
begin
    loop
        select * into person from chat.users u where u.external_id = of_external_id;
        exit when found;
        update chat.users u set external_id = of_external_id
        where u.external_id = former_id
        returning * into person;
        exit when found;
        update chat.users u set username = null
        where u.username = of_username and u.external_id is distinct from of_external_id;
        insert into chat.users (external_id, username, display_name, avatar_url, email)
        values (of_external_id, of_username, coalesce(nullif(new_display_name, ''), of_username, of_external_id),
                nullif(new_avatar_url, ''), nullif(new_email, ''))
        on conflict do nothing
        returning * into person;
        if found then
            return person;
        end if;
    end loop; -- somebody else was first, and their row is visible to the next turn

    if not person.is_active
       or (coalesce(of_username, person.username, '') = coalesce(person.username, '')
           and coalesce(nullif(new_display_name, ''), person.display_name) = person.display_name
           and coalesce(new_avatar_url, person.avatar_url, '') = coalesce(person.avatar_url, '')
           and coalesce(new_email, person.email, '') = coalesce(person.email, '')) then
        return person;
    end if;

    update chat.users u set username = null where u.username = of_username and u.id <> person.id;
    update chat.users u
    set username = coalesce(of_username, u.username),
        display_name = coalesce(nullif(new_display_name, ''),
                                case when u.display_name = chat.clean_name(u.username) then of_username end,
                                u.display_name),
        avatar_url = nullif(coalesce(new_avatar_url, u.avatar_url), ''),
        email = nullif(coalesce(new_email, u.email), '')
    where u.id = person.id
    returning * into person;
    return person;
end $$;

comment on function chat.ensure_user(text, text, text, text, text, text) is
'The user who is identified so: made when unknown, brought up to date when name or profile differ.
Arguments: what identifies them; name, display name, avatar and mail address, each null to leave it alone;
what identified them before user names were folded, or null. An empty avatar or address clears it; an
empty display name counts as none. A new user without a display name is called by the name, and so is one
who was until now. Whoever else had the name loses it, and nothing but that. An inactive user stays as they
are.
Locks: the user''s row, and that of who had the name, and only when something is written; nothing is
written when nothing differs. Two at once make one row.';

create or replace function chat.ensure_user(
    of_username text, new_display_name text, new_avatar_url text, new_email text)
returns chat.users
language sql as $$
    select * from chat.ensure_user(of_username, of_username, new_display_name, new_avatar_url, new_email, null)
$$;

comment on function chat.ensure_user(text, text, text, text) is
'As the function of that name with six arguments, for a user whom the name identifies: modules before
schema 16 ask so.';
