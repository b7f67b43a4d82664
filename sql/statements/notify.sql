-- Sends a notification to the listeners of a channel.
-- Parameters: channel, payload.
select pg_notify($1::text, $2::text);
