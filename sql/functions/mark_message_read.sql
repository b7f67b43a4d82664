create or replace function chat.mark_message_read(
    by_user bigint, in_conversation bigint, of_message bigint,
    out outcome text, out marked bigint)
language plpgsql
-- The planner expects few messages in a conversation, and a bitmap scan of them to cost as little as a backward
-- scan of the primary key. In a long conversation the bitmap scan would read all messages.
set enable_bitmapscan = off as $$
declare
    as_staff boolean;
    is_unread boolean;
    unread bigint;
    newest bigint;
    newest_of_all bigint; -- as an upper bound, for a backward scan of the primary key
    follow text := coalesce(current_setting('chat.follow', true), ''); -- off: triggers do nothing
begin
    marked := 0;
    select c.member_id <> u.id, m.read_at is null and m.from_church = (c.member_id = u.id)
    into as_staff, is_unread
    from chat.users u
    cross join lateral chat.conversation_for(u.id, in_conversation) c
    join chat.messages m on m.conversation_id = c.id and m.id = of_message
    where u.id = by_user and u.is_active;
    if not found then
        outcome := case when chat.is_active(by_user) then 'not_found' else 'user_inactive' end;
        return;
    end if;

    outcome := 'read';
    if not is_unread then
        return;
    end if;

    select case when as_staff then c.church_unread else c.member_unread end - 1, c.last_message_id
    into unread, newest_of_all
    from chat.conversations c where c.id = in_conversation for no key update;
    perform set_config('chat.follow', 'off', true);
    update chat.messages m
    set read_at = greatest(clock_timestamp(), m.created_at)
    where m.conversation_id = in_conversation and m.id = of_message and m.read_at is null;
    get diagnostics marked = row_count;
    perform set_config('chat.follow', follow, true);
    if marked > 0 then
        -- Counted and not subtracted, so that a wrong counter is corrected. Unread messages are the newest ones.
        select count(*), max(m.id) into unread, newest
        from (select m.id from chat.messages m
              where m.conversation_id = in_conversation and m.id <= newest_of_all
                and m.from_church = not as_staff and m.read_at is null
              order by m.id desc limit greatest(unread, 1)) m;
        update chat.conversations c
        set member_unread = case when as_staff then c.member_unread else unread end,
            church_unread = case when as_staff then unread else c.church_unread end,
            member_unread_since = case when as_staff or newest is not null then c.member_unread_since end,
            church_unread_since = case when not as_staff or newest is not null then c.church_unread_since end,
            member_newest_unread_id = case when as_staff then c.member_newest_unread_id else newest end,
            church_newest_unread_id = case when as_staff then newest else c.church_newest_unread_id end,
            version = c.version + 1
        where c.id = in_conversation;
        insert into chat.events (kind, conversation_id, message_id, user_id)
        values (2, in_conversation, of_message, by_user);
    end if;
end $$;

comment on function chat.mark_message_read(bigint, bigint, bigint) is
'Marks one message of the other side as read.
Arguments: the reader, the conversation, the message.
Outcomes: read (with 1; with 0 if it was read before or was written by the reader''s own side); not_found (no such
message or conversation, or not theirs); user_inactive (or unknown).
Locks: the conversation''s row, for no key update; nothing is locked or written if the message was
read before. updated_at does not change.';
