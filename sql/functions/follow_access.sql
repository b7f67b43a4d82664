create or replace function chat.follow_access() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
    users bigint[];
begin
    if tg_op = 'TRUNCATE' then
        users := array(select u.id from chat.users u);
    elsif tg_table_name = 'conversations' and tg_op = 'UPDATE' then
        users := array[old.member_id, new.member_id];
    elsif tg_table_name = 'conversations' then
        users := array(select o.member_id from old_rows o);
        -- Staff do not see a conversation before its first message.
        insert into chat.events (kind, conversation_id, user_id, ids)
        select 11, o.id, o.member_id, case when o.last_seq > 0 then array[o.church_id] end from old_rows o order by o.id;
        delete from chat.waiting w using old_rows o where w.conversation_id = o.id;
        delete from chat.notification_marks k
        using (select o.id, o.member_id as user_id from old_rows o
               union all
               select o.id, s.user_id from old_rows o join chat.church_staff s on s.church_id = o.church_id) r
        where k.user_id = r.user_id and k.conversation_id = r.id;
    elsif tg_op = 'INSERT' then
        users := array(select n.user_id from new_rows n);
    elsif tg_op = 'DELETE' then
        users := array(select o.user_id from old_rows o);
    else
        users := array(
            select w.user_id
            from ((select o.church_id, o.user_id from old_rows o except select n.church_id, n.user_id from new_rows n)
                  union all
                  (select n.church_id, n.user_id from new_rows n except select o.church_id, o.user_id from old_rows o)) w);
    end if;
    perform chat.add_generation(users);
    if tg_table_name = 'church_staff' and tg_op <> 'TRUNCATE' then
        insert into chat.events (kind, user_id) select distinct 9, u.id from unnest(users) as u (id);
    end if;
    return null;
end $$;

comment on function chat.follow_access() is
'Trigger: after users have become staff, or are staff no more, and after conversations were deleted or have got
another member, makes the versions of these users'' counts higher than all before. After TRUNCATE, of all users.
Events tell the feeds whose role has changed, so that their clients fetch again what they may see, and which
conversations were deleted; what waited for their readers, and what readers have marked in them, is deleted, too.
Locks: see chat.add_generation(); the rows of chat.waiting and chat.notification_marks.';
