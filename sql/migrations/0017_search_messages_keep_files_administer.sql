-- The words of messages, for searches. They are not a column or an index of chat.messages, so that a message which is
-- sent does not pay for them: a thread of httpd adds them about a second later, see chat.index_messages().

create table chat.message_words (
    conversation_id bigint not null,
    id              bigint not null,
    -- That of the conversation: searches of staff go through the newest messages of their churches.
    church_id       bigint not null,
    -- The words of the text and of the file's name (chat.words), and lexemes for the church, '~7', the conversation, '~c8',
    -- and who has sent it, '~u9', by which the index finds words there alone. No text has such a word.
    search          tsvector not null,
    -- As that of chat.messages: a search in one conversation goes through it, and so does what looks for messages that
    -- are missing here. No foreign key, which would lock each message; triggers delete what belongs to no message.
    primary key (conversation_id, id)
)
with (
    fillfactor = 100,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_insert_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05
);
create index message_words_of_church on chat.message_words (church_id, id desc);
-- New entries are collected (fastupdate), and whoever adds them moves them into the index. The limit is there for the
-- case that this fails.
create index message_words_search on chat.message_words using gin (search)
    with (fastupdate = on, gin_pending_list_limit = 65536);
comment on table chat.message_words is 'the words of messages, kept by chat.index_messages(); not to be written to';

-- Messages whose words have to be added, looked at again or removed. Sending a message adds a row, so there is no index.
-- A crash empties it, which chat.unindexed_since reveals.
create unlogged table chat.unindexed (
    conversation_id bigint not null,
    message_id      bigint not null
)
with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_analyze_scale_factor = 0,
      autovacuum_analyze_threshold = 50000);
-- One row, as long as no row of chat.unindexed was lost.
create unlogged table chat.unindexed_since (
    only_row boolean primary key default true check (only_row),
    epoch    text not null
);

-- How far the index is. One row, which the session that adds words holds.
create table chat.search_state (
    only_row        boolean primary key default true check (only_row),
    -- The text search configuration (ChatSearchConfig), and when it was set: the httpd that started last decides.
    config          text not null default 'simple',
    config_set_at   timestamptz not null default '-infinity',
    -- With which the words were made that are not made with the present one yet.
    former_configs  text[] not null default '{}',
    -- All messages are being looked at, in the order of chat.messages, after the one that was the last: those that have
    -- no words, or (is_rebuild) all.
    is_building     boolean not null default true,
    is_rebuild      boolean not null default false,
    built_up_to     bigint not null default 0, -- its conversation
    built_up_to_id  bigint not null default 0,
    -- Rows of chat.unindexed were lost during a rebuild: afterwards look for messages that have no words.
    is_lossy        boolean not null default false,
    -- All that was committed before is in the index, and made with the present configuration.
    indexed_at      timestamptz not null default now(),
    -- When rows of chat.unindexed were taken last: as long as somebody does, chat.trim_unindexed() leaves them.
    worked_at       timestamptz not null default '-infinity'
)
with (fillfactor = 50);
insert into chat.search_state default values;

-- Until functions/ has it, a moment later.
create function chat.index_messages(
    wanted_config text, httpd_started_at timestamptz, at_once integer,
    out outcome text, out indexed integer, out has_more boolean, out is_building boolean, out config text,
    out lag_ms bigint)
language sql as $$ select 'busy', 0, false, true, 'simple', 0::bigint $$;

-- ==== Files of messages in the database (ChatAttachmentStore database), where hosts have no directory in common ====

-- A file is its parts of 256 kB, the last one shorter, which are stored one after the other before the message that
-- has it. Its name is random and never used again; so parts whose file no attachment has are left over, and stay so.
create table chat.file_parts (
    file       text not null check (file ~ '^[0-9a-f]{32}$'),
    n          integer not null check (n >= 0), -- from 0
    bytes      bytea not null check (octet_length(bytes) between 1 and 262144),
    created_at timestamptz not null default clock_timestamp(),
    primary key (file, n)
);
-- Pictures and archives are compressed already; and a part is then read without being decompressed.
alter table chat.file_parts alter column bytes set storage external;
-- Each file once, for chat.sweep_files().
create index file_parts_first on chat.file_parts (file) include (created_at) where n = 0;
-- What was deleted should soon have its room used again: a fifth of the table, as by default, would be much.
alter table chat.file_parts set (autovacuum_vacuum_scale_factor = 0.02, toast.autovacuum_vacuum_scale_factor = 0.02);

comment on table chat.file_parts is 'files of messages, in parts: those of attachments with in_database';
comment on column chat.file_parts.file is 'chat.attachments.file: 32 hexadecimal digits';

-- A constant default: the rows are not written.
alter table chat.attachments add column in_database boolean not null default false;
comment on column chat.attachments.in_database is 'the file is in chat.file_parts, not in the directory';

-- ==== What is deleted or changed afterwards is told live ====

