create or replace function chat.admin_days(
    kind text, filters jsonb, out count bigint, out dates text)
language plpgsql stable as $$
declare
    others constant jsonb := filters - array['year', 'month', 'day', 'church_id'];
    period record;
    what text := case
        when kind = 'message' and others = '{}' then 'messages'
        when kind = 'message' and others = '{"flag": "any"}' then 'flagged'
        when kind = 'message' and others in ('{"has_attachment": true}', '{"has_attachment": "true"}') then 'attachments'
        when kind = 'conversation' and others = '{}' then 'conversations'
        when kind = 'attachment' and others = '{}' then 'attachments' end;
begin
    if what is null or (select s.is_building from chat.counting s) then
        return;
    end if;
    select * into period from chat.admin_period(filters);
    execute format(
        'select sum(u.n), string_agg(format(''{"%1$s":%%s,"count":%%s}'', u.unit, u.n), '','' order by u.unit)
         from (select extract(%1$s from d.day)::integer as unit, sum(d.%2$I) as n
               from chat.daily_counts d
               where d.church_id = $1 and d.day >= coalesce($2, ''-infinity'') and d.day < coalesce($3, ''infinity'') and d.%2$I > 0
               group by 1) u', period.unit, what)
    into count, dates
    using coalesce((filters ->> 'church_id')::bigint, 0), (period.begins at time zone 'UTC')::date, (period.ends at time zone 'UTC')::date;
end $$;

comment on function chat.admin_days(text, jsonb) is
'How many objects a list of the administration had when they were made, of chat.daily_counts: where only dates and the
church are filtered, of messages also those that are flagged or have a file. Those that were deleted since are in it,
those of the last minute or two are not, and of conversations the first message counts.
Arguments: the kind of the objects; the filters, as of chat.admin_condition(). Locks: none.
Result: the number; by year, month or day, as chat.admin_summary(), without the brackets; nulls where nothing is known.';
