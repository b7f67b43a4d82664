create or replace function chat.admin_act(
    by_whom chat.administrator, kind text, action text, ids bigint[], filters jsonb, after_id bigint, why text,
    out done bigint, out skipped bigint, out has_more boolean, out next_after bigint, out audit_id bigint)
language plpgsql as $$
declare
    at_once constant integer := 1000;
    messages_max constant integer := 5000; -- deleted, or marked as read, in one statement
    asked constant jsonb := jsonb_strip_nulls(jsonb_build_object('filter', filters, 'after', after_id));
    single constant bigint := case when cardinality(ids) = 1 then ids[1] end; -- so that it is in the history of the object
    found bigint[];
    in_part bigint; -- the conversation of which a part was deleted
    conversations bigint[];
    files text[];
    deleted record;
    last_id bigint;
    counts jsonb := '{}';
begin
    found := case when filters is null
                  then array(select distinct n.id from unnest(ids) as n (id) where n.id > coalesce(after_id, 0) order by 1)
                  else chat.admin_ids(kind, filters, after_id, at_once) end;
    has_more := filters is not null and cardinality(found) = at_once;
    next_after := case when has_more then found[at_once] end;
    case kind || ' ' || action
    when 'conversation mark_read' then
        select r.changed, r.last_id into done, last_id from chat.admin_mark_read(found, messages_max) r;
        if last_id is not null then -- more than fits
            has_more := true;
            next_after := last_id;
            found := array(select n.id from unnest(found) as n (id) where n.id <= last_id);
        end if;
    when 'conversation block' then
        done := chat.admin_block(found, true);
    when 'conversation unblock' then
        done := chat.admin_block(found, false);
    when 'conversation export' then -- whoever asked gets the file by the id in the audit log
        select count(*) into done from chat.conversations c where c.id = any (found);
        counts := jsonb_build_object('at_least', has_more); -- the file has all
        has_more := false;
        next_after := null;
    when 'conversation delete' then
        select d.* into deleted from chat.delete_conversations(found, messages_max) d;
        done := deleted.conversations;
        counts := jsonb_build_object('messages', deleted.messages, 'attachments', deleted.attachments);
        if exists (select from chat.conversations c where c.id = any (found)) then -- more than fits
            has_more := true;
            next_after := coalesce(deleted.last_id, after_id); -- this one again, when the first alone has too many
            if deleted.last_id is null then
                select min(c.id) into in_part from chat.conversations c where c.id = any (found);
            end if;
            found := array(select n.id from unnest(found) as n (id) where n.id <= coalesce(next_after, 0));
        end if;
    when 'message delete' then
        select array_agg(m.conversation_id order by m.id), array_agg(m.id order by m.id),
               array_agg(a.file) filter (where a.file is not null)
        into conversations, ids, files
        from chat.admin_messages(found) m
        left join lateral (
            select a.file from chat.attachments a
            where a.conversation_id = m.conversation_id and a.message_id = m.id and a.in_database offset 0) a on true;
        select d.* into deleted from chat.delete_messages(conversations, ids) d;
        done := coalesce(deleted.messages, 0);
        counts := jsonb_build_object('attachments', deleted.attachments);
    when 'message unflag' then
        perform from chat.conversations c
        where c.id in (select m.conversation_id from chat.admin_messages(found) m) order by c.id for no key update;
        with changed as (
            update chat.messages g set flag = null
            from chat.admin_messages(found) m
            where g.conversation_id = m.conversation_id and g.id = m.id and g.flag is not null
            returning g.conversation_id, g.id),
        told as (
            insert into chat.events (kind, conversation_id, message_id)
            select 12, c.conversation_id, c.id from changed c order by 2, 3 returning 1)
        select count(*) into done from told;
    when 'attachment delete' then
        perform from chat.conversations c
        where c.id in (select a.conversation_id from chat.attachments a where a.id = any (found)) order by c.id for no key update;
        with gone as (
            delete from chat.attachments a where a.id = any (found)
            returning case when a.in_database then a.file end as file)
        select count(*), array_agg(g.file) filter (where g.file is not null) into done, files from gone g;
    when 'delivery retry' then
        done := chat.admin_retry(found);
    when 'delivery drop' then
        done := chat.admin_drop(found);
    end case;
    if files is not null then
        perform chat.remove_files(files);
    end if;
    skipped := cardinality(found) - done;
    audit_id := chat.audit(by_whom, action, kind, single, null, asked || counts || jsonb_build_object(
        'ids', array_remove(found || in_part, null), 'done', done, 'skipped', skipped), why);
end $$;

comment on function chat.admin_act(chat.administrator, text, text, bigint[], jsonb, bigint, text) is
'Does something to many objects, for an administrator, at most 1,000 in one call; conversations are deleted and
marked as read as chat.delete_conversations() and chat.admin_mark_read() say. One row of the audit log says what was asked for and what came
of it, with the ids of these objects, which chat.admin_condition() finds; of one object alone, by its id, that it is
about this one.
Arguments: who; the kind of the objects; mark_read, block, unblock, delete, export for conversations; delete, unflag for
messages; delete for attachments; retry, drop for deliveries; their ids, or null and the filters of
chat.admin_condition(); the id after which to begin, or null; the reason, or null.
Result: to how many it was done; how many were left out, as they are not there or are so already; whether to call it
again for those that are left, and after which id then: the one before, or null, when a part of the messages of the
first conversation was deleted; the id in the audit log.
Locks: those of the functions that it calls; before messages and attachments, their conversations'' rows in the order of
their ids.';
