create or replace function chat.put_user(
    of_external_id text, of_username text, new_display_name text, new_email text, active boolean)
returns bigint
language plpgsql as $$
declare
    of_user bigint;
    wanted text := coalesce(nullif(btrim(new_display_name), ''), of_username);
begin
    -- A site may write a row at each login, without a change of these columns.
    if exists (select from chat.users u
               where u.external_id = of_external_id and u.username = of_username and u.is_active = active
                 and u.email is not distinct from nullif(new_email, '')
                 and u.display_name in (wanted, wanted || ' (member)')) then
        return null;
    end if;
    update chat.users u set username = null
    where u.username = of_username and u.external_id is distinct from of_external_id;
    insert into chat.users as u (external_id, username, display_name, email, is_active)
    values (of_external_id, of_username, wanted,
            nullif(new_email, ''), active)
    on conflict (external_id) do update
        set username = excluded.username, display_name = excluded.display_name, email = excluded.email,
            is_active = excluded.is_active
        where (u.username, u.display_name, u.email, u.is_active)
              is distinct from (excluded.username, excluded.display_name, excluded.email, excluded.is_active)
    returning u.id into of_user;
    return of_user;
end $$;

comment on function chat.put_user(text, text, text, text, boolean) is
'Inserts or updates a user from a row of the site''s own table of users; for triggers of the site.
Arguments: the external_id (the user name, or the value of ChatUserId); the user name; the display name (null:
the user name); the mail address or null; whether the user may use the chat.
Result: the user''s id; null when nothing differed. Another user with the same name loses it and keeps all else.
Locks: the row of the user, and of the other one with the same name.';
