create or replace function chat.block_member(
    by_user bigint, in_conversation bigint, blocked boolean, out outcome text)
language plpgsql as $$
declare
    is_member boolean;
    follow text := coalesce(current_setting('chat.follow', true), ''); -- off: triggers do nothing
begin
    select c.member_id = u.id into is_member
    from chat.users u
    join chat.conversations c on c.id = in_conversation
    where u.id = by_user and u.is_active
      and (c.member_id = u.id
           or (select true from chat.church_staff s
               where s.church_id = c.church_id and s.user_id = u.id));
    if not found then
        outcome := case when chat.is_active(by_user) then 'not_found' else 'user_inactive' end;
    elsif is_member then
        outcome := 'not_staff';
    else
        perform set_config('chat.follow', 'off', true);
        update chat.conversations c set member_blocked = blocked, version = c.version + 1
        where c.id = in_conversation and c.member_blocked <> blocked;
        if found then
            insert into chat.events (kind, conversation_id, user_id)
            values (4, in_conversation, by_user);
        end if;
        perform set_config('chat.follow', follow, true);
        outcome := 'done';
    end if;
end $$;

comment on function chat.block_member(bigint, bigint, boolean) is
'Blocks or unblocks the member of a conversation: a blocked member cannot post. For staff, also before the first
message.
Arguments: the staff member, the conversation, whether to block.
Outcomes: done (also when nothing changed); not_found (no such conversation, or not theirs); not_staff
(the user is the member of this conversation, whether or not staff as well); user_inactive (or unknown).
Locks: the conversation''s row, and only when something changes. updated_at does not change.';
