create or replace function chat.decide_side(
    of_conversation bigint, of_church_side boolean, mail_delay interval, mail_silence interval, mail_of_members text,
    mail_of_staff text, push_delay interval,
    out look_at timestamptz, out newest bigint)
language plpgsql
-- As in chat.mark_read(): messages are found along their key.
set enable_bitmapscan = off as $$
declare
    -- Older messages are history, as when mail is switched on; but what has waited for a long delay or silence is not.
    age_max constant interval := greatest('7 days', greatest(mail_delay, mail_silence) + interval '1 day');
    side record;
    reader record;
begin
    select c.member_id, c.church_id,
           case when of_church_side then c.church_unread else c.member_unread end as unread,
           case when of_church_side then c.church_unread_since else c.member_unread_since end as since,
           case when of_church_side then c.church_newest_unread_id else c.member_newest_unread_id end as newest
    into side
    from chat.conversations c where c.id = of_conversation;
    if not found or side.unread = 0 then
        return;
    end if;
    newest := side.newest;
    look_at := 'infinity';
    if side.since < clock_timestamp() - age_max and exists (
        select from chat.messages m
        where m.conversation_id = of_conversation and m.id = newest and m.created_at < clock_timestamp() - age_max) then
        return;
    end if;
    for reader in
        select u.id, u.email, coalesce(p.email, case when of_church_side then mail_of_staff else mail_of_members end) as mode,
               coalesce(p.push, true) as push, coalesce(p.digest_at, '07:00') as digest_at, p.quiet_from, p.quiet_to, p.time_zone
        from (select side.member_id as id where not of_church_side
              union all
              select s.user_id from chat.church_staff s
              where of_church_side and s.church_id = side.church_id and s.user_id <> side.member_id) r
        join chat.users u on u.id = r.id and u.is_active
        left join chat.preferences p on p.user_id = u.id
    loop
        if mail_delay is not null and reader.mode <> 'off' and reader.email is not null
           and not exists (select from chat.mail_failures f where f.address = lower(reader.email) and f.is_off) then
            look_at := least(look_at, chat.decide_delivery(
                of_conversation, reader.id, not of_church_side, side.since, 'email', mail_delay, mail_silence,
                case when reader.mode = 'digest' then reader.digest_at end,
                reader.quiet_from, reader.quiet_to, reader.time_zone));
        end if;
        if push_delay is not null and reader.push
           and exists (select from chat.push_subscriptions s where s.user_id = reader.id) then
            look_at := least(look_at, chat.decide_delivery(
                of_conversation, reader.id, not of_church_side, side.since, 'push', push_delay, '0', null,
                reader.quiet_from, reader.quiet_to, reader.time_zone));
        end if;
    end loop;
end $$;

comment on function chat.decide_side(bigint, boolean, interval, interval, text, text, interval) is
'Decides for each reader of a conversation''s side whether to notify them of what they have not read. Nobody is notified
of a side whose newest unread message is older than a week, or than the delay or the silence of mail and a day if these are longer.
Arguments: the conversation, whether the side is the church''s; for mail the delay (null: no mail), the silence, and what
holds for members and staff without preferences; for push the delay (null: no push).
Returns when to look again (infinity: when there is another message) and the newest message that was considered;
nulls: the side has read everything.';
