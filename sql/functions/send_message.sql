create or replace function chat.send_message(
    by_user bigint, in_conversation bigint, new_content text, with_client_id text default null,
    with_flag text default null,
    out outcome text, out message chat.messages)
language plpgsql as $$
declare
    as_staff boolean;
    member_is_blocked boolean;
    church_is_active boolean;
    of_church bigint;
    newest_seq bigint;
    sent_at timestamptz;
    unread_of_member integer;
    unread_of_church integer;
    follow text := coalesce(current_setting('chat.follow', true), ''); -- off: triggers do nothing
    follow_now text;
begin
    select c.member_id <> u.id, c.member_blocked, c.church_id, h.is_active, c.last_seq, c.updated_at
    into as_staff, member_is_blocked, of_church, church_is_active, newest_seq, sent_at
    from chat.users u
    join chat.conversations c on c.id = in_conversation
    join chat.churches h on h.id = c.church_id
    where u.id = by_user and u.is_active
      and (c.member_id = u.id
           or (select true from chat.church_staff s
               where s.church_id = c.church_id and s.user_id = u.id))
    for no key update of c;
    if not found then
        outcome := case when chat.is_active(by_user) then 'not_found' else 'user_inactive' end;
        return;
    end if;

    if with_client_id is not null then -- a new statement, which sees what was committed while the lock was awaited
        select * into message
        from chat.messages m
        where m.conversation_id = in_conversation and m.sender_id = by_user
          and m.client_id = with_client_id;
        if found then
            outcome := 'repeated';
            return;
        end if;
    end if;

    outcome := chat.send_refusal(church_is_active, member_is_blocked, as_staff);
    if outcome is not null then
        return;
    end if;

    -- Plain statements one by one: as parts of a single WITH they take a third longer.
    sent_at := greatest(clock_timestamp(), sent_at);
    follow_now := set_config('chat.follow', 'off', true); -- PERFORM would be a statement
    insert into chat.messages
        (conversation_id, seq, sender_id, from_church, content, client_id, flag, created_at)
    values (in_conversation, newest_seq + 1, by_user, as_staff, new_content, with_client_id,
            with_flag, sent_at)
    returning * into message;

    update chat.conversations c
    set updated_at = sent_at, last_seq = message.seq, last_message_id = message.id,
        last_message_text = chat.last_message_text(new_content),
        last_message_at = sent_at, last_from_church = as_staff, version = c.version + 1,
        member_unread = c.member_unread + as_staff::int,
        church_unread = c.church_unread + (not as_staff)::int,
        member_unread_since = chat.unread_since(c.member_unread_since, c.member_unread, as_staff::int, sent_at),
        church_unread_since = chat.unread_since(c.church_unread_since, c.church_unread, (not as_staff)::int, sent_at),
        member_newest_unread_id = case when as_staff then message.id else c.member_newest_unread_id end,
        church_newest_unread_id = case when as_staff then c.church_newest_unread_id else message.id end
    where c.id = in_conversation
    returning c.member_unread, c.church_unread into unread_of_member, unread_of_church;
    follow_now := set_config('chat.follow', follow, true);
    if not as_staff then -- as chat.add_unread_of_church(), without the call
        update chat.unread_of_churches n
        set unread = n.unread + 1, conversations = n.conversations + (unread_of_church = 1)::int,
            version = n.version + 1
        where n.church_id = of_church and n.part = in_conversation % 16;
        if not found then
            perform chat.add_unread_of_church(of_church, in_conversation, 1, (unread_of_church = 1)::int);
        end if;
    end if;
    if (case when as_staff then unread_of_member else unread_of_church end) = 1 then
        insert into chat.waiting (conversation_id, church_side) values (in_conversation, not as_staff)
        on conflict do nothing; -- chat.wake_waiting() sees it, or the event below
    end if;
    insert into chat.events (kind, conversation_id, message_id, user_id)
    values (1, in_conversation, message.id, by_user);
    insert into chat.unindexed (conversation_id, message_id) values (in_conversation, message.id);
    outcome := 'posted';
end $$;

comment on function chat.send_message(bigint, bigint, text, text, text) is
'Adds a message to a conversation, as its member or as staff of its church, who may write the first one, too.
Arguments: the sender, the conversation, the text, the client_id or null, the spam rule that matched (pattern,
links, repeat) or null.
Outcomes: posted; repeated (the sender has used this client_id: the message that was stored then, whatever has
changed since); not_found (no such conversation, or not theirs); church_inactive; blocked (members only);
user_inactive (or unknown).
Locks: the conversation''s row, for no key update, before seq, id and time are assigned, so that all three
increase together; then the church''s row of chat.unread_of_churches, until commit. The same transaction updates
the conversation''s counters and what the other side''s notification is made of, and adds an event and a row of
chat.unindexed; and, with the first message that the other side has not read, a row of chat.waiting, which it may
find locked for a moment.';
