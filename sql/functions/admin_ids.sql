create or replace function chat.admin_ids(kind text, filters jsonb, after_id bigint, rows_max integer)
returns bigint[]
language plpgsql stable as $$
declare
    k record;
    ids bigint[];
    source constant text := chat.admin_source(kind, filters, rows_max);
    newest_first constant boolean := kind = 'message'; -- where what is looked for lately is soon found
begin
    select * into k from chat.admin_kind(kind);
    execute format('select array(select %1$s from %2$s where %3$s and %1$s %4$s %5$L::bigint order by %1$s %6$s limit %7$s)',
                   k.id, source, chat.admin_condition(kind, filters, source = k.source),
                   case when newest_first then '<' else '>' end,
                   coalesce(after_id, case when newest_first then 9223372036854775807 else 0 end),
                   case when newest_first then 'desc' else '' end, rows_max) into ids;
    return ids;
end $$;

comment on function chat.admin_ids(text, jsonb, bigint, integer) is
'The ids of what the filters of the administration find, from the smallest on; of messages from the newest on, as their
lists have them.
Arguments: the kind of the objects; the filters, as of chat.admin_condition(); the id after which to begin, or null; how
many at most. Locks: none.';
