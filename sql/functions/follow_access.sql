create or replace function chat.follow_access() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'TRUNCATE' then
        perform chat.add_generation(array(select u.id from chat.users u));
    elsif tg_table_name = 'conversations' and tg_op = 'UPDATE' then
        perform chat.add_generation(array[old.member_id, new.member_id]);
    elsif tg_table_name = 'conversations' then
        perform chat.add_generation(array(select o.member_id from old_rows o));
    elsif tg_op = 'INSERT' then
        perform chat.add_generation(array(select n.user_id from new_rows n));
    elsif tg_op = 'DELETE' then
        perform chat.add_generation(array(select o.user_id from old_rows o));
    else
        perform chat.add_generation(array(
            select w.user_id
            from ((select o.church_id, o.user_id from old_rows o except select n.church_id, n.user_id from new_rows n)
                  union all
                  (select n.church_id, n.user_id from new_rows n except select o.church_id, o.user_id from old_rows o)) w));
    end if;
    return null;
end $$;

comment on function chat.follow_access() is
'Trigger: after users have become staff, or are staff no more, and after conversations were deleted or have got
another member, makes the versions of these users'' counts higher than all before. After TRUNCATE, of all users.
Locks: see chat.add_generation().';
