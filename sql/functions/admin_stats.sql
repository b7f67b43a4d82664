create or replace function chat.admin_stats(of_days integer)
returns text
language sql stable as $$
    select json_build_object(
        'totals', json_build_object(
            'users', chat.row_count('chat.users'), 'churches', chat.row_count('chat.churches'),
            'conversations', chat.row_count('chat.conversations'), 'messages', chat.row_count('chat.messages'),
            'attachments', s.attachments, 'attachment_bytes', s.attachment_bytes, 'unread', s.unread, 'flagged', s.flagged,
            'push_subscriptions', chat.row_count('chat.push_subscriptions')),
        'days', (select json_agg(json_build_object(
                            'date', g.day::date, 'conversations', coalesce(c.conversations, 0), 'messages', coalesce(c.messages, 0),
                            'by_members', coalesce(c.by_members, 0), 'by_staff', coalesce(c.by_staff, 0),
                            'attachments', coalesce(c.attachments, 0), 'flagged', coalesce(c.flagged, 0),
                            'mails', coalesce(c.mails, 0), 'pushes', coalesce(c.pushes, 0)) order by g.day)
                 from generate_series(lower(d.days), upper(d.days) - 1, interval '1 day') g (day)
                 left join chat.daily_counts c on c.church_id = 0 and c.day = g.day::date),
        'first_answer_seconds', json_build_object('p50', chat.waiting_time(d.days, 0.5), 'p90', chat.waiting_time(d.days, 0.9)),
        'outbox', json_build_object(
            'due', (select count(*) from (select from chat.outbox o where o.state = 'due' limit 10000) n),
            'dead', (select count(*) from (select from chat.outbox o where o.state = 'dead' limit 10000) n)),
        'is_building', s.is_building,
        'as_of', to_char(s.counted_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))::text
    from chat.counting s
    cross join (select daterange((now() at time zone 'UTC')::date - of_days + 1, (now() at time zone 'UTC')::date + 1) as days) d
$$;

comment on function chat.admin_stats(integer) is
'The statistics of the administration, as JSON: totals; the last days, in UTC, today the last one; in how many seconds half
and nine of ten of the answers of these days came; what is to be delivered, each number at most 10,000. Totals of
tables are exact up to 10,000, then those of the statistics of the database; the others are those of chat.count_days(),
some minutes old. Arguments: how many days. Locks: none.';
