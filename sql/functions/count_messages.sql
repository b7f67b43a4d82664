create or replace function chat.count_messages(of_conversations bigint[], ids bigint[], from_day date)
returns integer
language plpgsql
-- As in chat.mark_read(): messages are found along their key.
set enable_bitmapscan = off as $$
declare
    counted integer;
begin
    with listed as materialized (
        select m.conversation_id, m.id, m.seq, m.from_church, m.created_at, m.has_attachment, m.flag,
               (m.created_at at time zone 'UTC')::date as day, c.church_id
        from unnest(of_conversations, ids) as k (conversation_id, id)
        cross join lateral (
            select m.* from chat.messages m where m.conversation_id = k.conversation_id and m.id = k.id offset 0) m
        cross join lateral (select c.church_id from chat.conversations c where c.id = k.conversation_id offset 0) c
        where m.created_at >= from_day at time zone 'UTC'),
    days as (
        insert into chat.daily_counts as d
            (church_id, day, conversations, messages, by_members, by_staff, attachments, flagged)
        select coalesce(l.church_id, 0), l.day, count(*) filter (where l.seq = 1), count(*),
               count(*) filter (where not l.from_church), count(*) filter (where l.from_church),
               count(*) filter (where l.has_attachment), count(*) filter (where l.flag is not null)
        from listed l
        group by grouping sets ((l.church_id, l.day), (l.day))
        order by 1, 2
        on conflict (church_id, day) do update
            set conversations = d.conversations + excluded.conversations, messages = d.messages + excluded.messages,
                by_members = d.by_members + excluded.by_members, by_staff = d.by_staff + excluded.by_staff,
                attachments = d.attachments + excluded.attachments, flagged = d.flagged + excluded.flagged),
    -- An answer follows a message of the member; who began to wait wrote after the church's last message before it.
    answers as (
        insert into chat.daily_answers as d (day, step, answers)
        select l.day, chat.waiting_step(l.created_at - f.created_at), count(*)
        from listed l
        cross join lateral (
            select p.from_church, p.created_at from chat.messages p
            where p.conversation_id = l.conversation_id and p.id < l.id order by p.id desc limit 1) p
        cross join lateral (
            select coalesce((select b.id from chat.messages b
                             where b.conversation_id = l.conversation_id and b.id < l.id and b.from_church
                             order by b.id desc limit 1), 0) as id offset 0) b
        cross join lateral (
            select f.created_at from chat.messages f
            where f.conversation_id = l.conversation_id and f.id > b.id order by f.id limit 1) f
        where l.from_church and not p.from_church
        group by 1, 2
        order by 1, 2
        on conflict (day, step) do update set answers = d.answers + excluded.answers)
    select count(*) into counted from listed;
    return counted;
end $$;

comment on function chat.count_messages(bigint[], bigint[], date) is
'Adds messages to chat.daily_counts and chat.daily_answers.
Arguments: of each its conversation and its id; the day before which they do not count. Result: how many were counted.
Locks: the rows of these days.';
