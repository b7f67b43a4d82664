create or replace function chat.open_conversation(
    by_user bigint, with_church bigint,
    out outcome text, out conversation chat.conversations)
language plpgsql as $$
declare
    now_at timestamptz;
begin
    if not chat.is_active(by_user) then
        outcome := 'user_inactive';
        return;
    end if;
    if not exists (select from chat.churches h where h.id = with_church and h.is_active) then
        outcome := 'no_church';
        return;
    end if;

    loop
        select * into conversation
        from chat.conversations c where c.member_id = by_user and c.church_id = with_church;
        if found then
            if conversation.member_blocked then
                outcome := 'blocked';
                conversation := null;
            else
                outcome := 'found';
            end if;
            return;
        end if;

        -- Against an administrator who deletes the church.
        perform from chat.churches h where h.id = with_church for key share;
        if not found then
            outcome := 'no_church';
            return;
        end if;
        now_at := clock_timestamp();
        insert into chat.conversations (member_id, church_id, created_at, updated_at)
        values (by_user, with_church, now_at, now_at)
        on conflict on constraint conversations_by_member_and_church do nothing
        returning * into conversation;
        if found then
            insert into chat.events (kind, conversation_id, user_id)
            values (3, conversation.id, by_user);
            outcome := 'created';
            return;
        end if;
    end loop; -- a concurrent session has inserted the row, which the next iteration sees
end $$;

comment on function chat.open_conversation(bigint, bigint) is
'The conversation of a member with a church, inserted when there is none.
Arguments: the member, the church.
Outcomes: created, found (both with the conversation); no_church (unknown or inactive); blocked (by
the church); user_inactive (or unknown).
Locks: none when found; otherwise the key of the church. Of concurrent calls one gets created; the others wait for it and get found.';
