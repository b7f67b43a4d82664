-- A call ends after a time that is short against statement_timeout. What one call counts is committed with how far it has
-- come, so each message counts once, whatever is interrupted.
create or replace function chat.count_days(settled_for interval, out outcome text, out has_more boolean)
language plpgsql
set enable_bitmapscan = off as $$
declare
    work_for constant interval := '200 ms';
    at_once constant integer := 2000;
    -- A transaction that does not end must not stop the counting: what it adds is not counted then.
    waited_for constant interval := '3 minutes';
    totals_every constant interval := '4 minutes';
    clock_may_be_wrong constant interval := '10 minutes';
    flagged_most constant integer := 100000;
    sampled constant integer := 10000; -- attachments
    begun_at constant timestamptz := clock_timestamp();
    state chat.counting;
    conversations bigint[];
    ids bigint[];
    slice_to bigint;
    sent_to timestamptz;
    is_by_id boolean;
begin
    has_more := false;
    outcome := 'done';
    if not pg_is_in_recovery() then
        select s.* into state from chat.counting s for update skip locked;
    end if;
    if state is null then
        outcome := 'busy'; -- somebody else does
        return;
    end if;

    if state.epoch is distinct from chat.current_epoch() then
        -- Numbers of transactions of another life say nothing here. What was counted came back with the messages, unless
        -- single tables were restored: the last days are counted again.
        state.next_id := null;
        if state.epoch is not null and not state.is_building then
            perform chat.recount_days((coalesce(state.counted_at, begun_at) at time zone 'UTC')::date - 1);
            select s.* into state from chat.counting s;
            state.next_id := null;
            -- They are the last ones; only by hand all messages are looked at.
            state.built_up_to_id := chat.first_message_since(state.from_day at time zone 'UTC' - clock_may_be_wrong) - 1;
        end if;
        state.epoch := chat.current_epoch();
    end if;
    if state.counted_from is null then
        -- The first call: all up to here is looked at, what comes later is counted as it comes. Those who write now have
        -- taken their ids, so the looking begins once they have ended.
        state.counted_from := coalesce(pg_sequence_last_value('chat.messages_id_seq'), 0);
        state.counted_to := state.counted_from;
        state.counted_at := begun_at;
        state.built_up_to := -1;
        state.next_id := null;
    end if;

    -- First what is new, up to the mark that the call before has set.
    if state.next_id is null then
        state.next_id := coalesce(pg_sequence_last_value('chat.messages_id_seq'), 0);
        state.next_at := begun_at;
        state.next_xid := pg_current_xact_id(); -- all that have begun to write have lower numbers
    end if;
    while begun_at >= state.next_at + settled_for
          and (pg_snapshot_xmin(pg_current_snapshot()) > state.next_xid or begun_at > state.next_at + waited_for)
          and clock_timestamp() < begun_at + work_for loop
        ids := null;
        slice_to := least(state.next_id, state.counted_to + at_once);
        -- A message moves its conversation in the list of its church.
        select array_agg(m.conversation_id), array_agg(m.id) into conversations, ids
        from chat.churches h
        cross join lateral (
            select c.id from chat.conversations c
            where c.church_id = h.id and c.updated_at >= state.counted_at - clock_may_be_wrong
              and c.last_message_id > state.counted_to
            offset 0) c
        cross join lateral (
            select m.conversation_id, m.id from chat.messages m
            where m.conversation_id = c.id and m.id > state.counted_to and m.id <= slice_to offset 0) m;
        if ids is not null then
            perform chat.count_messages(conversations, ids, '-infinity');
        end if;
        state.counted_to := slice_to;
        has_more := slice_to < state.next_id;
        if not has_more then
            state.counted_at := state.next_at;
            state.built_up_to := greatest(state.built_up_to, 0);
            -- For the next call.
            state.next_id := coalesce(pg_sequence_last_value('chat.messages_id_seq'), 0);
            state.next_at := begun_at;
            state.next_xid := pg_current_xact_id();
        end if;
    end loop;

    -- Mails and pushes, whose rows stay for a month. Those of one moment were sent at once, so they are few.
    select o.done_at into sent_to
    from chat.outbox o
    where o.state = 'sent' and o.state <> 'due' and o.done_at >= state.deliveries_to and o.done_at < begun_at - settled_for
    order by o.done_at offset at_once limit 1;
    has_more := has_more or found;
    sent_to := case when found then greatest(sent_to, state.deliveries_to + interval '1 us') else begun_at - settled_for end;
    with sent as (
        select (o.done_at at time zone 'UTC')::date as day, count(*) filter (where o.kind = 'email') as mails,
               count(*) filter (where o.kind = 'push') as pushes
        from chat.outbox o
        where o.state = 'sent' and o.state <> 'due' and o.done_at >= state.deliveries_to and o.done_at < sent_to
        group by 1)
    insert into chat.daily_counts as d (church_id, day, mails, pushes)
    select 0, s.day, s.mails, s.pushes from sent s
    order by 2
    on conflict (church_id, day) do update set mails = d.mails + excluded.mails, pushes = d.pushes + excluded.pushes;
    state.deliveries_to := greatest(state.deliveries_to, sent_to);

    while state.is_building and state.built_up_to >= 0 and clock_timestamp() < begun_at + work_for loop
        is_by_id := state.built_up_to = 0 and state.built_up_to_id > 0;
        if is_by_id then
            select array_agg(m.conversation_id), array_agg(m.id) into conversations, ids
            from (select m.conversation_id, m.id from chat.messages m
                  where m.id > state.built_up_to_id and m.id <= state.counted_from
                  order by m.id limit at_once) m;
        else
            select array_agg(m.conversation_id), array_agg(m.id) into conversations, ids
            from (select m.conversation_id, m.id from chat.messages m
                  where (m.conversation_id, m.id) > (state.built_up_to, state.built_up_to_id)
                  order by m.conversation_id, m.id limit at_once) m;
        end if;
        if ids is not null then
            perform chat.count_messages(
                (select array_agg(k.c order by k.n) from unnest(conversations, ids) with ordinality k (c, id, n)
                 where k.id <= state.counted_from),
                (select array_agg(k.id order by k.n) from unnest(conversations, ids) with ordinality k (c, id, n)
                 where k.id <= state.counted_from), state.from_day);
            state.built_up_to := case when is_by_id then 0 else conversations[cardinality(ids)] end;
            state.built_up_to_id := ids[cardinality(ids)];
        end if;
        if ids is null or cardinality(ids) < at_once then
            state.is_building := false;
        end if;
    end loop;
    has_more := has_more or state.is_building and state.built_up_to >= 0;

    if state.totals_at < begun_at - totals_every and not has_more then
        state.totals_at := begun_at;
        state.unread := (select coalesce(sum(n.unread), 0) from chat.unread_of_churches n);
        state.flagged := (select count(*) from (select from chat.messages m where m.flag is not null limit flagged_most) n);
        state.attachments := chat.row_count('chat.attachments');
        if state.attachments <= sampled then
            select coalesce(sum(a.size_bytes), 0) into state.attachment_bytes from chat.attachments a;
        else
            select coalesce(avg(a.size_bytes), 0) * state.attachments into state.attachment_bytes
            from chat.attachments a tablesample system (100.0 * sampled / state.attachments) repeatable (1);
        end if;
    end if;
    update chat.counting s
    set epoch = state.epoch, counted_to = state.counted_to, counted_at = state.counted_at, next_id = state.next_id,
        next_at = state.next_at, next_xid = state.next_xid, deliveries_to = state.deliveries_to,
        is_building = state.is_building, counted_from = state.counted_from, from_day = state.from_day,
        built_up_to = state.built_up_to, built_up_to_id = state.built_up_to_id, totals_at = state.totals_at,
        unread = state.unread, flagged = state.flagged, attachments = state.attachments,
        attachment_bytes = state.attachment_bytes;
end $$;

comment on function chat.count_days(interval) is
'Brings chat.daily_counts, chat.daily_answers and the totals of chat.counting up to date, a part at a time: with messages
whose transactions have ended, with deliveries, and, at the beginning and after the epoch has changed, with all messages
of before, or of the last days. A message is counted by the call after the one that saw it first, so one or two minutes
later. Messages that are inserted with a time long before that of their conversation are counted by chat.recount_days()
only. Of the totals, those of attachments are exact up to 10,000, then the statistics of the database, and their size that
of a sample; at most 100,000 flagged messages are counted.
Arguments: for how long the newest message must have been known. Outcomes: done; busy (another session does it, or this
is a hot standby). With it: whether there is more to do now.
Locks: the row of chat.counting, without waiting; the rows of the days.';
