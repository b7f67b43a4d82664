create or replace function chat.admin_ids(kind text, filters jsonb, after_id bigint, rows_max integer)
returns bigint[]
language plpgsql stable as $$
declare
    k record;
    ids bigint[];
begin
    select * into k from chat.admin_kind(kind);
    -- As a page in the order of ids.
    execute format('select array(select %1$s from %2$s where %3$s and %1$s > %4$L::bigint order by %1$s limit %5$s)',
                   k.id, chat.admin_source(kind, filters, true), chat.admin_condition(kind, filters, false),
                   coalesce(after_id, 0), rows_max) into ids;
    return ids;
end $$;

comment on function chat.admin_ids(text, jsonb, bigint, integer) is
'The ids of what the filters of the administration find, from the smallest on.
Arguments: the kind of the objects; the filters, as of chat.admin_condition(); the id after which to begin, or null; how
many at most. Locks: none.';
