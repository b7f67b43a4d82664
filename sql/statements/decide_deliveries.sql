-- Decides whom to notify of what they have not read; and when there is more to decide, in milliseconds or null.
-- Parameters: delay of mail in seconds or null, silence after a mail in seconds, what holds for members and for staff
-- without preferences, delay of push in seconds or null, at most so many sides of conversations.
select d.decided, (d.wait_ms is not null)::int as has_next, d.wait_ms
from chat.decide_deliveries(make_interval(secs => $1::integer), make_interval(secs => $2::integer), $3::text, $4::text,
                            make_interval(secs => $5::integer), $6::integer) d;
