create or replace function chat.decide_delivery(
    of_conversation bigint, of_user bigint, from_church boolean, unread_since timestamptz, of_kind text,
    delay interval, silence interval, digest_at time, quiet_from time, quiet_to time, zone text)
returns timestamptz
language plpgsql
-- As in chat.mark_read(): messages are found along their key.
set enable_bitmapscan = off as $$
declare
    -- What is due later than this is not claimed: LEASE_S of notify/chat_pusher.c.
    lease_max constant interval := '5 minutes';
    earlier record;
    first_at timestamptz := unread_since;
    at timestamptz; -- null at first
begin
    -- Of the newest deliveries, those whose message has not been read: since then the reader was not there.
    select count(*) filter (where o.state <> 'due') as times, max(o.done_at) as last_at, max(o.up_to) as up_to,
           max(o.due_at) filter (where o.state = 'due') as due_at
    into earlier
    from (select o.* from chat.outbox o
          where o.conversation_id = of_conversation and o.user_id = of_user and o.kind = of_kind
          order by o.id desc limit 8) o
    left join chat.messages m on m.conversation_id = of_conversation and m.id = o.up_to
    where o.state = 'due' or (o.state in ('sent', 'dead') and m.id is not null and m.read_at is null);
    if earlier.due_at is not null then -- it will contain this message, too, or is being sent
        -- Or it waits for some of the reader's browsers only, after the others have had it: then all get what is newer.
        update chat.outbox o
        set left_over = null, up_to = null, attempts = 0,
            due_at = chat.delivery_time(clock_timestamp(), digest_at, quiet_from, quiet_to, zone)
        where o.conversation_id = of_conversation and o.user_id = of_user and o.kind = of_kind and o.state = 'due'
          and o.left_over is not null
          and o.due_at > clock_timestamp() + lease_max
          and exists (select from chat.messages m
                      where m.conversation_id = of_conversation and m.id > o.up_to
                        and m.from_church = decide_delivery.from_church and m.read_at is null
                        and m.created_at + delay <= clock_timestamp())
        returning o.due_at into at;
        return greatest(coalesce(at, earlier.due_at), clock_timestamp()) + interval '1 minute';
    end if;
    if earlier.up_to is not null then
        select m.created_at into first_at
        from chat.messages m
        where m.conversation_id = of_conversation and m.id > earlier.up_to
          and m.from_church = decide_delivery.from_church and m.read_at is null
        order by m.id limit 1;
        if not found then
            return 'infinity';
        end if;
    end if;
    at := first_at + delay;
    if earlier.times > 0 then
        at := greatest(at, earlier.last_at + least(silence * (2 ^ (earlier.times - 1)), greatest(silence, interval '24 hours')));
    end if;
    if at > clock_timestamp() then
        return at;
    end if;
    at := chat.delivery_time(clock_timestamp(), digest_at, quiet_from, quiet_to, zone);
    insert into chat.outbox (conversation_id, user_id, kind, due_at, digest)
    values (of_conversation, of_user, of_kind, at, digest_at is not null)
    on conflict do nothing;
    return at + interval '1 minute';
end $$;

comment on function chat.decide_delivery(
    bigint, bigint, boolean, timestamptz, text, interval, interval, time, time, time, text) is
'Decides whether a reader is to be notified of a conversation by mail or push, and puts that into chat.outbox.
Arguments: the conversation, the reader; whether the church''s messages are what the reader has not read, and since
when; the kind, the delay after the first of them; the silence after a delivery, doubled with each until the reader has
read; the time of the digest or null, quiet hours, time zone.
Returns when to look again; infinity: when there is another message.
Locks: the row of chat.outbox, and the conversation''s and the user''s keys.';
