-- The user.
-- Parameters: external_id.
-- Read only.
select u.*, s.xmin as snapshot_xmin, s.epoch
from chat.asker($1::text) u
cross join chat.current_snapshot() s;
