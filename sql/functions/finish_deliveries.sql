create or replace function chat.finish_deliveries(
    of_conversations bigint[], of_deliveries bigint[], claims bigint[], outcome text, error text,
    later interval, to_address text, is_hard boolean)
returns void
language plpgsql as $$
declare
    -- After each attempt; then the delivery is dead.
    pauses constant interval[] := '{1 min, 5 min, 15 min, 1 h, 4 h, 24 h}';
begin
    update chat.outbox o
    set state = case when outcome = 'sent' then 'sent'
                     when outcome = 'refused' then 'dead'
                     when outcome in ('later', 'unknown') and o.attempts > cardinality(pauses) then 'dead'
                     else 'due' end,
        attempts = o.attempts - (outcome = 'released')::int,
        due_at = clock_timestamp() + case when outcome = 'released' then later
                                          else greatest(pauses[least(o.attempts, cardinality(pauses))], later) end,
        -- What may have arrived once is always sent with the same messages, so with the same Message-ID.
        up_to = case when outcome in ('later', 'released') and not o.is_repeat and o.attempts <= cardinality(pauses)
                     then null else o.up_to end,
        last_error = case when outcome <> 'sent' then error end,
        done_at = case when outcome in ('sent', 'refused') or (outcome <> 'released' and o.attempts > cardinality(pauses))
                       then clock_timestamp() end
    from unnest(of_conversations, of_deliveries, claims) as d (conversation_id, id, claim)
    where o.conversation_id = d.conversation_id and o.id = d.id and o.state = 'due'
      and (extract(epoch from o.due_at) * 1000000)::bigint = d.claim;

    if outcome = 'sent' and to_address is not null then
        delete from chat.mail_failures f where f.address = lower(to_address);
    elsif outcome = 'refused' and to_address is not null then
        insert into chat.mail_failures (address, failures, is_off, error)
        values (lower(to_address), 1, is_hard, finish_deliveries.error)
        on conflict (address) do update
            set failures = mail_failures.failures + 1, is_off = mail_failures.failures >= 2 or excluded.is_off,
                error = excluded.error, failed_at = now();
    end if;
end $$;

comment on function chat.finish_deliveries(bigint[], bigint[], bigint[], text, text, interval, text, boolean) is
'Records how an attempt to deliver has ended, unless the claim has passed to somebody else.
Arguments: of each delivery the conversation, the id and the claim, as it was returned; the outcome; the reason, without an
address or content; not before so long; the mail address, or null; whether that one refusal is enough for it.
Outcomes: sent; refused (for good: dead, and counted for the address, which after three is not tried any more); later
(refused for now) and unknown (it may have arrived: what is sent again is the same), both due again after a pause, or
dead after the last; released (not an attempt: due again).
Locks: the rows of chat.outbox and chat.mail_failures.';
