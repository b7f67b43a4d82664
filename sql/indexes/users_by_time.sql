-- Who came in a year, a month or on a day.
create index concurrently if not exists users_by_time on chat.users (created_at, id)
