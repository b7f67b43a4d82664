create or replace function chat.admin_would(
    kind text, ids bigint[], filters jsonb,
    out objects bigint, out messages bigint, out attachments bigint, out at_least boolean)
language plpgsql stable as $$
declare
    most constant integer := 10000; -- what is counted
    found bigint[] := coalesce(ids, chat.admin_ids(kind, filters, null, most + 1));
begin
    if filters is null then
        found := case kind
            when 'conversation' then array(select c.id from chat.conversations c where c.id = any (ids))
            when 'message' then array(select m.id from chat.admin_messages(ids) m)
            when 'attachment' then array(select a.id from chat.attachments a where a.id = any (ids))
            when 'delivery' then array(select o.id from chat.outbox o where o.id = any (ids)) end;
    end if;
    objects := cardinality(found);
    messages := 0;
    attachments := 0;
    case kind
    when 'conversation' then
        select count(*) into messages
        from (select from chat.messages m where m.conversation_id = any (found) limit most + 1) m;
        select count(*) into attachments
        from (select from chat.attachments a where a.conversation_id = any (found) limit most + 1) a;
    when 'message' then
        messages := objects;
        select count(*) into attachments
        from chat.admin_messages(found) m
        join chat.attachments a on a.conversation_id = m.conversation_id and a.message_id = m.id;
    when 'attachment' then
        attachments := objects;
    else null;
    end case;
    at_least := greatest(objects, messages, attachments) > most;
    objects := least(objects, most);
    messages := least(messages, most);
    attachments := least(attachments, most);
end $$;

comment on function chat.admin_would(text, bigint[], jsonb) is
'What an action of the administration would be done to, counted to 10,000.
Arguments: the kind of the objects; their ids, or null and the filters, as of chat.admin_condition().
Result: how many objects, messages and attachments; whether there are more. Locks: none.';
