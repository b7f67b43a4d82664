-- The current snapshot, for read_events, and the epoch. For feeds.
-- Read only.
select s.snapshot, s.epoch from chat.current_snapshot() s;
