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
'Changes the external_id of a user, who keeps all conversations: when a user is renamed on a site where names
are the external_id, or when ChatUserId is set for the first time.
Arguments: the old and the new external_id. Result: false when there is no such user, or nothing changes.
Another user with the new external_id is retired (chat.retire_user). The user''s WebSockets are closed.
Locks: the rows of both users.';
