create or replace function chat.waiting_time(days daterange, share float8)
returns integer
language sql stable as $$
    -- The middle of the step in which so many of all answers have been given.
    select round(2 ^ ((s.step + 0.5) / 8))::integer
    from (select a.step, sum(sum(a.answers)) over (order by a.step) as up_to, sum(sum(a.answers)) over () as answers
          from chat.daily_answers a
          where a.day >= lower(days) and a.day < upper(days)
          group by a.step) s
    where s.up_to >= s.answers * share
    order by s.step
    limit 1
$$;

comment on function chat.waiting_time(daterange, float8) is
'In how many seconds a share of the answers of some days were given, to a twelfth; null when there was none.
Arguments: the days; the share, 0.9 for nine of ten. Locks: none.';
