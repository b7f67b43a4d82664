-- Mails the user's address again, although it was refused.
-- Parameters: external_id, the address that Apache knows of or null.
-- Outcomes: done, user_inactive.
select u.*, p.*
from chat.asker($1::text) u
cross join lateral chat.retry_mail(u.user_id, coalesce($2::text, u.user_email)) p;
