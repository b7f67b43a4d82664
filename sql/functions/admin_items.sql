create or replace function chat.admin_items(
    kind text, filters jsonb, order_by text, rows_max integer, after_id bigint, after_key text)
returns table (item text, id bigint, key text)
language plpgsql stable rows 100 as $$
declare
    k       record;
    way     text := case when order_by like '-%' then 'desc' else 'asc' end;
    further text := case when order_by like '-%' then '<' else '>' end;
    by_key  text; -- null: by the id alone
begin
    select * into k from chat.admin_kind(kind);
    case ltrim(order_by, '-')
        when 'id' then
        when 'name' then by_key := k.name;
    end case;
    return query execute format(
        'select (select row_to_json(i)::text from (%s) i), %s, %s from %s where %s and %s order by %s limit %s',
        k.item, k.id, coalesce(by_key || '::text', 'null::text'), chat.admin_source(kind, filters, true),
        chat.admin_condition(kind, filters, false),
        case when after_id is null then 'true'
             when by_key is null then format('%s %s %L::bigint', k.id, further, after_id)
             else format('(%s, %s) %s (%L, %L::bigint)', by_key, k.id, further, after_key, after_id) end,
        case when by_key is not null then format('%s %s, ', by_key, way) else '' end || format('%s %s', k.id, way),
        rows_max);
end $$;

comment on function chat.admin_items(text, jsonb, text, integer, bigint, text) is
'A page of a list of the administration: the items, as JSON, with the place of each in the list.
Arguments: the kind of the objects, as of chat.admin_kind(); the filters, as of chat.admin_condition(); the order, id or
name, with a - before it for the reverse; how many at most; the id and the key of the last item before the page, or
nulls. Locks: none.
The query is made for the filters at hand, and planned for their values.';
