create or replace function chat.admin_condition(kind text, filters jsonb) returns text
language plpgsql stable parallel safe as $$
declare
    name      text;
    value     text;
    condition text;
    conditions text := 'true';
    period    record;
begin
    for name, value in select e.key, e.value from jsonb_each_text(filters) e loop
        continue when name in ('year', 'month', 'day');
        condition := case kind || ' ' || name
            when 'user is_active' then format('o.is_active = %L::boolean', value)
            when 'user role' then
                case when value = 'member' then 'not ' else '' end
                || 'exists (select from chat.church_staff s where s.user_id = o.id)'
            when 'user email_state' then
                case value
                    when 'none' then 'o.email is null'
                    when 'failing' then
                        'lower(o.email) in (select f.address from chat.mail_failures f where f.is_off)'
                    else 'o.email is not null and not exists (select from chat.mail_failures f '
                         'where f.address = lower(o.email) and f.is_off)'
                end
            when 'user q' then
                format('(lower(o.username) collate "C" like %L or o.folded_name collate "C" like %L
                        or lower(o.email) collate "C" like %L)',
                       chat.admin_beginning(lower(value)), chat.admin_beginning(chat.fold_name(value)),
                       chat.admin_beginning(lower(value)))
        end;
        if condition is null then
            raise exception 'objects of the kind % have no filter %', kind, name;
        end if;
        conditions := conditions || ' and ' || condition;
    end loop;
    if filters ? 'year' then
        select p.* into period from chat.admin_period(filters) p;
        conditions := conditions || format(' and %1$s >= %2$L::timestamptz and %1$s < %3$L::timestamptz',
            (chat.admin_kind(kind)).created, period.begins, period.ends);
    end if;
    return conditions;
end $$;

comment on function chat.admin_condition(text, jsonb) is
'The condition, in SQL, of what a list of the administration, an export or an action is limited to; true without
filters. o is the row of the object, with the tables of chat.admin_kind().
Arguments: the kind of the objects; the filters by their names in the API, whose values have been checked there and
are quoted here.';
