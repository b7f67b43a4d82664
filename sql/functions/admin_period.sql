create or replace function chat.admin_period(
    filters jsonb, out begins timestamptz, out ends timestamptz, out unit text)
language sql stable parallel safe as $$
    select b.begins at time zone 'UTC',
           (b.begins + case when filters ? 'day' then interval '1 day'
                            when filters ? 'month' then interval '1 month'
                            else interval '1 year' end) at time zone 'UTC',
           case when filters ? 'month' then 'day' when filters ? 'year' then 'month' else 'year' end
    from (select make_timestamp((filters ->> 'year')::integer, coalesce((filters ->> 'month')::integer, 1),
                                coalesce((filters ->> 'day')::integer, 1), 0, 0, 0) as begins) b
$$;

comment on function chat.admin_period(jsonb) is
'The span of time that the filters year, month and day of a list say, in UTC: from the one time on, before the other,
both null without a year; and the unit in which what is found is counted: by year, by month within a year, by day within
a month.';
