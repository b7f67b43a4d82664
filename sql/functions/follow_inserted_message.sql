-- For each row: a transition table would be filled for each message that is sent. The message becomes the newest
-- one only if it is later than the one before.
create or replace function chat.follow_inserted_message() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
    for_member int := (new.from_church and new.read_at is null)::int;
    for_church int := (not new.from_church and new.read_at is null)::int;
    unread_of_side integer;
begin
    update chat.conversations c
    set last_seq = greatest(c.last_seq, new.seq),
        last_message_id = greatest(c.last_message_id, new.id),
        last_message_text = case when new.id >= coalesce(c.last_message_id, new.id)
                                 then chat.excerpt_of(new.content) else c.last_message_text end,
        last_message_at = case when new.id >= coalesce(c.last_message_id, new.id)
                               then new.created_at else c.last_message_at end,
        last_from_church = case when new.id >= coalesce(c.last_message_id, new.id)
                                then new.from_church else c.last_from_church end,
        version = c.version + 1,
        updated_at = greatest(c.updated_at, new.created_at),
        member_unread = c.member_unread + for_member,
        church_unread = c.church_unread + for_church,
        member_unread_since = case when for_member = 1 then least(c.member_unread_since, new.created_at)
                                   else c.member_unread_since end,
        church_unread_since = case when for_church = 1 then least(c.church_unread_since, new.created_at)
                                   else c.church_unread_since end,
        member_newest_unread_id = case when for_member = 1 then greatest(c.member_newest_unread_id, new.id)
                                       else c.member_newest_unread_id end,
        church_newest_unread_id = case when for_church = 1 then greatest(c.church_newest_unread_id, new.id)
                                       else c.church_newest_unread_id end
    where c.id = new.conversation_id
    returning case when new.from_church then c.member_unread else c.church_unread end into unread_of_side;
    if unread_of_side = 1 and for_member + for_church = 1 then
        insert into chat.waiting (conversation_id, church_side) values (new.conversation_id, not new.from_church)
        on conflict do nothing;
    end if;
    insert into chat.events (kind, conversation_id) values (3, new.conversation_id);
    insert into chat.unindexed (conversation_id, message_id) values (new.conversation_id, new.id);
    return null;
end $$;
comment on function chat.follow_inserted_message() is
'Trigger: a message that was inserted by SQL is counted as if it had been sent.
Locks: its conversation''s row, then the church''s row of chat.unread_of_churches, until commit; for the first
unread message a row of chat.waiting.';
