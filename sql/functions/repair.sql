create or replace function chat.repair(
    of_conversation bigint default null,
    out object text, out id bigint, out value text, out kept text, out derived text)
returns setof record
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    wrong record;
    part_of record;
    conversations bigint[];
begin
    for wrong in select * from chat.check(of_conversation) order by object, id loop
        object := wrong.object;
        id := wrong.id;
        value := wrong.value;
        kept := wrong.kept;
        derived := wrong.derived;
        return next;
        if object = 'conversation' then
            conversations := conversations || id;
        elsif object = 'user' then
            update chat.users u set display_name = u.display_name where u.id = wrong.id;
        elsif object = 'church' and value in ('folded_name', 'name_look') then
            update chat.churches h set name = h.name where h.id = wrong.id;
        elsif object = 'mark of user' then
            delete from chat.notification_marks k
            where k.user_id = wrong.id and k.conversation_id = wrong.kept::bigint;
        elsif object = 'sequence' then
            perform setval(value::regclass, greatest(derived::bigint, coalesce(pg_sequence_last_value(value::regclass), 0)));
        end if;
    end loop;
    if conversations is not null then
        perform chat.refresh_conversations(array(select distinct c from unnest(conversations) c));
    end if;

    -- Messages that were inserted with chat.follow off, as an import does, have no words.
    if of_conversation is null then
        delete from chat.unindexed_since;
    else
        insert into chat.unindexed (conversation_id, message_id)
        select m.conversation_id, m.id from chat.messages m where m.conversation_id = of_conversation;
    end if;

    -- Last, as updates of conversations add differences to these sums. A transaction that has changed a conversation
    -- and not yet the sum waits for this lock, and then adds its difference to what was counted here without it.
    for part_of in
        select distinct w.id as church_id, substring(w.value from '\d+$')::smallint as part
        from chat.check(of_conversation) w
        where w.object = 'church' and w.value like '% of part %'
        order by 1, 2
    loop
        insert into chat.unread_of_churches (church_id, part, unread, conversations)
        values (part_of.church_id, part_of.part, 0, 0) on conflict do nothing;
        perform from chat.unread_of_churches n
        where n.church_id = part_of.church_id and n.part = part_of.part for update;
        update chat.unread_of_churches n
        set (unread, conversations, version) =
            (select coalesce(sum(c.church_unread), 0), count(*), n.version + 1
             from chat.conversations c
             where c.church_id = part_of.church_id and c.id % 16 = part_of.part and c.church_unread > 0)
        where n.church_id = part_of.church_id and n.part = part_of.part;
    end loop;
end $$;

comment on function chat.repair(bigint) is
'Corrects each difference that chat.check() finds, and returns them; and has the words of messages for searches looked at
again (chat.index_messages). Arguments: one conversation or null for all.
Locks: the rows that are wrong, first of conversations, then of sums, until commit. The service may go on.';
