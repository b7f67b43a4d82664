-- Clients remember where they were: the last seq of a conversation, a page's cursor, the newest change seen.
-- After a backup was restored, or an older copy took over, such a position may name what does not exist, or
-- something else. The epoch names the life of the database, so that a position of another life is seen.

-- One row. What the epoch is made of, besides this row: chat.current_epoch().
create table chat.epoch (
    only_row   boolean primary key default true check (only_row),
    id         text not null default gen_random_uuid()::text,
    renewed_at timestamptz not null default clock_timestamp()
);
comment on table chat.epoch is 'part of what chat.current_epoch() is made of; see chat.renew_epoch()';
insert into chat.epoch default values;

-- Data that is restored into existing tables (pg_restore --data-only) comes by INSERT or COPY.
create function chat.make_epoch_new() returns trigger language plpgsql as $$
begin
    new.id := gen_random_uuid()::text;
    new.renewed_at := clock_timestamp();
    return new;
end $$;
comment on function chat.make_epoch_new() is 'Trigger: a row of chat.epoch that comes from elsewhere gets a new id.';
create trigger make_epoch_new before insert on chat.epoch
    for each row execute function chat.make_epoch_new();

-- When transactions began, as far as it matters: a transaction whose number is above that of a moment began
-- to write after it. So a bound is known for updated_at in what was not committed yet (chat.since).
-- A few rows a minute while there are writers, kept for a day.
create table chat.moments (
    xid    xid8 primary key,
    -- The oldest transaction that had not ended.
    oldest xid8 not null,
    at     timestamptz not null
);
create index moments_by_time on chat.moments (at);
comment on table chat.moments is 'see chat.note_moment() and chat.since()';
insert into chat.moments (xid, oldest, at)
select pg_current_xact_id(), pg_snapshot_xmin(pg_current_snapshot()), now();
