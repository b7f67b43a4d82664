create or replace function chat.put_preferences(
    by_user bigint, address text, new_email text, new_push boolean, new_digest_at time,
    changes_quiet boolean, new_quiet_from time, new_quiet_to time, new_time_zone text, new_language text)
returns table (
    outcome text, email text, push boolean, digest_at text, quiet_from text, quiet_to text, time_zone text,
    language text, is_staff boolean, is_refused boolean)
language plpgsql as $$
#variable_conflict use_column
begin
    perform from chat.users u where u.id = by_user and u.is_active for key share;
    if not found then
        return query select 'user_inactive', p.* from chat.user_preferences(by_user, put_preferences.address) p;
        return;
    end if;
    -- The view reads all files of the database's time zones.
    if not exists (select from chat.preferences p where p.user_id = by_user and p.time_zone = new_time_zone)
        and new_time_zone is not null
        and not exists (select from pg_timezone_names n where n.name = new_time_zone) then
        return query select 'no_time_zone', p.* from chat.user_preferences(by_user, put_preferences.address) p;
        return;
    end if;

    insert into chat.preferences (user_id) values (by_user) on conflict do nothing;
    update chat.preferences p
    set email = coalesce(new_email, p.email),
        push = coalesce(new_push, p.push),
        digest_at = coalesce(new_digest_at, p.digest_at),
        quiet_from = case when changes_quiet then new_quiet_from else p.quiet_from end,
        quiet_to = case when changes_quiet then new_quiet_to else p.quiet_to end,
        time_zone = coalesce(new_time_zone, p.time_zone),
        language = coalesce(new_language, p.language),
        updated_at = clock_timestamp()
    where p.user_id = by_user;
    return query select 'saved', p.* from chat.user_preferences(by_user, put_preferences.address) p;
end $$;

comment on function chat.put_preferences(
    bigint, text, text, boolean, time, boolean, time, time, text, text) is
'Changes how a user wants to be notified of messages.
Arguments: the user; the address that mails go to, or null; the new values, null for those that stay; whether the quiet
hours change, as null takes them away.
Outcomes, each with what holds afterwards (chat.user_preferences()): saved; no_time_zone (PostgreSQL does not know it;
nothing has changed); user_inactive (or unknown).
Locks: the row of chat.preferences, and the user''s key.';
