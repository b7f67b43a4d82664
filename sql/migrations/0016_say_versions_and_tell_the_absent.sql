-- One step for what belongs together, as a module of before accepts one step.

-- ==== Versions ====
-- Answers overtake each other: a list that was delayed must not undo what came by a socket meanwhile. So each
-- conversation has a version, which whatever changes its row adds 1 to, and each user has one of their counts, which
-- chat.user_counts() derives from versions in the same snapshot as the counts. That writes nothing for each reader.
-- All are added to under the lock of a row and are never subtracted from; versions of two epochs do not compare.
alter table chat.conversations
    add column version bigint not null default 1,
    -- Who wrote the last message; null: there is none, or it was written before this column.
    add column last_from_church boolean;
comment on column chat.conversations.version is 'grows with each change of the row, by functions and by chat.add_version(); not to be set';
alter table chat.unread_of_churches add column version bigint not null default 0;
comment on column chat.unread_of_churches.version is 'grows with each change of the row';

-- What else the counts of a user depend on, for users with whom it happened. Conversations that are deleted and
-- churches that a user is not staff of any more take their versions along: then the generation grows, which counts
-- for more than all versions together. No foreign key: a user's number that is used again goes on from here.
create table chat.count_versions (
    user_id    bigint primary key,
    generation bigint not null default 0,
    -- How often the user's marks of notifications have changed.
    marks      bigint not null default 0
);
comment on table chat.count_versions is 'part of the version of a user''s counts; see chat.user_counts()';

-- ==== Deliveries ====
-- People who are away are notified of messages that they have not read, by mail and by push. Nothing is written for
-- each reader when a message is sent, only that a side of the conversation has something unread; from that, notifiers
-- derive whom to notify.

-- A side of a conversation with something unread, made with its first unread message unless it is there. Notifiers find
-- it by the event of the message, or some minutes later where that was lost, and delete it when the side has read. The
-- message enters it into one index only. No foreign key to the conversation: it would lock rows that every message
-- writes. Where no notifier runs, as neither mail nor push is configured, there are at most two rows for each conversation.
create table chat.waiting (
    conversation_id bigint not null,
    -- Whose turn it is to read: staff of the church, or the member.
    church_side     boolean not null,
    -- When to decide; infinity: after the next message.
    due_at          timestamptz not null default 'infinity',
    -- The newest message at the last decision.
    decided_up_to   bigint not null default 0,
    primary key (conversation_id, church_side)
)
with (autovacuum_vacuum_scale_factor = 0.02);
-- What is due next.
create index waiting_due on chat.waiting (due_at) where due_at < 'infinity';

-- Up to where notifiers have looked for messages to sides that wait already. One row, which one of them holds at a time.
create table chat.notifier (
    only_row boolean primary key default true check (only_row),
    snapshot pg_snapshot not null default pg_current_snapshot(),
    -- When all sides were last looked at, as events are lost in a crash; and how far that has come again.
    swept_at timestamptz not null default now(),
    swept_to bigint not null default 0
)
with (fillfactor = 50);
insert into chat.notifier default values;

-- How a user wants to be notified. Without a row, the defaults.
create table chat.preferences (
    user_id    bigint primary key references chat.users on delete cascade,
    -- Null: as ChatEmailDefault says for members and for staff.
    email      text check (email in ('off', 'instant', 'digest')),
    -- To the browsers that have subscribed.
    push       boolean not null default true,
    -- In the user's time zone, as are the quiet hours, which may pass midnight.
    digest_at  time not null default '07:00',
    quiet_from time,
    quiet_to   time,
    -- Of the IANA; null: that of the database.
    time_zone  text,
    -- BCP 47; null: ChatMailLanguage.
    language   text,
    updated_at timestamptz not null default now(),
    check ((quiet_from is null) = (quiet_to is null))
);

-- Addresses that a mail server has refused. They belong to nobody: another address of the same user is tried.
create table chat.mail_failures (
    -- In small letters.
    address   text primary key,
    failures  integer not null check (failures > 0),
    -- Nothing is sent there until somebody asks for that.
    is_off    boolean not null,
    -- The answer of the server, without the address.
    error     text not null,
    failed_at timestamptz not null default now()
);
-- What is old enough to be deleted.
create index mail_failures_old on chat.mail_failures (failed_at);

alter table chat.push_subscriptions
    -- A hash of the key (ChatPushKey) that the browser has subscribed with.
    add column key_id   text,
    -- How often the service has refused since the last success.
    add column refusals integer not null default 0 check (refusals >= 0),
    -- The service wants to be left alone until then.
    add column retry_at timestamptz;

alter table chat.outbox
    -- One of several in one mail, at the time that the user wants.
    add column digest  boolean not null default false,
    -- The newest message that is in it, from the first attempt on; a repeated mail is the same one.
    add column up_to   bigint,
    -- An attempt before the present one may have arrived.
    add column is_repeat boolean not null default false,
    -- When it became sent, dropped or dead.
    add column done_at timestamptz;
-- Never used by a module of before. A kind that does not get on must not be in the way of the others.
drop index chat.outbox_due;
create index outbox_due on chat.outbox (kind, due_at, id) where state = 'due';
-- Earlier deliveries to a reader, of a conversation.
create index outbox_of_reader on chat.outbox (conversation_id, user_id, kind, id);
-- A user's digest is one mail.
create index outbox_due_of_user on chat.outbox (user_id, kind) where state = 'due';
-- What has failed for good.
create index outbox_dead on chat.outbox (kind) where state = 'dead';
-- What is old enough to be deleted, which dead ones are later than others.
create index outbox_done on chat.outbox (state, done_at) where state <> 'due';

-- ==== Push ====
-- A delivery by push goes to each subscription of its user.

alter table chat.push_subscriptions
    -- The user wants to see one, in this browser.
    add column test_at timestamptz;
create index push_subscriptions_to_test on chat.push_subscriptions (test_at) where test_at is not null;

alter table chat.outbox
    -- Of a push: the subscriptions that have not had it yet; null: all.
    add column left_over bigint[];

-- ==== Attachments ====
-- The table was made by 0004, and no module has written to it. Each attachment has a file of its own, so that what
-- happens to one touches no other.

alter table chat.attachments
    -- In the directory (ChatAttachmentDir): 32 hexadecimal digits; empty: there is none.
    add column file      text not null default '' check (file ~ '^([0-9a-f]{32})?$'),
    -- Whose quota it counts for (ChatAttachmentQuota).
    add column quota_key text not null default '',
    -- A scanner has found nothing in it (ChatScan).
    add column scanned   boolean not null default false;
create unique index attachments_by_file on chat.attachments (file) where file <> '';
-- How much somebody has sent in a time.
create index attachments_by_quota on chat.attachments (quota_key, created_at) include (size_bytes);
drop index chat.attachments_by_content;
comment on column chat.attachments.sha256 is 'of the file; what it serves is the ETag. Files with the same content are kept apart';

alter table chat.messages
    -- There is a row of chat.attachments, or there was. Null: there never was one, so that nobody looks for it.
    add column has_attachment boolean,
    drop constraint messages_content_check;
-- Not validated: all rows of before have content, and looking at them would take long.
alter table chat.messages
    add constraint messages_content_check check (content <> '' or has_attachment is true) not valid;

-- ==== Functions ====
-- Kept for the release two before this one. That of before calls chat.send_message().
drop function if exists chat.post_message(bigint, bigint, text, text, text);
