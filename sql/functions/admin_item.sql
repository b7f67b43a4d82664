create or replace function chat.admin_item(kind text, id bigint, out item text, out etag text)
returns setof record
language plpgsql stable rows 1 as $$
declare
    k record;
begin
    select * into k from chat.admin_kind(kind);
    return query execute format(
        'select i.item, left(md5(coalesce((select string_agg(m.key || m.value::text, '','' order by m.key)
                                          from json_each(i.item::json) m where m.key = any (%L)), '''')), 16)
                        || left(md5(i.item), 16)
         from (select (select row_to_json(i)::text from (%s) i) as item from %s where %s = $1) i', chat.admin_own(kind), k.item, k.source, k.id)
    using id;
end $$;

comment on function chat.admin_item(text, bigint) is
'One object as the administration shows it; no row when there is none.
Arguments: its kind, as of chat.admin_kind(); its id.
Result: the item of the API, as JSON; its ETag, which is another one when anything of the item is: its first half when a
member is that administrators change. Locks: none: a statement that changes an object locks its row before it compares.';
