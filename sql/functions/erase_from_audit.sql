-- With the rights of its owner, as the role of the module needs none to change what is there.
create or replace function chat.erase_from_audit(
    of_user bigint, after_id bigint, at_once integer, out changed bigint, out last_id bigint)
language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
    names constant text[] := (select chat.names_of_user(u) from chat.users u where u.id = of_user);
    pattern constant text := chat.pattern_of_names(names);
    -- What is to be looked at closely has one of these, some as JSON has them.
    needles constant text[] := (select array_agg(lower(n.name)) || array_agg(btrim(to_jsonb(lower(n.name))::text, '"'))
                                from unnest(names) as n (name));
    pseudonym constant text := chat.pseudonym(of_user);
    begins constant bigint := coalesce(after_id, 0);
    rows bigint;
begin
    changed := 0;
    if coalesce(cardinality(names), 0) = 0 then
        return;
    end if;
    select max(a.id), count(*) into last_id, rows
    from (select a.id from chat.audit_log a where a.id > begins order by a.id limit at_once) a;
    with now_erased as (
        select a.id, a.username = any (names) as is_theirs, chat.erase_names(a.before, names, pattern, pseudonym) as before,
               chat.erase_names(a.after, names, pattern, pseudonym) as after,
               chat.erase_names(a.reason, names, pattern, pseudonym) as reason
        from chat.audit_log a
        where a.id > begins and a.id <= last_id
          and (a.username = any (names)
               or exists (select from unnest(needles) as n (needle)
                          where strpos(lower(concat_ws(' ', a.before, a.after, a.reason)), n.needle) > 0)))
    update chat.audit_log a
    set username = case when e.is_theirs then pseudonym else a.username end,
        address = case when e.is_theirs then null else a.address end,
        before = e.before, after = e.after, reason = e.reason
    from now_erased e
    where a.id = e.id and a.id > begins and a.id <= last_id
      and (e.is_theirs or (a.before, a.after, a.reason) is distinct from (e.before, e.after, e.reason));
    get diagnostics changed = row_count;
    if rows < at_once then
        last_id := null;
    end if;
end $$;

comment on function chat.erase_from_audit(bigint, bigint, integer) is
'Puts the pseudonym of a user in the place of the user''s names (chat.names_of_user) in rows of the audit log, and takes the
address of the client away where the user has acted. Nothing else changes any, and only chat.prune_audit(), for
ChatRetention, deletes any.
Arguments: the user; the row after which to begin, or null; how many rows are looked at.
Result: how many were changed; the last one that was looked at, or null when there is none after it. Locks: these rows.';
