create or replace function chat.asker(of_external_id text)
returns table (
    user_id bigint, user_is_active boolean, user_display_name text, user_avatar_url text, user_email text,
    user_username text)
language sql stable rows 1 as $$
    select u.id, u.is_active, u.display_name, u.avatar_url, u.email, u.username
    from chat.users u
    where u.external_id = of_external_id
$$;

comment on function chat.asker(text) is
'The user whom Apache''s authentication identifies so, active or not; no row when there is none. PostgreSQL
expands it in the statement that calls it.';
