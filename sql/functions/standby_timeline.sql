create or replace function chat.standby_timeline() returns text language sql stable as $$
select upper(lpad(to_hex(greatest(c.timeline_id, r.min_recovery_end_timeline)), 8, '0'))
from pg_control_checkpoint() c, pg_control_recovery() r
$$;

comment on function chat.standby_timeline() is
'The timeline of a server in recovery, as pg_walfile_name() writes it, which does not work there.';
