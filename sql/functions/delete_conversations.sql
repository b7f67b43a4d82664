create or replace function chat.delete_conversations(
    ids bigint[], messages_max integer,
    out conversations bigint, out messages bigint, out attachments bigint, out last_id bigint)
language plpgsql as $$
declare
    follow text := coalesce(current_setting('chat.follow', true), ''); -- off: triggers do nothing
    counted bigint[]; -- those that a church's sum has something of
    chosen bigint[];
    first bigint;
    part bigint[];
begin
    conversations := 0;
    messages := 0;
    attachments := 0;
    select array_agg(l.id) filter (where l.church_unread > 0) into counted
    from (select c.id, c.church_unread from chat.conversations c where c.id = any (ids) order by c.id for update) l;
    select min(c.id), array_agg(c.id order by c.id) filter (where c.messages <= messages_max)
    into first, chosen
    from (select c.id, sum(c.last_seq) over (order by c.id) as messages
          from chat.conversations c where c.id = any (ids)) c;
    if chosen is null and first is not null then -- the first one alone has more, or had
        part := array(select m.id from chat.messages m where m.conversation_id = first order by m.id limit messages_max);
        select d.messages, d.attachments into messages, attachments
        from chat.delete_messages(array_fill(first, array[cardinality(part)]), part) d;
        if exists (select from chat.messages m where m.conversation_id = first) then
            return;
        end if;
        chosen := array[first];
    end if;
    -- What they say of their messages need not be kept right any more.
    perform set_config('chat.follow', 'off', true);
    with gone as (delete from chat.attachments a where a.conversation_id = any (chosen) returning 1)
    select attachments + count(*) into attachments from gone;
    with gone as (delete from chat.messages m where m.conversation_id = any (chosen) returning 1)
    select messages + count(*) into messages from gone;
    perform set_config('chat.follow', follow, true);
    perform chat.lock_sums_of_churches(array(select unnest(counted) intersect select unnest(chosen)));
    with gone as (delete from chat.conversations c where c.id = any (chosen) returning c.id)
    select count(*), max(g.id) into conversations, last_id from gone g;
end $$;

comment on function chat.delete_conversations(bigint[], integer) is
'Deletes conversations with all that is in them. As one statement must not take long, those from the smallest id on that
together have at most so many messages; where the first one has more, as many of its oldest messages are deleted, and
the conversation itself only when none is left. Triggers tell feeds and readers (chat.follow_access). Files are removed by
the sweep.
Arguments: the conversations; how many messages at most, as counted by last_seq.
Result: how many conversations, messages and attachments were deleted, and the last of these conversations, or null.
Locks: the conversations'' rows in the order of their ids, then their churches'' sums, see
chat.lock_sums_of_churches().';
