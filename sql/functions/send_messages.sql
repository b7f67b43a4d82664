create or replace function chat.send_messages(
    by_users bigint[], in_conversations bigint[], new_contents text[], with_client_ids text[], with_flags text[],
    with_files jsonb[])
returns table (n bigint, outcome text, message chat.messages)
language plpgsql rows 16
-- For each lock. When one is not given, nothing is stored, and chat.send_message() then waits for those that need it.
set lock_timeout = '100ms' as $$
declare
    -- Of each message, in the order of the arguments. Null: its conversation is not locked here.
    as_staff boolean[];
    newest_seqs bigint[];
    updated_at timestamptz[];
    refusals text[];
    outcomes text[];
    seqs bigint[];
    sent_at timestamptz;
    posted chat.messages[];
    -- Conversations with a first message that one side has not read, and whether it is the church's.
    waiting bigint[];
    waits_for_church boolean[];
    follow text := coalesce(current_setting('chat.follow', true), ''); -- off: triggers do nothing
    follow_now text;
begin
    if with_files is not null then
        by_users := chat.lock_files(by_users, with_files);
    end if;

    -- In one order, whatever the order of the messages, and without waiting: two groups cannot wait for each other.
    select array_agg(l.as_staff order by w.n), array_agg(l.last_seq order by w.n), array_agg(l.updated_at order by w.n),
           array_agg(l.refusal order by w.n)
    into as_staff, newest_seqs, updated_at, refusals
    from generate_subscripts(by_users, 1) w (n)
    left join (
        select w.n, c.member_id <> u.id as as_staff, c.last_seq, c.updated_at,
               chat.send_refusal(h.is_active, c.member_blocked, c.member_id <> u.id) as refusal
        from unnest(by_users, in_conversations) with ordinality w (by_user, conversation_id, n)
        join chat.users u on u.id = w.by_user and u.is_active
        join chat.conversations c on c.id = w.conversation_id
        join chat.churches h on h.id = c.church_id
        where c.member_id = u.id
           or (select true from chat.church_staff s where s.church_id = c.church_id and s.user_id = u.id)
        order by c.id
        for no key update of c skip locked) l on l.n = w.n;

    if array_position(as_staff, null) is not null then -- not theirs, or somebody else has it locked
        refusals := array(
            select case when w.as_staff is not null then w.refusal
                        when not u.is_active then 'user_inactive'
                        when u.is_active and c.id is null then 'not_found' end
            from unnest(by_users, in_conversations, as_staff, refusals) with ordinality
                 w (by_user, conversation_id, as_staff, refusal, n)
            left join chat.users u on u.id = w.by_user
            left join chat.conversations c
                on c.id = w.conversation_id
                   and (c.member_id = u.id
                        or (select true from chat.church_staff s where s.church_id = c.church_id and s.user_id = u.id))
            order by w.n);
        -- None may overtake another one in its conversation.
        as_staff := array(
            select case when bool_and(w.as_staff is not null or w.refusal is not null)
                             over (partition by w.conversation_id order by w.n) then w.as_staff end
            from unnest(in_conversations, as_staff, refusals) with ordinality w (conversation_id, as_staff, refusal, n)
            order by w.n);
    end if;

    -- A new statement, which sees what was committed before the locks were taken.
    select array_agg(j.outcome order by j.n), array_agg(j.seq order by j.n)
    into outcomes, seqs
    from (select j.n, j.outcome,
                 j.newest_seq + count(j.n) filter (where j.outcome = 'posted')
                     over (partition by j.conversation_id order by j.n) as seq
          from (select w.n, w.conversation_id, w.newest_seq,
                       case when m.id is not null then 'repeated'
                            when w.refusal is not null or w.as_staff is null then w.refusal
                            when w.client_id is null
                                 or row_number() over (partition by w.conversation_id, w.by_user, w.client_id
                                                       order by w.n) = 1 then 'posted'
                            else 'repeated' end as outcome
                from unnest(by_users, in_conversations, with_client_ids, as_staff, newest_seqs, refusals) with ordinality
                     w (by_user, conversation_id, client_id, as_staff, newest_seq, refusal, n)
                left join chat.messages m
                    on m.conversation_id = w.conversation_id and m.sender_id = w.by_user and m.client_id = w.client_id
                       and w.as_staff is not null) j) j;

    sent_at := clock_timestamp();
    follow_now := set_config('chat.follow', 'off', true);
    with inserted as (
        insert into chat.messages as m
            (conversation_id, seq, sender_id, from_church, content, client_id, flag, has_attachment, created_at)
        select w.conversation_id, w.seq, w.by_user, w.as_staff, w.content, w.client_id, w.flag,
               nullif(w.file is not null, false), greatest(sent_at, w.updated_at)
        from unnest(outcomes, in_conversations, seqs, by_users, as_staff, new_contents, with_client_ids, with_flags,
                    with_files, updated_at)
             w (outcome, conversation_id, seq, by_user, as_staff, content, client_id, flag, file, updated_at)
        where w.outcome = 'posted'
        returning m)
    select array_agg(i.m) into posted from inserted i;
    if with_files is not null then
        insert into chat.attachments
            (conversation_id, message_id, name, kind, content_type, size_bytes, sha256, width, height, file, quota_key,
             scanned, in_database, created_at)
        select m.conversation_id, m.id, f.name, f.kind, f.content_type, f.size, decode(f.sha256, 'hex'), f.width, f.height,
               f.file, chat.quota_key(f.quota, m.sender_id), f.is_scanned, f.in_database, m.created_at
        from unnest(outcomes, in_conversations, seqs, with_files) w (outcome, conversation_id, seq, file)
        join unnest(posted) m on m.conversation_id = w.conversation_id and m.seq = w.seq
        cross join lateral jsonb_to_record(w.file)
            f (file text, name text, kind text, content_type text, size bigint, sha256 text, width integer, height integer,
               quota text, is_scanned boolean, in_database boolean)
        where w.outcome = 'posted' and w.file is not null;
    end if;

    with updated as (
        update chat.conversations c
        set updated_at = (t.newest).created_at, last_seq = (t.newest).seq, last_message_id = (t.newest).id,
            last_message_text = chat.last_message_text(t.shown),
            last_message_at = (t.newest).created_at, last_from_church = (t.newest).from_church,
            version = c.version + t.for_member + t.for_church,
            member_unread = c.member_unread + t.for_member,
            church_unread = c.church_unread + t.for_church,
            member_unread_since =
                chat.unread_since(c.member_unread_since, c.member_unread, t.for_member, (t.newest).created_at),
            church_unread_since =
                chat.unread_since(c.church_unread_since, c.church_unread, t.for_church, (t.newest).created_at),
            member_newest_unread_id = coalesce(t.staff_id, c.member_newest_unread_id),
            church_newest_unread_id = coalesce(t.member_id, c.church_newest_unread_id)
        from (select m.conversation_id, (array_agg(m order by m.seq desc))[1] as newest,
                     (array_agg(coalesce(nullif(m.content, ''), (
                         select a.name from chat.attachments a
                         where a.conversation_id = m.conversation_id and a.message_id = m.id)) order by m.seq desc))[1] as shown,
                     max(m.id) filter (where m.from_church) as staff_id,
                     max(m.id) filter (where not m.from_church) as member_id,
                     count(m.id) filter (where m.from_church)::integer as for_member,
                     count(m.id) filter (where not m.from_church)::integer as for_church
              from unnest(posted) m
              group by m.conversation_id) t
        where c.id = t.conversation_id
        returning c.id, c.church_id, t.for_church, t.for_member > 0 and c.member_unread = t.for_member as member_waits,
                  t.for_church > 0 and c.church_unread = t.for_church as church_waits),
    added as ( -- locks the sums in the order of their keys, and is the first to wait
        insert into chat.unread_of_churches as n (church_id, part, unread, conversations, version)
        select u.church_id, u.id % 16, sum(u.for_church), count(u.id) filter (where u.church_waits), sum(u.for_church)
        from updated u
        where u.for_church > 0
        group by u.church_id, u.id % 16
        order by u.church_id, u.id % 16
        on conflict (church_id, part) do update
            set unread = n.unread + excluded.unread, conversations = n.conversations + excluded.conversations,
                version = n.version + excluded.version)
    select array_agg(u.id order by u.id, s.church_side), array_agg(s.church_side order by u.id, s.church_side)
    into waiting, waits_for_church
    from updated u
    join (values (false), (true)) s (church_side) on case when s.church_side then u.church_waits else u.member_waits end;
    follow_now := set_config('chat.follow', follow, true);

    if waiting is not null then
        insert into chat.waiting (conversation_id, church_side)
        select w.conversation_id, w.church_side
        from unnest(waiting, waits_for_church) w (conversation_id, church_side)
        on conflict do nothing; -- chat.wake_waiting() sees it, or the events below
    end if;
    insert into chat.events (kind, conversation_id, message_id, user_id)
    select 1, m.conversation_id, m.id, m.sender_id from unnest(posted) m;
    insert into chat.unindexed (conversation_id, message_id)
    select m.conversation_id, m.id from unnest(posted) m;

    return query
    select w.n, w.outcome,
           case w.outcome
               when 'posted' then p
               when 'repeated' then (
                   select m from chat.messages m
                   where m.conversation_id = w.conversation_id and m.sender_id = w.by_user and m.client_id = w.client_id)
           end
    from unnest(outcomes, in_conversations, by_users, with_client_ids, seqs) with ordinality
         w (outcome, conversation_id, by_user, client_id, seq, n)
    left join unnest(posted) p on p.conversation_id = w.conversation_id and p.seq = w.seq and w.outcome = 'posted'
    where w.outcome is not null;
