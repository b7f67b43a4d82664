create or replace function chat.put_user(
    of_external_id text, of_username text, new_display_name text, new_email text, active boolean)
returns bigint
language plpgsql as $$
declare
    of_user bigint;
    wanted text := coalesce(nullif(btrim(new_display_name), ''), of_username);
begin
    -- A site may write a row at each login, without a change that matters here.
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
'A user as a site''s own table has them: made or brought up to date; for the site''s triggers.
Arguments: what identifies them to Apache (the name, or what ChatUserId gives); the name; the display name
(none: the name); the mail address or null; whether they may use the chat.
Result: the user''s id; null when nothing differed. Whoever else had the name loses it, and nothing but that.
Locks: the user''s row, and that of who had the name.';
