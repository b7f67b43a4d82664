-- Changes how the user wants to be notified of messages.
-- Parameters: external_id, the address that Apache knows of or null; email, push, digest_at, each null to stay as it is;
-- whether the quiet hours change, when they begin and end or nulls; time_zone, language, each null to stay.
-- Outcomes: saved, no_time_zone, user_inactive.
select u.*, p.*
from chat.asker($1::text) u
cross join lateral chat.put_preferences(
    u.user_id, coalesce($2::text, u.user_email), $3::text, $4::boolean, $5::time, $6::boolean, $7::time, $8::time,
    $9::text, $10::text) p;