-- Further kinds: 10 messages of a conversation were deleted, 11 a conversation was deleted, of which user_id was the
-- member, 12 a message is another one than it was: its file was taken away, or its flag. A null more in a row of the
-- other kinds takes no room.
alter table chat.events add column ids bigint[];
comment on column chat.events.ids is
'of kind 10: the messages, null if they are many; of kind 11: the church, whose staff had it in their lists, or null';

-- ==== Administration ====

-- Who acts below admin/: the user's name as httpd has it, the client's address, the id of the request.
create type chat.administrator as (username text, address text, request_id text);

alter table chat.audit_log
    drop column details,
    add column address text,
    add column request_id text,
    -- The members that differ, as they were and as they are; for actions, exports and views what was asked for.
    add column before jsonb,
    add column after jsonb,
    add column reason text;

-- ---- Lists ----

-- Lists in the order of names, and beginnings of names, user names and addresses; "C" serves both, in any locale.
create index users_by_name on chat.users (folded_name collate "C", id);
create index users_by_username on chat.users (lower(username) collate "C");
create index users_by_email on chat.users (lower(email) collate "C");
create index churches_by_name on chat.churches (folded_name collate "C", id);

-- Who is staff of which church, as one object of the administration. What is inserted need not say it.
alter table chat.church_staff
    add column id bigint generated by default as identity,
    add constraint church_staff_by_id unique (id);

-- Messages of all conversations by id: newest first, one by its id, and those of a span of time.
create index messages_by_id on chat.messages (id);
create index messages_with_attachment on chat.messages (id) where has_attachment;
-- Few conversations: to be found among many.
create index conversations_blocked on chat.conversations (id) where member_blocked;
create index conversations_empty on chat.conversations (id) where last_seq = 0;
create index outbox_by_id on chat.outbox (id);
create index outbox_of_user on chat.outbox (user_id, id);
create index audit_log_by_username on chat.audit_log (username, id);

-- ==== Records of the administration: what happened on each day, and how far retention is ====

-- Kept by chat.count_days(), a minute behind. What is deleted later changes nothing here.
create table chat.daily_counts (
    -- 0: all churches together; mails and pushes are in these rows only.
    church_id     bigint not null,
    day           date not null, -- in UTC
    conversations integer not null default 0, -- of which the first message was sent
    messages      integer not null default 0,
    by_members    integer not null default 0, -- of these
    by_staff      integer not null default 0,
    attachments   integer not null default 0, -- messages with one
    flagged       integer not null default 0,
    mails         integer not null default 0, -- that were sent
    pushes        integer not null default 0,
    primary key (church_id, day)
)
with (fillfactor = 50);
comment on table chat.daily_counts is 'messages and deliveries of each day, kept by chat.count_days()';

-- How long members waited for an answer: from the first message that the church had not answered to the answer, by the
-- day of the answer. Times are in steps of a twelfth: chat.waiting_step().
create table chat.daily_answers (
    day     date not null,
    step    smallint not null,
    answers integer not null,
    primary key (day, step)
)
with (fillfactor = 50);
comment on table chat.daily_answers is 'how many answers were given on a day after a time, kept by chat.count_days()';

-- How far chat.count_days() is. One row, which the session that counts holds.
create table chat.counting (
    only_row       boolean primary key default true check (only_row),
    -- Of the database's life in which this was written: next_xid is a number of it.
    epoch          text,
    -- Messages up to this id are in the counts, or being looked at; what was committed at that time is among them.
    counted_to     bigint not null default 0,
    counted_at     timestamptz,
    -- The newest id a moment ago; those up to it are counted once all transactions that had begun then have ended.
    next_id        bigint,
    next_at        timestamptz,
    next_xid       xid8,
    -- Deliveries that ended before are in the counts.
    deliveries_to  timestamptz not null default '-infinity',
    -- All messages up to counted_from are being looked at, in the order of chat.messages, and those of this day and later are counted.
    is_building    boolean not null default true,
    counted_from   bigint,
    from_day       date not null default '-infinity',
    built_up_to    bigint not null default 0, -- the conversation of the last one
    built_up_to_id bigint not null default 0,
    -- Sums over whole tables.
    totals_at      timestamptz not null default '-infinity',
    unread         bigint not null default 0, -- by churches
    flagged        bigint not null default 0,
    attachments    bigint not null default 0,
    attachment_bytes bigint not null default 0
)
with (fillfactor = 50);
insert into chat.counting default values;

-- How far chat.apply_retention() is. One row, likewise.
create table chat.retention (
    only_row    boolean primary key default true check (only_row),
    up_to       bigint not null default 0, -- the conversation that was the last one
    begun_at    timestamptz not null default '-infinity', -- the pass over all conversations
    ended_at    timestamptz not null default '-infinity' -- the last one that was complete
)
with (fillfactor = 50);
insert into chat.retention default values;
