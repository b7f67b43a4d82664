create or replace function chat.is_active(of_user bigint) returns boolean
language sql stable as $$
    select exists (select from chat.users u where u.id = of_user and u.is_active)
$$;

comment on function chat.is_active(bigint) is 'Whether there is such a user, who has not been deactivated.';
