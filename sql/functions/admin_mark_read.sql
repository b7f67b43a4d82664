create or replace function chat.admin_mark_read(
    of_conversations bigint[], messages_max integer, out changed bigint, out last_id bigint)
language plpgsql
-- As in chat.mark_read(): messages are found along their key.
set enable_bitmapscan = off as $$
declare
    follow text := coalesce(current_setting('chat.follow', true), ''); -- off: triggers do nothing
    one record;
    counted bigint[]; -- conversations that a church's sum has something of
    first bigint;
    newest bigint[];
    messages bigint := 0; -- of the conversations that were marked
    marked_id bigint; -- the last of these
begin
    changed := 0;
    select array_agg(l.id) filter (where l.church_unread > 0) into counted
    from (select c.id, c.church_unread from chat.conversations c
          where c.id = any (of_conversations) order by c.id for no key update) l;
    perform chat.lock_sums_of_churches(counted);
    perform set_config('chat.follow', 'off', true);
    for one in
        select c.id, c.member_unread + c.church_unread as unread, c.last_message_id
        from chat.conversations c
        where c.id = any (of_conversations) and (c.member_unread > 0 or c.church_unread > 0)
        order by c.id
    loop
        messages := messages + one.unread;
        if messages > messages_max and changed > 0 then
            last_id := marked_id;
            exit;
        end if;
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
        marked_id := one.id;
    end loop;
    perform set_config('chat.follow', follow, true);
end $$;

comment on function chat.admin_mark_read(bigint[], integer) is
'Marks all messages of conversations as read, those of both sides, for an administrator. As one statement must not take
long, those from the smallest id on that together have at most so many unread ones; the first one, whatever it has.
Arguments: the conversations; how many messages at most. Each side is told up to where it was read.
Result: how many were marked; the last of them, null when no more have unread ones.
Locks: the conversations'' rows in the order of their ids, then their churches'' sums, see
chat.lock_sums_of_churches().';
