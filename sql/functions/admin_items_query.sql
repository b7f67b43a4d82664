create or replace function chat.admin_items_query(
    kind text, filters jsonb, order_by text, rows_max integer, after_id bigint, after_key text)
returns text
language plpgsql stable as $$
declare
    k       record;
    way     text := case when order_by like '-%' then 'desc' else 'asc' end;
    further text := case when order_by like '-%' then '<' else '>' end;
    source  constant text := chat.admin_source(kind, filters, rows_max);
    by_key  text; -- null: by the id alone
begin
    select * into k from chat.admin_kind(kind);
    case ltrim(order_by, '-')
        when 'id' then
        when 'name' then by_key := k.name;
    end case;
    return format(
        'select (select row_to_json(i)::text from (%s) i) as item, %s as id, %s as key from %s where %s and %s order by %s limit %s',
        k.item, k.id, coalesce(by_key || '::text', 'null::text'), source,
        chat.admin_condition(kind, filters, source = k.source),
        case when after_id is null then 'true'
             when by_key is null then format('%s %s %L::bigint', k.id, further, after_id)
             else format('(%s, %s) %s (%L, %L::bigint)', by_key, k.id, further, after_key, after_id) end,
        case when by_key is not null then format('%s %s, ', by_key, way) else '' end || format('%s %s', k.id, way),
        rows_max);
end $$;

comment on function chat.admin_items_query(text, jsonb, text, integer, bigint, text) is
'The query of chat.admin_items(), in SQL, for the filters at hand; its columns are item, id and key.
Arguments: those of chat.admin_items(). Locks: none.';