end $$;

comment on function chat.send_messages(bigint[], bigint[], text[], text[], text[], jsonb[]) is
'Does what as many calls of chat.send_message() or chat.send_attachment() do, in the order of the arrays, in one: for
messages that different people send at the same moment. t/sql/send_messages.sql compares all that they have written.
Arguments: as chat.send_message(), an array of each; and the files, null for none: an object for each message that has one,
with file, name, kind, content_type, size, sha256 in hexadecimal digits, width, height, quota, quota_bytes, quota_s,
is_scanned and in_database, which are the arguments of chat.send_attachment().
Returns for each message its place in the arrays, from 1, and what chat.send_message() returns. No row: the message
was not stored, as its sender is not known, somebody else has locked its conversation, its file cannot be taken along
(chat.lock_files()), or one before it in its conversation has no row; chat.send_message() or chat.send_attachment() is to
be called for it, which waits. An error, lock_not_available, when somebody has locked the sum of a church, or a row of
chat.waiting, for longer than lock_timeout here: one of them is to be called for each.
Locks: those of chat.lock_files(); the rows of the conversations, for no key update, in the order of their ids and without
waiting; then the churches'' rows of chat.unread_of_churches in the order of their keys, and rows of chat.waiting in that of
theirs; all until commit.';

-- As the module of the release before calls it.
create or replace function chat.send_messages(
    by_users bigint[], in_conversations bigint[], new_contents text[], with_client_ids text[], with_flags text[])
returns table (n bigint, outcome text, message chat.messages)
language sql rows 16 as $$
    select s.n, s.outcome, s.message
    from chat.send_messages(by_users, in_conversations, new_contents, with_client_ids, with_flags, null) s
$$;

comment on function chat.send_messages(bigint[], bigint[], text[], text[], text[]) is
'The same without files, for the module of the release before.';
