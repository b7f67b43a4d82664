create or replace function chat.admin_block(of_conversations bigint[], blocked boolean)
returns bigint
language plpgsql as $$
declare
    follow text := coalesce(current_setting('chat.follow', true), ''); -- off: triggers do nothing
    changed bigint;
begin
    perform from chat.conversations c where c.id = any (of_conversations) order by c.id for no key update;
    perform set_config('chat.follow', 'off', true);
    with done as (
        update chat.conversations c set member_blocked = blocked, version = c.version + 1
        where c.id = any (of_conversations) and c.member_blocked <> blocked
        returning c.id),
    told as (
        insert into chat.events (kind, conversation_id) select 4, d.id from done d order by d.id returning 1)
    select count(*) into changed from told;
    perform set_config('chat.follow', follow, true);
    return changed;
end $$;

comment on function chat.admin_block(bigint[], boolean) is
'Blocks or unblocks the members of conversations, for an administrator; as chat.block_member(), staff are told.
Arguments: the conversations, whether to block. Result: how many were changed.
Locks: the conversations'' rows in the order of their ids.';
