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
    end loop; -- a concurrent session has inserted the row, which the next iteration sees

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
'The user with this external_id: inserted when there is none, updated when name or profile differ.
Arguments: external_id; user name, display name, avatar and mail address, each null to leave it unchanged;
the external_id from before user names were folded, or null. An empty avatar or address clears it; an empty
display name counts as null. Without a display name a new user is shown by the user name, and so is a user
who was until now. Another user with the same user name loses it and keeps all else. An inactive user is not
changed.
Locks: the row of the user, and of the other one with the same name, if something is written; nothing is
written when nothing differs. Concurrent calls insert one row.';

create or replace function chat.ensure_user(
    of_username text, new_display_name text, new_avatar_url text, new_email text)
returns chat.users
language sql as $$
    select * from chat.ensure_user(of_username, of_username, new_display_name, new_avatar_url, new_email, null)
$$;

comment on function chat.ensure_user(text, text, text, text) is
'The function with six arguments, for a user whose external_id is the user name. For modules before schema 16.';
