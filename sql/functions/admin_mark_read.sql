create or replace function chat.admin_mark_read(of_conversations bigint[])
returns bigint
language plpgsql
-- As in chat.mark_read(): messages are found along their key.
set enable_bitmapscan = off as $$
declare
    follow text := coalesce(current_setting('chat.follow', true), ''); -- off: triggers do nothing
    one record;
    first bigint;
    newest bigint[];
    changed bigint := 0;
begin
    perform set_config('chat.follow', 'off', true);
    for one in
        select c.id, c.member_unread + c.church_unread as unread, c.last_message_id
        from chat.conversations c
        where c.id = any (of_conversations) and (c.member_unread > 0 or c.church_unread > 0)
        order by c.id
        for no key update
    loop
        select min(m.id) into first
        from (select m.id from chat.messages m
              where m.conversation_id = one.id and m.id <= one.last_message_id and m.read_at is null
              order by m.id desc limit one.unread) m;
        with now_read as (
            update chat.messages m set read_at = greatest(clock_timestamp(), m.created_at)
            where m.conversation_id = one.id and m.id >= first and m.read_at is null
            returning m.id, m.from_church)
        select array_agg(r.id order by r.id) into newest
        from (select max(r.id) as id from now_read r group by r.from_church) r;
        update chat.conversations c
        set member_unread = 0, member_unread_since = null, member_newest_unread_id = null,
            church_unread = 0, church_unread_since = null, church_newest_unread_id = null, version = c.version + 1
        where c.id = one.id;
        insert into chat.events (kind, conversation_id, message_id)
        select case when n.id is null then 3 else 2 end, one.id, n.id
        from (select null) as o left join unnest(newest) as n (id) on true order by n.id;
        changed := changed + 1;
    end loop;
    perform set_config('chat.follow', follow, true);
    return changed;
end $$;

comment on function chat.admin_mark_read(bigint[]) is
'Marks all messages of conversations as read, those of both sides, for an administrator.
Arguments: the conversations. Result: how many had unread ones. Each side is told up to where it was read.
Locks: the conversations'' rows in the order of their ids, then their churches'' sums.';
