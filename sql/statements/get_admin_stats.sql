-- The statistics of the administration, as JSON. Parameters: how many days.
-- Read only.
select chat.admin_stats($1::int4) as stats;
