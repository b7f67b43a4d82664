create or replace function chat.mark_reads(by_users bigint[], in_conversations bigint[], up_to bigint[])
returns table (n bigint, outcome text, marked bigint)
language plpgsql rows 16
-- As in chat.mark_read(): messages are found along their key.
set enable_bitmapscan = off
-- For each lock. When one is not given, nothing is marked, and chat.mark_read() then waits for those that need it.
set lock_timeout = '100ms' as $$
declare
    last_id bigint := case when has_sequence_privilege('chat.messages_id_seq', 'usage')
                           then pg_sequence_last_value('chat.messages_id_seq') end;
    -- The marks of users that are known.
    places bigint[];
    bounds bigint[]; -- the last message to mark
    sides boolean[]; -- whether it is the church's
    outcomes text[];
    conversations bigint[]; -- null: there is nothing to mark
    locked bigint[];
    done record; -- arrays, an element for each mark that is made
    follow text := coalesce(current_setting('chat.follow', true), ''); -- off: triggers do nothing
begin
    -- "offset 0" makes the planner look up row by row, however small a table is.
    select array_agg(w.n), array_agg(coalesce(w.up_to, 9223372036854775807)), array_agg(c.as_staff),
           array_agg(case when c.id is not null then 'read' when u.is_active then 'not_found' else 'user_inactive' end),
           -- An id that the sequence has not reached: from before a backup was restored, so it names no message here.
           array_agg(case when c.unread > 0 and (w.up_to > last_id) is not true then c.id end)
    into places, bounds, sides, outcomes, conversations
    from unnest(by_users, in_conversations, up_to) with ordinality w (by_user, conversation_id, up_to, n)
    cross join lateral (select u.id, u.is_active from chat.users u where u.id = w.by_user offset 0) u
    left join lateral (
        select c.id, c.member_id <> u.id as as_staff,
               case when c.member_id = u.id then c.member_unread else c.church_unread end as unread
        from chat.conversation_for(u.id, w.conversation_id) c
        where u.is_active offset 0) c on true;

    -- In one order, whatever the order of the marks, so that two groups cannot wait for each other.
    locked := array(
        select c.id from chat.conversations c
        where c.id = any (conversations) order by c.id for no key update of c skip locked);

    -- Unread messages are the newest ones, and their number is known. Of several marks of one side, each has what those
    -- before it have left. A number that is wrong is left to chat.mark_read(), which corrects it.
    select array_agg(w.n) as n, array_agg(by_users[w.n]) as by_user, array_agg(w.conversation_id) as conversation_id,
           array_agg(w.as_staff) as as_staff, array_agg(c.read_moment) as read_moment, array_agg(m.marked) as marked,
           array_agg(m.first) as first, array_agg(m.newest) as newest, array_agg(m.rest) as rest,
           array_agg(m.newest_of_rest) as newest_of_rest
    into done
    from (select w.*, coalesce(max(w.bound) over (partition by w.conversation_id, w.as_staff order by w.n
                                                  rows between unbounded preceding and 1 preceding), 0) as bound_before
          from unnest(places, conversations, sides, bounds) w (n, conversation_id, as_staff, bound)
          where w.conversation_id = any (locked)) w
    cross join lateral (
        select greatest(clock_timestamp(), c.updated_at) as read_moment,
               case when w.as_staff then c.church_unread else c.member_unread end as unread
        from chat.conversations c where c.id = w.conversation_id offset 0) c
    cross join lateral (
        select count(*) as unread,
               count(*) filter (where m.id > w.bound_before and m.id <= w.bound) as marked,
               min(m.id) filter (where m.id > w.bound_before and m.id <= w.bound) as first,
               max(m.id) filter (where m.id > w.bound_before and m.id <= w.bound) as newest,
               count(*) filter (where m.id > w.bound_before and m.id > w.bound) as rest,
               max(m.id) filter (where m.id > w.bound_before and m.id > w.bound) as newest_of_rest
        from (select m.id from chat.messages m
              where m.conversation_id = w.conversation_id and m.from_church = not w.as_staff and m.read_at is null
              order by m.id desc limit c.unread) m) m
    where m.unread = c.unread;

    if done.n is not null then
        perform set_config('chat.follow', 'off', true);
        update chat.messages m
        set read_at = r.read_moment
        from unnest(done.conversation_id, done.as_staff, done.read_moment, done.first, done.newest)
             r (conversation_id, as_staff, read_moment, first, newest)
        where m.conversation_id = r.conversation_id and m.id between r.first and r.newest
          and m.from_church = not r.as_staff and m.read_at is null;
        perform set_config('chat.follow', follow, true);

        perform chat.lock_sums_of_churches(array(
            select r.conversation_id
            from unnest(done.conversation_id, done.as_staff, done.marked) r (conversation_id, as_staff, marked)
            where r.as_staff and r.marked > 0));
        update chat.conversations c
        set member_unread = coalesce(r.of_member, c.member_unread),
            church_unread = coalesce(r.of_church, c.church_unread),
            member_newest_unread_id = case when r.of_member is null then c.member_newest_unread_id
                                           when r.of_member > 0 then r.newest_of_member end,
            church_newest_unread_id = case when r.of_church is null then c.church_newest_unread_id
                                           when r.of_church > 0 then r.newest_of_church end,
            member_unread_since = case when r.of_member is distinct from 0 then c.member_unread_since end,
            church_unread_since = case when r.of_church is distinct from 0 then c.church_unread_since end,
            version = c.version + r.marks
        from (select r.conversation_id, count(*) as marks,
                     min(r.rest) filter (where not r.as_staff) as of_member,
                     min(r.rest) filter (where r.as_staff) as of_church,
                     max(r.newest_of_rest) filter (where not r.as_staff) as newest_of_member,
                     max(r.newest_of_rest) filter (where r.as_staff) as newest_of_church
              from unnest(done.conversation_id, done.as_staff, done.marked, done.rest, done.newest_of_rest)
                   r (conversation_id, as_staff, marked, rest, newest_of_rest)
              where r.marked > 0
              group by r.conversation_id) r
        where c.id = r.conversation_id;

        insert into chat.events (kind, conversation_id, message_id, user_id)
        select 2, r.conversation_id, r.newest, r.by_user
        from unnest(done.n, done.conversation_id, done.newest, done.by_user) r (n, conversation_id, newest, by_user)
        where r.newest is not null
        order by r.n;
    end if;

    return query
    select w.n, w.outcome, coalesce(r.marked, 0)
    from unnest(places, outcomes, conversations) w (n, outcome, conversation_id)
    left join unnest(done.n, done.marked) r (n, marked) on r.n = w.n
    where w.conversation_id is null or r.n is not null;
end $$;

comment on function chat.mark_reads(bigint[], bigint[], bigint[]) is
'Does what as many calls of chat.mark_read() do, in the order of the arrays, in one: for different people who read at the
same moment. t/sql/mark_reads.sql compares all that the two have written.
Arguments: as chat.mark_read(), an array of each.
Returns for each mark its place in the arrays, from 1, and what chat.mark_read() returns. No row: it was not made, as the
user is not known, the number of unread messages is wrong, or somebody else has locked the conversation; chat.mark_read()
is to be called for it, which waits, and corrects. An error, lock_not_available, when somebody has locked the sum of a church
for longer than lock_timeout here: chat.mark_read() is to be called for each.
Locks: the rows of the conversations where something is unread, for no key update, in the order of their ids and without
waiting; then, where staff read, the churches'' rows of chat.unread_of_churches, see chat.lock_sums_of_churches().';
