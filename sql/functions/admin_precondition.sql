create or replace function chat.admin_precondition(kind text, id bigint, if_match text[])
returns text
language plpgsql as $$
declare
    present text;
begin
    select i.etag into present from chat.admin_item(kind, id) i;
    return case when not found then 'not_found'
                when present = any (if_match) or '*' = any (if_match) then 'done'
                else 'stale' end;
end $$;

comment on function chat.admin_precondition(text, bigint, text[]) is
'Whether an object of the administration is still what the administrator has seen: for a statement that has locked it.
Arguments: its kind, as of chat.admin_kind(); its id; the values of If-Match without quotes, or *.
Result: done (it is); stale; not_found. Locks: none. Volatile, to see what was committed while the lock was awaited.';
