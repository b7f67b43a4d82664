-- A call ends after a time that is short against statement_timeout.
create or replace function chat.apply_retention(
    keep_for integer, of_churches bigint[], keep_for_these integer[], at_once integer,
    out outcome text, out has_more boolean, out messages bigint, out attachments bigint, out audit_rows bigint)
language plpgsql
set enable_bitmapscan = off
-- It locks conversations one after the other, with their churches' sums, and so might wait for somebody who waits for it.
-- Then it gives way, soon.
set lock_timeout = '100ms' as $$
declare
    work_for constant interval := '100 ms';
    looked_at constant integer := 500; -- conversations in one statement
    pass_every constant interval := '1 day';
    begun_at constant timestamptz := clock_timestamp();
    state chat.retention;
    one record;
    old_ids bigint[];
    deleted record;
    last_one bigint;
    word text;
    deliveries integer;
begin
    messages := 0;
    attachments := 0;
    audit_rows := 0;
    has_more := false;
    outcome := 'done';
    if not pg_is_in_recovery() then
        select r.* into state from chat.retention r for update skip locked;
    end if;
    if state is null then
        outcome := 'busy'; -- somebody else does
        return;
    end if;
    if state.begun_at <= state.ended_at then -- no pass is under way
        if state.ended_at > begun_at - pass_every and state.ended_at <= begun_at then
            return;
        end if;
        state.begun_at := begun_at;
        state.up_to := 0;
    end if;

    has_more := true;
    while has_more and clock_timestamp() < begun_at + work_for loop
        last_one := null;
        for one in
            select c.id, f.ids, f.is_all
            from (select c.id, c.church_id from chat.conversations c where c.id > state.up_to order by c.id limit looked_at) c
            left join lateral (
                select coalesce(max(k.days), keep_for) as days
                from unnest(of_churches, keep_for_these) as k (church_id, days)
                where k.church_id = c.church_id) k on true
            -- The oldest ones, in the order of ids; what is too many for one call is for the next.
            cross join lateral (
                select array_agg(m.id) filter (where m.created_at < begun_at - k.days * interval '1 day') as ids,
                       count(*) < at_once or max(m.created_at) >= begun_at - k.days * interval '1 day' as is_all
                from (select m.id, m.created_at from chat.messages m
                      where m.conversation_id = c.id and k.days > 0
                        and (select f.created_at from chat.messages f
                             where f.conversation_id = c.id order by f.id limit 1) < begun_at - k.days * interval '1 day'
                      order by m.id limit at_once) m) f
            order by c.id
        loop
            if one.ids is not null then
                begin
                    select d.* into deleted
                    from chat.delete_messages(array_fill(one.id, array[cardinality(one.ids)]), one.ids) d;
                    messages := messages + deleted.messages;
                    attachments := attachments + deleted.attachments;
                exception when lock_not_available or deadlock_detected then
                    one.is_all := true; -- somebody works there: in the next pass
                end;
                if not coalesce(one.is_all, true) then
                    last_one := one.id - 1; -- there are more of them
                    exit;
                end if;
            end if;
            last_one := one.id;
            exit when clock_timestamp() >= begun_at + work_for;
        end loop;
        has_more := last_one is not null;
        state.up_to := coalesce(last_one, state.up_to);
    end loop;

    if keep_for > 0 then
        audit_rows := chat.prune_audit(begun_at - keep_for * interval '1 day', at_once);
        foreach word in array array['sent', 'dropped', 'dead'] loop
            delete from chat.outbox o
            where o.ctid = any (array(
                select o.ctid from chat.outbox o
                where o.state = word and o.state <> 'due' and o.done_at < begun_at - keep_for * interval '1 day'
                order by o.done_at limit at_once
                for update skip locked));
            get diagnostics deliveries = row_count;
            has_more := has_more or deliveries = at_once;
        end loop;
        has_more := has_more or audit_rows = at_once;
    end if;
    if not has_more then
        state.ended_at := clock_timestamp();
    end if;
    update chat.retention r set up_to = state.up_to, begun_at = state.begun_at, ended_at = state.ended_at
    where r.* is distinct from state;
end $$;

comment on function chat.apply_retention(integer, bigint[], integer[], integer) is
'Deletes messages that are older than they are kept (ChatRetention), a part at a time, by chat.delete_messages(): in a
pass over all conversations, which goes on where the call before has ended, and begins again a day after its end. Rows of
the audit log and ended deliveries that are older go with them. A conversation stays when its last message has gone.
Arguments: for how many days messages are kept, null or 0 for good; churches with another period, and these; how many
messages may be deleted in one statement.
Outcomes: done; busy (another session does it, or this is a hot standby). With it: whether there is more to do now; how
many messages, attachments and rows of the audit log were deleted.
Locks: the row of chat.retention, without waiting; as chat.delete_messages(): a conversation that is locked is left for
the next pass.';
