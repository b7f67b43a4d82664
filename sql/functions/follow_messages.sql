create or replace function chat.follow_messages() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'DELETE' then
        perform chat.refresh_conversations(array(select distinct o.conversation_id from old_rows o));
        perform chat.tell_messages_deleted(o.conversation_id, o.ids)
        from (select o.conversation_id, array_agg(o.id order by o.id) as ids from old_rows o group by 1 order by 1) o
        join chat.conversations c on c.id = o.conversation_id; -- not deleted with its messages
    elsif tg_op = 'UPDATE' then
        perform chat.refresh_conversations(array(
            select w.conversation_id from (
                (select o.conversation_id, o.id, o.seq, o.from_church, o.read_at, o.created_at, o.content from old_rows o
                 except
                 select n.conversation_id, n.id, n.seq, n.from_church, n.read_at, n.created_at, n.content from new_rows n)
                union all
                (select n.conversation_id, n.id, n.seq, n.from_church, n.read_at, n.created_at, n.content from new_rows n
                 except
                 select o.conversation_id, o.id, o.seq, o.from_church, o.read_at, o.created_at, o.content from old_rows o)) w
            group by 1));
    else
        perform chat.refresh_conversations(array(
            select c.id from chat.conversations c where c.last_message_id is not null));
    end if;
    return null;
end $$;
comment on function chat.follow_messages() is
'Trigger: after messages were updated or deleted, derives the columns of their conversations again, and tells the feeds
which were deleted, or, above 200 in a conversation, that some were.
Locks: see chat.refresh_conversations().';
