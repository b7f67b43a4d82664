-- Counts and excerpts are derived from messages. The functions keep them as they write; what anybody else
-- changes, by SQL and in any table, triggers follow.

-- The functions that keep what is derived say so in the setting chat.follow, and the triggers pass them by.
-- So may an import, which calls chat.repair() when it is done. (A function's SET clause would say it too,
-- but only a superuser may give it a setting of our own.)

-- Loaded anew after this file, with all that it does.
create function chat.refresh_conversations(of_conversations bigint[]) returns void language sql as 'select';

-- One row at a time: a transition table would be filled by each message that is sent. Only what is later
-- than what is known becomes the newest.
create function chat.follow_inserted_message() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
    for_member int := (new.from_church and new.read_at is null)::int;
    for_church int := (not new.from_church and new.read_at is null)::int;
begin
    update chat.conversations c
    set last_seq = greatest(c.last_seq, new.seq),
        last_message_id = greatest(c.last_message_id, new.id),
        last_message_text = case when new.id >= coalesce(c.last_message_id, new.id)
                                 then chat.excerpt_of(new.content) else c.last_message_text end,
        last_message_at = case when new.id >= coalesce(c.last_message_id, new.id)
                               then new.created_at else c.last_message_at end,
        updated_at = greatest(c.updated_at, new.created_at),
        member_unread = c.member_unread + for_member,
        church_unread = c.church_unread + for_church,
        member_unread_since = case when for_member = 1 then least(c.member_unread_since, new.created_at)
                                   else c.member_unread_since end,
        church_unread_since = case when for_church = 1 then least(c.church_unread_since, new.created_at)
                                   else c.church_unread_since end,
        member_newest_unread_id = case when for_member = 1 then greatest(c.member_newest_unread_id, new.id)
                                       else c.member_newest_unread_id end,
        church_newest_unread_id = case when for_church = 1 then greatest(c.church_newest_unread_id, new.id)
                                       else c.church_newest_unread_id end
    where c.id = new.conversation_id;
    insert into chat.events (kind, conversation_id) values (3, new.conversation_id);
    return null;
end $$;
comment on function chat.follow_inserted_message() is
'Trigger: a message that somebody wrote by SQL counts as any other.
Locks: its conversation''s row, then the church''s part of its sum, until commit.';

create function chat.follow_messages() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'DELETE' then
        perform chat.refresh_conversations(array(select distinct o.conversation_id from old_rows o));
    elsif tg_op = 'UPDATE' then
        perform chat.refresh_conversations(array(
            select w.conversation_id from (
                (select o.conversation_id, o.id, o.seq, o.from_church, o.read_at, o.created_at, o.content from old_rows o
                 except
                 select n.conversation_id, n.id, n.seq, n.from_church, n.read_at, n.created_at, n.content from new_rows n)
                union all
                (select n.conversation_id, n.id, n.seq, n.from_church, n.read_at, n.created_at, n.content from new_rows n
                 except
                 select o.conversation_id, o.id, o.seq, o.from_church, o.read_at, o.created_at, o.content from old_rows o)) w
            group by 1));
    else
        perform chat.refresh_conversations(array(
            select c.id from chat.conversations c where c.last_message_id is not null));
    end if;
    return null;
end $$;
comment on function chat.follow_messages() is
'Trigger: after messages were changed or deleted by SQL, their conversations show what is left.
Locks: as chat.refresh_conversations().';

create trigger follow_inserted after insert on chat.messages
    for each row when (current_setting('chat.follow', true) is distinct from 'off')
    execute function chat.follow_inserted_message();
create trigger follow_updated after update on chat.messages
    referencing old table as old_rows new table as new_rows
    for each statement when (current_setting('chat.follow', true) is distinct from 'off')
    execute function chat.follow_messages();
create trigger follow_deleted after delete on chat.messages referencing old table as old_rows
    for each statement when (current_setting('chat.follow', true) is distinct from 'off')
    execute function chat.follow_messages();
create trigger follow_truncated after truncate on chat.messages
    for each statement execute function chat.follow_messages();

-- A conversation that is moved takes its unread along. A new last_seq is a message that was counted
-- already, unless somebody set it who does not count.
drop trigger count_unread_of_church on chat.conversations;
create trigger count_unread_of_church after update of id, church_id, church_unread on chat.conversations
    for each row when ((old.church_unread <> new.church_unread or old.church_id <> new.church_id or old.id <> new.id)
                       and (old.last_seq = new.last_seq
                            or current_setting('chat.follow', true) is distinct from 'off'))
    execute function chat.count_unread_of_church();

-- Who moves by SQL tells nobody; who deletes or blocks leaves lists with what is not so any more.
create function chat.tell_conversation() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into chat.events (kind, conversation_id) values (3, new.id);
    return null;
end $$;
comment on function chat.tell_conversation() is
'Trigger: tells the feeds of a conversation that was changed by SQL.';
create trigger tell_blocked after update of member_blocked on chat.conversations
    for each row when (old.member_blocked <> new.member_blocked
                       and current_setting('chat.follow', true) is distinct from 'off')
    execute function chat.tell_people();
create trigger tell_moved after update of church_id, member_id on chat.conversations
    for each row when (old.church_id <> new.church_id or old.member_id <> new.member_id)
    execute function chat.tell_conversation();
create trigger tell_moved_people after update of church_id, member_id on chat.conversations
    for each row when (old.church_id <> new.church_id or old.member_id <> new.member_id)
    execute function chat.tell_people();
create trigger tell_removed after delete on chat.conversations
    for each row execute function chat.tell_people();

-- TRUNCATE calls no row's triggers.
create function chat.forget_sums() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from chat.unread_of_churches;
    delete from chat.notification_marks;
    return null;
end $$;
comment on function chat.forget_sums() is 'Trigger: without conversations nothing is unread.';
create trigger forget_sums after truncate on chat.conversations
    for each statement execute function chat.forget_sums();
create trigger tell_truncated after truncate on chat.conversations
    for each statement execute function chat.tell_people();
create trigger tell_truncated after truncate on chat.users
    for each statement execute function chat.tell_people();
create trigger tell_truncated after truncate on chat.churches
    for each statement execute function chat.tell_people();
create trigger tell_truncated after truncate on chat.church_staff
    for each statement execute function chat.tell_people();

-- Excerpts that were cut inside of a character.
update chat.conversations c set last_message_text = chat.excerpt_of(m.content)
from chat.messages m
where char_length(c.last_message_text) = 140 and m.conversation_id = c.id and m.id = c.last_message_id
  and c.last_message_text <> chat.excerpt_of(m.content);
