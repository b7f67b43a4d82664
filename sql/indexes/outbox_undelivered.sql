-- What was given up, which is little beside what was sent.
create index concurrently if not exists outbox_undelivered on chat.outbox (state, id) where state in ('dead', 'dropped')
