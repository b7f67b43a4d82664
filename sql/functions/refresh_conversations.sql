create or replace function chat.refresh_conversations(of_conversations bigint[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    follow text := coalesce(current_setting('chat.follow', true), '');
begin
    if cardinality(of_conversations) = 0 then
        return;
    end if;
    perform from chat.conversations c where c.id = any (of_conversations) order by c.id for no key update;
    perform chat.lock_sums_of_churches(of_conversations);
    perform set_config('chat.follow', 'on', true); -- the triggers update the sums of the churches
    -- A new statement, which sees what was committed while the lock was awaited.
    with refreshed as (
        update chat.conversations c
        set (last_seq, last_message_id, last_message_text, last_message_at, updated_at, member_unread, church_unread,
             member_newest_unread_id, church_newest_unread_id, member_unread_since, church_unread_since, last_from_church,
             version) =
            (d.last_seq, d.last_message_id, d.last_message_text, d.last_message_at, d.updated_at, d.member_unread, d.church_unread,
             d.member_newest_unread_id, d.church_newest_unread_id, d.member_unread_since, d.church_unread_since,
             d.last_from_church, c.version + 1)
        from chat.conversations o
        cross join lateral (
            select d.*, (select m.from_church from chat.messages m
                         where m.conversation_id = o.id and m.id = d.last_message_id) as last_from_church
            from chat.derived_conversation(o) d) d
        where o.id = any (of_conversations) and c.id = o.id
          and (c.last_seq, c.last_message_id, c.last_message_text, c.last_message_at, c.updated_at, c.member_unread,
               c.church_unread, c.member_newest_unread_id, c.church_newest_unread_id, c.member_unread_since,
               c.church_unread_since, coalesce(c.last_from_church, d.last_from_church))
              is distinct from
              (d.last_seq, d.last_message_id, d.last_message_text, d.last_message_at, d.updated_at, d.member_unread,
               d.church_unread, d.member_newest_unread_id, d.church_newest_unread_id, d.member_unread_since,
               d.church_unread_since, d.last_from_church)
        returning c.id)
    insert into chat.events (kind, conversation_id) select 3, r.id from refreshed r;
    perform set_config('chat.follow', follow, true);
end $$;

comment on function chat.refresh_conversations(bigint[]) is
'Derives the columns of conversations from their messages again: the last one, how many are unread, since when and
which is the newest; and adds an event for each that was wrong. last_seq and updated_at never go back.
Arguments: the conversations. Reads all their messages.
Locks: the conversations'' rows in the order of their ids, for no key update, then their churches'' sums, see
chat.lock_sums_of_churches().';
