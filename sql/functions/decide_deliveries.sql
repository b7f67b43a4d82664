create or replace function chat.decide_deliveries(
    mail_delay interval, mail_silence interval, mail_of_members text, mail_of_staff text, push_delay interval,
    at_most integer,
    out decided bigint, out wait_ms bigint)
language plpgsql as $$
declare
    side record;
    decision record;
    next_at timestamptz;
    moment constant timestamptz := clock_timestamp(); -- as a condition of the index, which the function is not
begin
    decided := 0;
    for side in
        select w.conversation_id, w.church_side
        from chat.waiting w
        where w.due_at <= moment and w.due_at < 'infinity'
        order by w.due_at limit at_most
        for update skip locked
    loop
        decided := decided + 1;
        select * into decision
        from chat.decide_side(side.conversation_id, side.church_side, mail_delay, mail_silence, mail_of_members,
                              mail_of_staff, push_delay);
        if decision.look_at is null then -- it has read
            -- A first unread message leaves a row alone that it finds. So none may be on its way.
            perform from chat.conversations c
            where c.id = side.conversation_id
              and case when side.church_side then c.church_unread else c.member_unread end = 0
            for no key update skip locked;
            if found or not exists (select from chat.conversations c where c.id = side.conversation_id) then
                delete from chat.waiting w
                where w.conversation_id = side.conversation_id and w.church_side = side.church_side;
            else
                update chat.waiting w set due_at = clock_timestamp() + interval '5 s'
                where w.conversation_id = side.conversation_id and w.church_side = side.church_side;
            end if;
        else
            update chat.waiting w set due_at = decision.look_at, decided_up_to = decision.newest
            where w.conversation_id = side.conversation_id and w.church_side = side.church_side;
        end if;
    end loop;
    select w.due_at into next_at from chat.waiting w where w.due_at < 'infinity' order by w.due_at limit 1;
    wait_ms := case when next_at is not null
                    then greatest(0, least(86400000, ceil(extract(epoch from next_at - clock_timestamp()) * 1000))) end;
    if exists (select from chat.notifier n where n.swept_to > 0) then -- chat.wake_waiting() has more to do
        wait_ms := least(wait_ms, 200);
    end if;
end $$;

comment on function chat.decide_deliveries(interval, interval, text, text, interval, integer) is
'Decides for sides of conversations that have something unread and are due, and says when the next one is.
Arguments: as of chat.decide_side(); at most so many sides.
Returns how many were decided, and the milliseconds to the next one, or null.
Locks: these rows of chat.waiting, and where the side has read the conversation''s row, until commit, without waiting for
those that others have locked; messages of these conversations wait for that.';
