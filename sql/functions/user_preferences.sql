create or replace function chat.user_preferences(of_user bigint, address text)
returns table (
    email text, push boolean, digest_at text, quiet_from text, quiet_to text, time_zone text, language text,
    is_staff boolean, is_refused boolean)
language sql stable rows 1 as $$
    select p.email, coalesce(p.push, true), to_char(coalesce(p.digest_at, '07:00'), 'HH24:MI'),
           to_char(p.quiet_from, 'HH24:MI'), to_char(p.quiet_to, 'HH24:MI'),
           coalesce(p.time_zone, current_setting('TimeZone')), p.language,
           exists (select from chat.church_staff s where s.user_id = of_user),
           exists (select from chat.mail_failures f where f.address = lower(user_preferences.address) and f.is_off)
    from (select) as one
    left join chat.preferences p on p.user_id = of_user
$$;

comment on function chat.user_preferences(bigint, text) is
'How a user wants to be notified of messages, one row with or without a row in chat.preferences. Nulls of email and
language: what the configuration says, for staff or for members. PostgreSQL expands it in the statement that calls it.
Arguments: the user; the address that mails go to, or null.';
