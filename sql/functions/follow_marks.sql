create or replace function chat.follow_marks() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'DELETE' then
        insert into chat.count_versions as v (user_id, marks)
        select distinct o.user_id, 1 from old_rows o order by 1
        on conflict (user_id) do update set marks = v.marks + 1;
    else
        insert into chat.count_versions as v (user_id, marks)
        select distinct n.user_id, 1 from new_rows n order by 1
        on conflict (user_id) do update set marks = v.marks + 1;
    end if;
    return null;
end $$;

comment on function chat.follow_marks() is
'Trigger: makes the versions of the counts of users grow whose marks of notifications have changed.
Locks: their rows of chat.count_versions, in the order of their ids.';
