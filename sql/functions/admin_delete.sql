create or replace function chat.admin_delete(
    by_whom chat.administrator, kind text, of_id bigint, if_match text[], why text,
    out outcome text, out etag text, out messages bigint)
language plpgsql as $$
declare
    messages_max constant integer := 5000; -- deleted in one statement
    were jsonb;
    files text[];
    deleted record;
begin
    perform chat.admin_lock(kind, of_id);
    -- Of a conversation or a church all is deleted, so all counts.
    outcome := chat.admin_precondition(kind, of_id, if_match, kind in ('church', 'conversation'));
    if outcome <> 'done' then
        return;
    end if;
    case kind
    when 'church' then
        perform from chat.churches h where h.id = of_id for update; -- until conversations that are being opened are there
        if exists (select from chat.conversations c where c.church_id = of_id) then
            outcome := 'in_use';
            return;
        end if;
        select jsonb_build_object('name', h.name, 'logo_url', h.logo_url, 'is_active', h.is_active, 'staff', n.staff)
        into were
        from chat.churches h
        cross join lateral (
            select coalesce(jsonb_agg(jsonb_build_object('user_id', s.user_id, 'role', s.role) order by s.user_id), '[]') as staff
            from chat.church_staff s where s.church_id = h.id) n
        where h.id = of_id;
        delete from chat.churches h where h.id = of_id;
    when 'staff' then
        delete from chat.church_staff s where s.id = of_id
        returning jsonb_build_object('church_id', s.church_id, 'user_id', s.user_id, 'role', s.role) into were;
    when 'conversation' then
        select jsonb_build_object('church_id', c.church_id, 'member_id', c.member_id, 'created_at', chat.admin_time(c.created_at))
        into were
        from chat.conversations c where c.id = of_id;
        select d.* into deleted from chat.delete_conversations(array[of_id], messages_max) d;
        messages := deleted.messages;
        were := were || jsonb_build_object('messages', deleted.messages, 'attachments', deleted.attachments);
        if deleted.conversations = 0 then -- more messages than fit
            outcome := 'partly';
            select i.etag into etag from chat.admin_item(kind, of_id) i;
        end if;
    when 'message' then
        select jsonb_build_object('conversation_id', m.conversation_id, 'seq', m.seq, 'sender_id', m.sender_id,
                                  'created_at', chat.admin_time(m.created_at)) into were
        from chat.admin_messages(array[of_id]) i
        join chat.messages m on m.conversation_id = i.conversation_id and m.id = i.id;
        files := array(select a.file from chat.attachments a
                       where a.conversation_id = (were ->> 'conversation_id')::bigint and a.message_id = of_id and a.in_database);
        perform chat.delete_messages(array[(were ->> 'conversation_id')::bigint], array[of_id]);
    when 'attachment' then
        delete from chat.attachments a where a.id = of_id
        returning jsonb_build_object('conversation_id', a.conversation_id, 'message_id', a.message_id,
                                     'content_type', a.content_type, 'size', a.size_bytes),
                  case when a.in_database then array[a.file] end
        into were, files;
    end case;
    if cardinality(files) > 0 then
        perform chat.remove_files(files);
    end if;
    perform chat.audit(by_whom, case when outcome = 'partly' then 'delete_part' else 'delete' end, kind, of_id, were, null, why);
end $$;

comment on function chat.admin_delete(chat.administrator, text, bigint, text[], text) is
'Deletes a church that has no conversations, with its staff; a user as staff of a church; a conversation; a message; or
the file of a message, which stays. Whoever sees it is told, by the functions that it calls and by triggers.
Arguments: who; the kind of the object and its id; the values of If-Match; the reason, or null.
Outcomes: done; partly (a conversation with more messages than one statement deletes: so many of its oldest were
deleted, and it has this ETag now); not_found; stale (it is another one than the administrator has seen); in_use (the
church has conversations). Of a conversation it says how many messages were deleted. A row of the audit log says what
it was, without what people have written.
Locks: the object, see chat.admin_lock(); a church with its key; and those of chat.delete_conversations() or chat.delete_messages().';
