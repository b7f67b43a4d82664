-- Where the present ends: the snapshot that read_events can go on from, and the epoch. For feeds.
-- Read only.
select s.snapshot, s.epoch from chat.current_snapshot() s;
