create or replace function chat.wake_waiting() returns void
language plpgsql as $$
declare
    look_by constant interval := '5 seconds';
    most constant integer := 5000; -- events or sides at once
    state record;
    changed bigint[];
    sweep_end bigint;
    is_sweeping boolean;
begin
    select n.*, pg_current_snapshot() as present into state from chat.notifier n for update skip locked;
    if not found then
        return; -- somebody else does
    end if;
    select array_agg(e.conversation_id) into changed
    from ((select e.conversation_id from chat.events e
           where e.xid >= pg_snapshot_xmax(state.snapshot) and e.kind in (1, 3)
           order by e.xid limit most)
          union all
          (select e.conversation_id from chat.events e
           where e.xid = any (array(select pg_snapshot_xip(state.snapshot))) and e.kind in (1, 3)
           limit most)) e;
    is_sweeping := state.swept_to > 0 or state.swept_at < now() - interval '5 minutes'
                   or coalesce(cardinality(changed), 0) >= most;
    if is_sweeping then
        select changed || array_agg(w.conversation_id), max(w.conversation_id) into changed, sweep_end
        from (select w.conversation_id from chat.waiting w
              where w.conversation_id > state.swept_to
              order by w.conversation_id limit 500) w;
    end if;
    if changed is null and not is_sweeping then
        return;
    end if;

    update chat.waiting w set due_at = greatest(clock_timestamp(), least(clock_timestamp(), c.last_message_at) + look_by)
    from (select distinct n.id from unnest(changed) n (id)) n
    join chat.conversations c on c.id = n.id
    where w.conversation_id = n.id and w.due_at > clock_timestamp() + look_by
      and w.decided_up_to < case when w.church_side then c.church_newest_unread_id else c.member_newest_unread_id end;
    update chat.notifier n
    set snapshot = state.present,
        swept_to = case when is_sweeping then coalesce(sweep_end, 0) else 0 end,
        swept_at = case when is_sweeping and sweep_end is null then now() else n.swept_at end;
    perform chat.prune_deliveries();
end $$;

comment on function chat.wake_waiting() is
'Has sides of conversations decided again soon that have another unread message since the last decision: of those
with events since the last call, and every five minutes of all, some at a time. Then chat.prune_deliveries().
Locks: the row of chat.notifier, and the rows of chat.waiting that it changes; those of chat.prune_deliveries(); when
another session does the same, nothing happens.';
