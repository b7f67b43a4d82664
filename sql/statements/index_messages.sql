-- Brings the words of messages up to date, a part at a time. Parameters: the text search configuration that is wanted,
-- how many microseconds ago httpd was started, how many messages may be taken at once. Outcomes: done, busy,
-- unknown_config.
select i.outcome, i.indexed, i.has_more, i.is_building, i.config, i.lag_ms
from chat.index_messages($1::text, clock_timestamp() - $2::int8 * interval '1 microsecond', $3::int4) i;
