create or replace function chat.retire_user(of_external_id text)
returns boolean
language plpgsql as $$
declare
    of_user bigint;
begin
    update chat.users u set is_active = false, external_id = null, username = null
    where u.external_id = of_external_id
    returning u.id into of_user;
    delete from chat.church_staff s where s.user_id = of_user;
    return of_user is not null;
end $$;

comment on function chat.retire_user(text) is
'Removes a user for good: inactive, staff of no church and without an external_id, so that the next user of the
same name is another one. The user''s messages keep their sender. WebSockets of the user are closed.
Arguments: the external_id. Result: false when there is no such user. Locks: the user''s row.';
