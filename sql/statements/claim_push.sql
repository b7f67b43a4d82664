-- The next push that is due, with the subscriptions that it goes to; no row: there is none. A row without a
-- subscription has the number of those that were dropped on the way.
-- Parameters: how long nobody else is to take it, in seconds; the id of the present key; whether the message may be in it.
select p.* from chat.claim_push(make_interval(secs => $1::integer), $2::text, $3::boolean) p;
