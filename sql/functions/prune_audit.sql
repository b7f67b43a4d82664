-- With the rights of its owner, as the role of the module needs none to delete here.
create or replace function chat.prune_audit(from_before timestamptz, at_once integer)
returns bigint
language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
    -- Whoever may use the schema may call this: what has just been done stays. ChatRetention is a day at least.
    kept_since constant timestamptz := now() - interval '1 day';
    deleted bigint;
begin
    delete from chat.audit_log a
    where a.id = any (array(select a.id from chat.audit_log a where a.created_at < least(from_before, kept_since)
                           order by a.created_at, a.id limit at_once));
    get diagnostics deleted = row_count;
    return deleted;
end $$;

comment on function chat.prune_audit(timestamptz, integer) is
'Deletes rows of the audit log from before a time, at most so many, and none of the last day. Nothing
else deletes any.
Result: how many. Locks: these rows.';
