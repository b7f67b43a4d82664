create or replace function chat.read_notifications(
    by_user bigint, of_conversations bigint[] default null,
    out outcome text, out marked bigint)
language plpgsql as $$
declare
    marked_at timestamptz := clock_timestamp();
begin
    marked := 0;
    -- One call at a time for each reader: two could deadlock on each other's marks.
    perform from chat.users u where u.id = by_user and u.is_active for no key update;
    if not found then
        outcome := 'user_inactive';
        return;
    end if;

    outcome := 'read';
    delete from chat.notification_marks k
    where k.user_id = by_user
      and not exists (
          select from chat.conversations c
          where c.id = k.conversation_id
            and k.read_up_to >= case when c.member_id = by_user then c.member_newest_unread_id
                                     else c.church_newest_unread_id end);

    if of_conversations is not null then
        with now_marked as (
            insert into chat.notification_marks as k (user_id, conversation_id, read_up_to, read_at)
            select by_user, c.id, c.newest_unread_id, marked_at
            from (select distinct o.id from unnest(of_conversations) as o (id)) o
            cross join lateral (
                select c.id, case when c.member_id = by_user then c.member_newest_unread_id
                                  else c.church_newest_unread_id end as newest_unread_id
                from chat.conversation_for(by_user, o.id) c
                offset 0) c
            where c.newest_unread_id is not null
            on conflict (user_id, conversation_id) do update
                set read_up_to = excluded.read_up_to, read_at = excluded.read_at
                where k.read_up_to < excluded.read_up_to
            returning conversation_id),
        now_told as (
            insert into chat.events (kind, conversation_id, user_id)
            select 7, n.conversation_id, by_user from now_marked n)
        select count(*) into marked from now_marked;
        return;
    end if;

    with now_marked as (
        insert into chat.notification_marks as k (user_id, conversation_id, read_up_to, read_at)
        select by_user, c.id, c.newest_unread_id, marked_at
        from (select c.id, c.member_newest_unread_id as newest_unread_id
              from chat.conversations c
              where c.member_id = by_user and c.member_unread > 0
              union all
              select c.id, c.church_newest_unread_id
              from chat.church_staff s
              cross join lateral (
                  select c.id, c.church_newest_unread_id
                  from chat.conversations c
                  where c.church_id = s.church_id and c.member_id <> by_user and c.church_unread > 0
                  offset 0) c
              where s.user_id = by_user) c
        where c.newest_unread_id is not null
        on conflict (user_id, conversation_id) do update
            set read_up_to = excluded.read_up_to, read_at = excluded.read_at
            where k.read_up_to < excluded.read_up_to
        returning 1)
    select count(*) into marked from now_marked;
    if marked > 0 then
        insert into chat.events (kind, user_id) values (7, by_user);
    end if;
end $$;

comment on function chat.read_notifications(bigint, bigint[]) is
'Marks notifications as read for one reader; messages stay unread, and colleagues'' notifications too.
Arguments: the reader; the conversations, or null for all. Conversations that are not the reader''s, or have
nothing unread, are ignored.
Outcomes: read (with the number of notifications marked); user_inactive (or unknown).
Locks: the reader''s row, for no key update. A concurrent message ends the mark of its
conversation, whichever is committed first. Marks of the reader that have ended are deleted.';
