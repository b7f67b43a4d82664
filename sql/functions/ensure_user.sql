create or replace function chat.ensure_user(
    of_username text, new_display_name text, new_avatar_url text, new_email text)
returns chat.users
language plpgsql as $$
declare
    person chat.users;
begin
    loop
        select * into person from chat.users u where u.username = of_username;
        exit when found;
        insert into chat.users (username, display_name, avatar_url, email)
        values (of_username, coalesce(nullif(new_display_name, ''), of_username),
                nullif(new_avatar_url, ''), nullif(new_email, ''))
        on conflict (username) do nothing
        returning * into person;
        if found then
            return person;
        end if;
    end loop; -- somebody else was first, and their row is visible to the next turn

    if not person.is_active
       or (coalesce(nullif(new_display_name, ''), person.display_name) = person.display_name
           and coalesce(new_avatar_url, person.avatar_url, '') = coalesce(person.avatar_url, '')
           and coalesce(new_email, person.email, '') = coalesce(person.email, '')) then
        return person;
    end if;

    update chat.users u
    set display_name = coalesce(nullif(new_display_name, ''), u.display_name),
        avatar_url = nullif(coalesce(new_avatar_url, u.avatar_url), ''),
        email = nullif(coalesce(new_email, u.email), '')
    where u.id = person.id
    returning * into person;
    return person;
end $$;

comment on function chat.ensure_user(text, text, text, text) is
'The user of that name: made when unknown, brought up to date when the profile differs.
Arguments: the name; display name, avatar and mail address, each null to leave it alone. An empty
avatar or address clears it; an empty display name counts as none. A new user without a display name
is called by the user name. An inactive user stays as they are.
Locks: the user''s row, and only when something is written; nothing is written when nothing differs.
Two at once make one row.';
