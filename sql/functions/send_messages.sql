create or replace function chat.send_messages(
    by_users bigint[], in_conversations bigint[], new_contents text[], with_client_ids text[], with_flags text[])
returns table (n bigint, outcome text, message chat.messages)
language plpgsql rows 16
-- A lock that is not given soon delays those who need it only: each of them then waits for it alone.
set lock_timeout = '100ms' as $$
declare
    locked bigint[];
    counted bigint[]; -- of these, those that members write in
    sent_at timestamptz;
    follow text := coalesce(current_setting('chat.follow', true), ''); -- off: triggers do nothing
begin
    -- In one order, whatever the order of the messages, so that two groups cannot wait for each other.
    select array_agg(l.id) into locked
    from (select c.id
          from chat.conversations c
          where c.id in (select k.id
                         from unnest(by_users, in_conversations) w (by_user, conversation_id)
                         join chat.users u on u.id = w.by_user and u.is_active
                         join chat.conversations k on k.id = w.conversation_id
                         where k.member_id = u.id
                            or (select true from chat.church_staff s
                                where s.church_id = k.church_id and s.user_id = u.id))
          order by c.id
          for no key update of c skip locked) l;

    counted := array(
        select c.id
        from unnest(by_users, in_conversations) w (by_user, conversation_id)
        join chat.conversations c on c.id = w.conversation_id and c.member_id = w.by_user
        where c.id = any (locked));
    begin
        perform chat.lock_unread_of_churches(counted);
    exception when lock_not_available then
        locked := array(select unnest(locked) except select unnest(chat.lock_unread_of_churches(counted, true)));
    end;

    sent_at := clock_timestamp();
    perform set_config('chat.follow', 'off', true);
    return query -- a new statement, which sees what was committed before the locks were taken
    with draft as materialized (
        select w.n, w.by_user, w.content, w.client_id, w.flag, u.is_active as user_is_active, c.id, c.church_id,
               c.last_seq, c.updated_at, c.member_blocked, c.member_id <> u.id as as_staff,
               h.is_active as church_is_active
        from unnest(by_users, in_conversations, new_contents, with_client_ids, with_flags) with ordinality
             w (by_user, conversation_id, content, client_id, flag, n)
        join chat.users u on u.id = w.by_user
        left join chat.conversations c
            on c.id = w.conversation_id and u.is_active
               and (c.member_id = u.id
                    or (select true from chat.church_staff s
                        where s.church_id = c.church_id and s.user_id = u.id))
        left join chat.churches h on h.id = c.church_id
        where c.id is null or c.id = any(locked)),
    judged as materialized (
        select d.*, m as stored,
               case when d.id is null and d.user_is_active then 'not_found'
                    when d.id is null then 'user_inactive'
                    when m.id is not null then 'repeated'
                    else chat.send_refusal(d.church_is_active, d.member_blocked, d.as_staff) end as refusal,
               case when d.client_id is null then 1
                    else row_number() over (partition by d.id, d.by_user, d.client_id order by d.n) end as nth
        from draft d
        left join chat.messages m
            on m.conversation_id = d.id and m.sender_id = d.by_user and m.client_id = d.client_id),
    numbered as materialized (
        select j.*,
               j.last_seq + count(j.n) filter (where j.refusal is null and j.nth = 1)
                   over (partition by j.id order by j.n) as seq
        from judged j),
    inserted as (
        insert into chat.messages as m
            (conversation_id, seq, sender_id, from_church, content, client_id, flag, created_at)
        select a.id, a.seq, a.by_user, a.as_staff, a.content, a.client_id, a.flag, greatest(sent_at, a.updated_at)
        from numbered a
        where a.refusal is null and a.nth = 1
        order by a.id, a.seq
        returning m.conversation_id, m.id, m.seq::bigint as seq, m.sender_id, m.from_church, m as message),
    tally as (
        select i.conversation_id, (array_agg(i.message order by i.seq desc))[1] as newest,
               max(i.id) filter (where i.from_church) as staff_id,
               max(i.id) filter (where not i.from_church) as member_id,
               count(i.id) filter (where i.from_church)::integer as for_member,
               count(i.id) filter (where not i.from_church)::integer as for_church
        from inserted i
        group by i.conversation_id),
    newest as (
        select t.*, m.id, m.seq, m.from_church, m.content, m.created_at
        from tally t cross join lateral (select (t.newest).*) m),
    updated as (
        update chat.conversations c
        set updated_at = t.created_at, last_seq = t.seq, last_message_id = t.id,
            last_message_text =
                case when char_length(t.content) <= 140 then t.content else chat.excerpt_of(t.content) end,
            last_message_at = t.created_at, last_from_church = t.from_church,
            version = c.version + t.for_member + t.for_church,
            member_unread = c.member_unread + t.for_member,
            church_unread = c.church_unread + t.for_church,
            member_unread_since = case when t.for_member > 0 and c.member_unread = 0 then t.created_at
                                       else c.member_unread_since end,
            church_unread_since = case when t.for_church > 0 and c.church_unread = 0 then t.created_at
                                       else c.church_unread_since end,
            member_newest_unread_id = coalesce(t.staff_id, c.member_newest_unread_id),
            church_newest_unread_id = coalesce(t.member_id, c.church_newest_unread_id)
        from newest t
        where c.id = t.conversation_id
        returning c.id, c.church_id, t.for_church, t.for_member > 0 and c.member_unread = t.for_member as member_waits,
                  t.for_church > 0 and c.church_unread = t.for_church as church_waits),
    added as (
        insert into chat.unread_of_churches as n (church_id, part, unread, conversations, version)
        select u.church_id, u.id % 16, sum(u.for_church), count(u.id) filter (where u.church_waits), sum(u.for_church)
        from updated u
        where u.for_church > 0
        group by u.church_id, u.id % 16
        order by u.church_id, u.id % 16
        on conflict (church_id, part) do update
            set unread = n.unread + excluded.unread, conversations = n.conversations + excluded.conversations,
                version = n.version + excluded.version),
    waits as (
        insert into chat.waiting (conversation_id, church_side)
        select u.id, s.church_side
        from updated u
        join (values (false), (true)) s (church_side)
            on case when s.church_side then u.church_waits else u.member_waits end
        order by u.id, s.church_side
        on conflict do nothing), -- chat.wake_waiting() sees it, or the events below
    told as (
        insert into chat.events (kind, conversation_id, message_id, user_id)
        select 1, i.conversation_id, i.id, i.sender_id from inserted i order by i.id),
    to_index as (
        insert into chat.unindexed (conversation_id, message_id)
        select i.conversation_id, i.id from inserted i order by i.id)
    select a.n, case when a.refusal is null and a.nth = 1 then 'posted' else coalesce(a.refusal, 'repeated') end,
           case when a.refusal is null then i.message else a.stored end
    from numbered a
    left join inserted i
        on a.refusal is null and i.conversation_id = a.id
           and case when a.nth = 1 then i.seq = a.seq
                    else (i.message).sender_id = a.by_user and (i.message).client_id = a.client_id end;
    perform set_config('chat.follow', follow, true);
end $$;

comment on function chat.send_messages(bigint[], bigint[], text[], text[], text[]) is
'Does what as many calls of chat.send_message() do, in the order of the arrays, in one: for messages that different people
send at the same moment. t/sql/send_messages.sql compares all that the two have written.
Arguments: as chat.send_message(), an array of each.
Returns for each message its place in the arrays, from 1, and what chat.send_message() returns. No row: the message
was not stored, as its sender is not known, or somebody else has locked its conversation or, for longer than lock_timeout
here, the sum of its church; chat.send_message() is to be called for it, which waits.
Locks: the rows of the conversations, for no key update, in the order of their ids and without waiting; then the churches''
rows of chat.unread_of_churches, see chat.lock_unread_of_churches().';
