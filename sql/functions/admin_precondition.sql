create or replace function chat.admin_precondition(kind text, id bigint, if_match text[], is_whole boolean)
returns text
language plpgsql as $$
declare
    present text;
    counts constant integer := case when is_whole then 32 else 16 end; -- digits of an ETag
begin
    select left(i.etag, counts) into present from chat.admin_item(kind, id) i;
    return case when not found then 'not_found'
                when '*' = any (if_match) or exists (select from unnest(if_match) as m (etag) where left(m.etag, counts) = present)
                then 'done'
                else 'stale' end;
end $$;

comment on function chat.admin_precondition(text, bigint, text[], boolean) is
'Whether an object of the administration is still what the administrator has seen: for a statement that has locked it.
Arguments: its kind, as of chat.admin_kind(); its id; the values of If-Match without quotes, or *; whether all of it must
be as it was, or only what administrators change: not, say, how many messages a conversation has.
Result: done (it is); stale; not_found. Locks: none. Volatile, to see what was committed while the lock was awaited.';
