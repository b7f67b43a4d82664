create or replace function chat.admin_items(
    kind text, filters jsonb, order_by text, rows_max integer, after_id bigint, after_key text)
returns table (item text, id bigint, key text)
language plpgsql stable rows 100 as $$
begin
    return query execute chat.admin_items_query(kind, filters, order_by, rows_max, after_id, after_key);
end $$;

comment on function chat.admin_items(text, jsonb, text, integer, bigint, text) is
'A page of a list of the administration: the items, as JSON, with the place of each in the list.
Arguments: the kind of the objects, as of chat.admin_kind(); the filters, as of chat.admin_condition(); the order, id or
name, with a - before it for the reverse; how many at most; the id and the key of the last item before the page, or
nulls. Locks: none.
The query is made for the filters at hand, and planned for their values.';
