create or replace function chat.waiting_step(waited interval)
returns smallint
language sql immutable parallel safe as $$
    select least(200, greatest(0, floor(8 * ln(greatest(extract(epoch from $1), 1)::float8) / ln(2))))::smallint
$$;

comment on function chat.waiting_step(interval) is
'The step of a time in chat.daily_answers: each is 2^(1/8) as long as the one before, about a twelfth longer, from one
second to a year, so that a day has few rows. Arguments: the time. Locks: none.';
