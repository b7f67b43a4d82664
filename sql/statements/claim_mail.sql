-- The next mail that is due, with its messages; no row: there is none. A row without a delivery has the number of
-- those that were dropped on the way.
-- Parameters: how long nobody else is to take it, in seconds; what holds for members and for staff without preferences;
-- full, excerpt or none: how much of the messages.
select m.* from chat.claim_mail(make_interval(secs => $1::integer), $2::text, $3::text, $4::text) m;
