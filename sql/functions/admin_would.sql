create or replace function chat.admin_would(
    kind text, action text, ids bigint[], filters jsonb, after_id bigint,
    out objects bigint, out messages bigint, out attachments bigint, out at_least boolean)
language plpgsql stable as $$
declare
    most constant integer := 10000; -- what is counted
    found bigint[] := case when filters is null
                           then array(select distinct n.id from unnest(ids) as n (id) where n.id > coalesce(after_id, 0))
                           else chat.admin_ids(kind, filters, after_id, most + 1) end;
begin
    messages := 0;
    attachments := 0;
    at_least := cardinality(found) > most;
    case kind || ' ' || action
    when 'conversation delete' then
        select count(*) into objects from chat.conversations c where c.id = any (found);
        select count(*) into messages
        from (select from chat.messages m where m.conversation_id = any (found) limit most + 1) m;
        select count(*) into attachments
        from (select from chat.attachments a where a.conversation_id = any (found) limit most + 1) a;
    when 'conversation export' then
        select count(*) into objects from chat.conversations c where c.id = any (found);
    when 'conversation mark_read' then
        select count(*), coalesce(sum(c.member_unread + c.church_unread), 0) into objects, messages
        from chat.conversations c
        where c.id = any (found) and (c.member_unread > 0 or c.church_unread > 0);
    when 'conversation block' then
        select count(*) into objects from chat.conversations c where c.id = any (found) and not c.member_blocked;
    when 'conversation unblock' then
        select count(*) into objects from chat.conversations c where c.id = any (found) and c.member_blocked;
    when 'message delete' then
        select count(*), count(a.id) into messages, attachments
        from chat.admin_messages(found) m
        left join chat.attachments a on a.conversation_id = m.conversation_id and a.message_id = m.id;
        objects := messages;
    when 'message unflag' then
        select count(*) into messages from chat.messages m where m.id = any (found) and m.flag is not null;
        objects := messages;
    when 'attachment delete' then
        select count(*) into attachments from chat.attachments a where a.id = any (found);
        objects := attachments;
    when 'delivery retry' then
        objects := cardinality(chat.admin_retriable(found));
    when 'delivery drop' then
        select count(*) into objects from chat.outbox o where o.id = any (found) and o.state in ('due', 'dead');
    end case;
    at_least := at_least or greatest(objects, messages, attachments) > most;
    objects := least(objects, most);
    messages := least(messages, most);
    attachments := least(attachments, most);
end $$;

comment on function chat.admin_would(text, text, bigint[], jsonb, bigint) is
'What an action of the administration would change, or export, among 10,000 objects and counted to 10,000.
Arguments: the kind of the objects; the action, as of chat.admin_act(); their ids, or null and the filters, as of
chat.admin_condition(); the id after which to begin, or null.
Result: how many objects, messages and attachments; whether there may be more. Locks: none.';
