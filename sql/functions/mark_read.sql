create or replace function chat.mark_read(
    by_user bigint, in_conversation bigint, up_to bigint default null,
    out outcome text, out marked bigint)
language plpgsql
-- The planner expects few messages in a conversation, and a bitmap scan of them to cost as little as a backward
-- scan of the primary key. In a long conversation the bitmap scan would read all messages.
set enable_bitmapscan = off as $$
declare
    as_staff boolean;
    unread bigint;
    read_moment timestamptz;
    first bigint;
    newest bigint;
    rest bigint := 0; -- the messages that remain unread, and the newest of them
    newest_of_rest bigint;
    follow text := coalesce(current_setting('chat.follow', true), ''); -- off: triggers do nothing
begin
    marked := 0;
    select c.member_id <> u.id,
           case when c.member_id = u.id then c.member_unread else c.church_unread end
    into as_staff, unread
    from chat.users u
    cross join lateral chat.conversation_for(u.id, in_conversation) c
    where u.id = by_user and u.is_active;
    if not found then
        outcome := case when chat.is_active(by_user) then 'not_found' else 'user_inactive' end;
        return;
    end if;

    outcome := 'read';
    -- An id that the sequence has not reached: from before a backup was restored, so it names no message here.
    if unread = 0 or up_to > (case when has_sequence_privilege('chat.messages_id_seq', 'usage')
                                   then pg_sequence_last_value('chat.messages_id_seq') end) then
        return;
    end if;

    -- One time for all of them, not before that of the newest message.
    select greatest(clock_timestamp(), c.updated_at),
           case when as_staff then c.church_unread else c.member_unread end
    into read_moment, unread
    from chat.conversations c where c.id = in_conversation for no key update;

    -- Unread messages are the newest ones, and their number is known: a backward scan of the primary key finds them.
    -- With an index on read_at, each update of read_at would add entries to all indexes of chat.messages.
    if up_to is not null then
        select count(*), max(m.id) into rest, newest_of_rest
        from chat.messages m
        where m.conversation_id = in_conversation and m.id > up_to
          and m.from_church = not as_staff and m.read_at is null;
    end if;
    select min(m.id) into first
    from (select m.id from chat.messages m
          where m.conversation_id = in_conversation and m.id <= coalesce(up_to, 9223372036854775807)
            and m.from_church = not as_staff and m.read_at is null
          order by m.id desc limit greatest(unread - rest, 1)) m;
    if first is null and unread = rest then
        return;
    end if;

    perform set_config('chat.follow', 'off', true);
    with now_read as (
        update chat.messages m
        set read_at = read_moment
        where m.conversation_id = in_conversation
          and m.id between first and coalesce(up_to, 9223372036854775807)
          and m.from_church = not as_staff and m.read_at is null
        returning m.id)
    select count(*), max(id) into marked, newest from now_read;
    perform set_config('chat.follow', follow, true);
    -- The rest was counted and not subtracted, so that a wrong counter is corrected.
    if as_staff then
        update chat.conversations c
        set church_unread = rest, church_newest_unread_id = newest_of_rest,
            church_unread_since = case when rest > 0 then c.church_unread_since end, version = c.version + 1
        where c.id = in_conversation;
    else
        update chat.conversations c
        set member_unread = rest, member_newest_unread_id = newest_of_rest,
            member_unread_since = case when rest > 0 then c.member_unread_since end, version = c.version + 1
        where c.id = in_conversation;
    end if;
    insert into chat.events (kind, conversation_id, message_id, user_id)
    values (case when marked > 0 then 2 else 3 end, in_conversation, newest, by_user);
end $$;

comment on function chat.mark_read(bigint, bigint, bigint) is
'Marks the messages of the other side as read: all of them, or those up to and including one message.
Arguments: the reader, the conversation, the id of the last message to mark or null.
Outcomes: read (with the number of messages marked); not_found (no such conversation, or not theirs);
user_inactive (or unknown).
Locks: the conversation''s row, for no key update, so that the counter equals the number of unread
messages; nothing is locked or written when nothing is unread. updated_at does not change.';
