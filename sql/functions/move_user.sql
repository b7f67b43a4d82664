create or replace function chat.move_user(from_external_id text, to_external_id text)
returns boolean
language plpgsql as $$
begin
    if from_external_id = to_external_id
       or not exists (select from chat.users u where u.external_id = from_external_id) then
        return false;
    end if;
    perform chat.retire_user(to_external_id);
    update chat.users u set external_id = to_external_id where u.external_id = from_external_id;
    return true;
end $$;

comment on function chat.move_user(text, text) is
'A user is identified by something else from now on, and keeps their conversations: for a site where names
identify users and one is renamed, or when ChatUserId is set for the first time.
Arguments: what identified them, what will. Result: false when there is no such user, or nothing changes.
Another user who is identified by the latter already is retired: the site says that this is the one.
The user''s sockets are closed. Locks: the rows of both.';
