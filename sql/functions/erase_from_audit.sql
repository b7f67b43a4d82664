-- With the rights of its owner, as the role of the module needs none to change what is there.
create or replace function chat.erase_from_audit(
    of_user bigint, after_id bigint, at_once integer, out changed bigint, out last_id bigint)
language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
    person chat.users;
    names text[];
    pattern text;
    -- Those that one user has: without the display name, which others may have as a name, too.
    sure_names text[];
    sure_pattern text;
    usernames text[];
    needles text[];
    pseudonym constant text := chat.pseudonym(of_user);
    begins constant bigint := coalesce(after_id, 0);
    rows bigint;
begin
    changed := 0;
    select u.* into person from chat.users u where u.id = of_user;
    names := chat.names_of_user(person);
    if coalesce(cardinality(names), 0) = 0 then
        return;
    end if;
    usernames := chat.usernames_of_user(person);
    person.display_name := null;
    sure_names := chat.names_of_user(person);
    pattern := chat.pattern_of_names(names);
    sure_pattern := chat.pattern_of_names(sure_names);
    -- What is to be looked at closely has one of these, some as JSON has them.
    needles := (select array_agg(lower(n.name)) || array_agg(btrim(to_jsonb(lower(n.name))::text, '"'))
                from unnest(names) as n (name));
    select max(a.id), count(*) into last_id, rows
    from (select a.id from chat.audit_log a where a.id > begins order by a.id limit at_once) a;
    with now_erased as (
        select a.id, o.is_theirs, chat.erase_names(a.before, n.names, n.pattern, pseudonym) as before,
               chat.erase_names(a.after, n.names, n.pattern, pseudonym) as after,
               chat.erase_names(a.reason, n.names, n.pattern, pseudonym) as reason
        from chat.audit_log a
        cross join lateral (select coalesce(a.username = any (usernames), false) as is_theirs) o
        cross join lateral (select o.is_theirs or (a.object_kind = 'user' and a.object_id is not distinct from of_user) as is_sure) s
        cross join lateral (select case when s.is_sure then names else sure_names end as names,
                                   case when s.is_sure then pattern else sure_pattern end as pattern) n
        where a.id > begins and a.id <= last_id
          and (o.is_theirs
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
address of the client away where the user has acted (chat.usernames_of_user). The display name, which another one may have,
is replaced only in rows that are about the user or that the user has written. Nothing else changes any, and only
chat.prune_audit(), for ChatRetention, deletes any.
Arguments: the user; the row after which to begin, or null; how many rows are looked at.
Result: how many were changed; the last one that was looked at, or null when there is none after it. Locks: these rows.';
