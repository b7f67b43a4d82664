create or replace function chat.admin_differences(own text[], before jsonb, after jsonb, out were jsonb, out are jsonb)
language plpgsql immutable as $$
declare
    -- The audit log is no second place for what a person is called: it says which member has changed.
    personal constant text[] := '{display_name,email}';
    name text;
begin
    for name in select n.name from unnest(own) as n (name) where after -> n.name is distinct from before -> n.name order by 1 loop
        were := coalesce(were, '{}') || jsonb_build_object(name, case when name = any (personal) and before ->> name is not null
                                                 then to_jsonb(left(before ->> name, 1) || '…') else before -> name end);
        are := coalesce(are, '{}') || jsonb_build_object(name, case when name = any (personal) and after ->> name is not null
                                               then to_jsonb(left(after ->> name, 1) || '…') else after -> name end);
    end loop;
end $$;

comment on function chat.admin_differences(text[], jsonb, jsonb) is
'What the audit log says of a change: the members of an item that differ, as they were and as they are; nulls: none. Of
the names and addresses of people only the first character: which member has changed is what matters there.
Arguments: the members that are compared, as what others do to an object meanwhile is no change by the administrator; the
item before and after.';
