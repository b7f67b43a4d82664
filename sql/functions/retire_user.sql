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
'A user is gone for good: not active any more, staff of nothing, and nobody is identified as them, so that
whoever gets the same name is somebody else. Their messages keep their sender.
Arguments: what identified them. Result: false when there is no such user.
Their sockets are closed. Locks: the user''s row.';
