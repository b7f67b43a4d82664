-- A notification is derived: a conversation with something unread, as its reader is told of it. Nothing is
-- written for each reader when a message comes; kept is what a conversation's two sides have not read,
-- in the row that each message rewrites anyway, and what a reader has marked.

-- The functions that keep these columns are loaded anew after this file. Those of before would not keep
-- them: what is asked in between is answered with 503, and asked again.
drop function if exists chat.post_message(bigint, bigint, text, text, text);
drop function if exists chat.mark_read(bigint, bigint, bigint);
drop function if exists chat.mark_message_read(bigint, bigint, bigint);

-- Null where the side has nothing unread.
alter table chat.conversations
    -- When the first message was written after all had been read.
    add column member_unread_since timestamptz,
    add column church_unread_since timestamptz,
    -- The newest message that the side has not read. One of the church, for the member, and the reverse.
    add column member_newest_unread_id bigint,
    add column church_newest_unread_id bigint;

-- The unread are few, and lie at a conversation's end: as many as the counters say are looked for there.
-- When all had been read is not known of these any more; that the oldest unread one came first is near.
update chat.conversations c set (member_newest_unread_id, member_unread_since) =
    (select max(m.id), min(m.created_at) from
     (select m.id, m.created_at from chat.messages m
      where m.conversation_id = c.id and m.from_church and m.read_at is null
      order by m.id desc limit c.member_unread) m)
where c.member_unread > 0;
update chat.conversations c set (church_newest_unread_id, church_unread_since) =
    (select max(m.id), min(m.created_at) from
     (select m.id, m.created_at from chat.messages m
      where m.conversation_id = c.id and not m.from_church and m.read_at is null
      order by m.id desc limit c.church_unread) m)
where c.church_unread > 0;

-- A reader's notifications, the newest first, page by page: ids of messages grow as they are written.
create index conversations_newest_unread_by_member
    on chat.conversations (member_id, member_newest_unread_id desc) where member_unread > 0;
create index conversations_newest_unread_by_church
    on chat.conversations (church_id, church_newest_unread_id desc)
    where church_unread > 0;

-- How many notifications a church's staff have, beside how many messages.
alter table chat.unread_of_churches add column conversations bigint not null default 0;
update chat.unread_of_churches n set conversations =
    (select count(*) from chat.conversations c
     where c.church_id = n.church_id and c.church_unread > 0 and c.id % 16 = n.part);

create or replace function chat.count_unread_of_church() returns trigger language plpgsql as $$
declare
    difference bigint := coalesce(new.church_unread, 0) - coalesce(old.church_unread, 0);
    difference_of_conversations bigint :=
        (coalesce(new.church_unread, 0) > 0)::int - (coalesce(old.church_unread, 0) > 0)::int;
    of_church bigint := coalesce(new.church_id, old.church_id);
    of_part smallint := coalesce(new.id, old.id) % 16;
begin
    update chat.unread_of_churches n
    set unread = n.unread + difference, conversations = n.conversations + difference_of_conversations
    where n.church_id = of_church and n.part = of_part;
    if not found then
        insert into chat.unread_of_churches (church_id, part, unread, conversations)
        values (of_church, of_part, difference, difference_of_conversations)
        on conflict (church_id, part) do update
            set unread = unread_of_churches.unread + excluded.unread,
                conversations = unread_of_churches.conversations + excluded.conversations;
    end if;
    return null;
end $$;
comment on function chat.count_unread_of_church() is
'Trigger: keeps how many messages of a church are unread, and in how many conversations. Locks: its part
of these numbers, after the conversation''s row, until commit.';

-- Never used, and would have been written for each reader with each message.
drop table chat.notifications;

-- What a reader has marked: a conversation's notification up to and with a message. A newer one makes the
-- mark void, and so does reading; nobody has to tell it, for that shows by comparing. No foreign key to
-- the conversation: it would lock rows that every message writes. Void marks go when their reader marks again.
create table chat.notification_marks (
    user_id         bigint not null references chat.users on delete cascade,
    conversation_id bigint not null,
    read_up_to      bigint not null,
    read_at         timestamptz not null,
    primary key (user_id, conversation_id)
);

-- In chat.events a new kind, 7: a user has marked the notification of a conversation, or (null) all.

-- What it was for, days within a conversation, no statement asks for; ids and seq grow as time does, so
-- the keys will serve. Each message wrote to it.
drop index chat.messages_by_time;
