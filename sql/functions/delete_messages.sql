create or replace function chat.delete_messages(
    of_conversations bigint[], ids bigint[], out messages bigint, out attachments bigint, out conversations bigint)
language plpgsql
-- As in chat.mark_read(): messages are found along their key.
set enable_bitmapscan = off as $$
declare
    follow text := coalesce(current_setting('chat.follow', true), ''); -- off: triggers do nothing
    one record;
    counted bigint[]; -- conversations that a church's sum has something of
    gone bigint[];
    unread_of_member integer;
    unread_of_church integer;
begin
    messages := 0;
    attachments := 0;
    conversations := 0;
    select array_agg(l.id) filter (where l.church_unread > 0) into counted
    from (select c.id, c.church_unread from chat.conversations c
          where c.id = any (of_conversations) order by c.id for no key update) l;
    perform chat.lock_sums_of_churches(counted);
    perform set_config('chat.follow', 'off', true);
    for one in -- the statements that follow see what was committed while the locks were awaited
        select m.conversation_id as id, array_agg(m.message_id) as ids
        from unnest(of_conversations, ids) as m (conversation_id, message_id)
        group by 1 order by 1
    loop
        with files as (
            delete from chat.attachments a
            where a.conversation_id = one.id and a.message_id = any (one.ids)
            returning a.id)
        select attachments + count(*) into attachments from files;
        with rows as (
            delete from chat.messages m
            where m.conversation_id = one.id and m.id = any (one.ids)
            returning m.id, m.from_church, m.read_at)
        select array_agg(r.id), count(*) filter (where r.from_church and r.read_at is null),
               count(*) filter (where not r.from_church and r.read_at is null)
        into gone, unread_of_member, unread_of_church
        from rows r;
        continue when gone is null;
        messages := messages + cardinality(gone);
        conversations := conversations + 1;
        -- Counters that were wrong do not get worse than 0: chat.repair() corrects them.
        update chat.conversations c
        set (last_message_id, last_message_text, last_message_at, last_from_church) =
                (select l.id, l.text, l.created_at, l.from_church
                 from chat.conversations o
                 left join lateral (
                     select o.last_message_id as id, o.last_message_text::text as text, o.last_message_at as created_at,
                            o.last_from_church as from_church
                     where o.last_message_id <> all (gone)
                     union all
                     select m.id, chat.message_excerpt(m), m.created_at, m.from_church
                     from chat.last_message(o.id) m
                     where o.last_message_id = any (gone)) l on true
                 where o.id = c.id),
            member_unread = greatest(c.member_unread - unread_of_member, 0),
            church_unread = greatest(c.church_unread - unread_of_church, 0),
            member_unread_since = case when c.member_unread > unread_of_member then c.member_unread_since end,
            church_unread_since = case when c.church_unread > unread_of_church then c.church_unread_since end,
            member_newest_unread_id =
                case when c.member_unread <= unread_of_member then null
                     when c.member_newest_unread_id <> all (gone) then c.member_newest_unread_id
                     else (select m.id from chat.messages m
                           where m.conversation_id = c.id and m.from_church and m.read_at is null
                           order by m.id desc limit 1) end,
            church_newest_unread_id =
                case when c.church_unread <= unread_of_church then null
                     when c.church_newest_unread_id <> all (gone) then c.church_newest_unread_id
                     else (select m.id from chat.messages m
                           where m.conversation_id = c.id and not m.from_church and m.read_at is null
                           order by m.id desc limit 1) end,
            version = c.version + 1
        where c.id = one.id;
        insert into chat.events (kind, conversation_id) values (3, one.id);
        perform chat.tell_messages_deleted(one.id, gone);
    end loop;
    perform set_config('chat.follow', follow, true);
end $$;

comment on function chat.delete_messages(bigint[], bigint[]) is
'Deletes messages, with their attachments and their words for searches. What conversations say of their messages follows:
the last one, how many are unread, since when, and which is the newest of these; last_seq and updated_at never decrease,
so that the seq of a message is not given again and those who resume miss nothing. Events for each conversation
tell feeds and caches. Files are removed by the sweep (chat.sweep_files, the directory''s).
Arguments: of each message its conversation and its id; those that are not there are left out.
Result: how many messages and attachments were deleted, and in how many conversations.
Locks: the conversations'' rows in the order of their ids, for no key update, then their churches'' sums, see
chat.lock_sums_of_churches().';
