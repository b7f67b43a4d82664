create or replace function chat.admin_kind(
    kind text, out relation regclass, out source text, out id text, out created text, out name text, out item text)
language plpgsql stable parallel safe as $$
begin
    id := 'o.id';
    created := 'o.created_at';
    case kind
    when 'user' then
        relation := 'chat.users';
        source := 'chat.users o';
        name := 'o.folded_name collate "C"';
        item := $sql$
            select o.id, o.username, o.external_id, o.display_name, o.email,
                   case when o.email is null then 'none'
                        when exists (select from chat.mail_failures f where f.address = lower(o.email) and f.is_off)
                        then 'failing' else 'ok' end as email_state,
                   o.avatar_url, (select p.language from chat.preferences p where p.user_id = o.id) as language,
                   case when exists (select from chat.church_staff s where s.user_id = o.id)
                        then 'staff' else 'member' end as role,
                   o.is_active, chat.admin_time(o.created_at) as created_at $sql$;
    when 'church' then
        relation := 'chat.churches';
        source := 'chat.churches o';
        name := 'o.folded_name collate "C"';
        item := $sql$
            select o.id, o.name, o.logo_url, o.is_active,
                   (select count(*) from chat.church_staff s where s.church_id = o.id) as staff_count,
                   (select coalesce(sum(n.conversations), 0)::bigint from chat.unread_of_churches n
                    where n.church_id = o.id) as unread_conversations,
                   chat.admin_time(o.created_at) as created_at $sql$;
    when 'staff' then
        relation := 'chat.church_staff';
        source := 'chat.church_staff o';
        item := $sql$
            select o.id, o.church_id, (select h.name from chat.churches h where h.id = o.church_id) as church_name,
                   o.user_id, u.username, u.display_name, u.is_active as user_is_active, o.role,
                   chat.admin_time(o.created_at) as created_at
            from chat.users u where u.id = o.user_id $sql$;
    when 'conversation' then
        relation := 'chat.conversations';
        source := 'chat.conversations o';
        item := $sql$
            select o.id, o.member_id, u.display_name as member_name, o.church_id,
                   (select h.name from chat.churches h where h.id = o.church_id) as church_name, o.last_seq,
                   o.last_message_text as last_message,
                   case when o.last_from_church then 'staff' when not o.last_from_church then 'member'
                        end as last_message_from,
                   chat.admin_time(o.last_message_at) as last_message_at, o.member_unread, o.church_unread,
                   o.member_blocked, o.version, chat.admin_time(o.updated_at) as updated_at,
                   chat.admin_time(o.created_at) as created_at
            from chat.users u where u.id = o.member_id $sql$;
    when 'message' then
        relation := 'chat.messages';
        source := 'chat.messages o';
        item := $sql$
            select o.id, o.conversation_id, o.seq, c.church_id,
                   (select h.name from chat.churches h where h.id = c.church_id) as church_name, c.member_id, o.sender_id,
                   (select u.display_name from chat.users u where u.id = o.sender_id) as sender_name, o.from_church,
                   o.content, case when o.has_attachment then
                       (select row_to_json(a) from (
                            select a.id, a.name, a.kind as type, a.content_type, a.size_bytes as size, a.width, a.height
                            from chat.attachments a
                            where a.conversation_id = o.conversation_id and a.message_id = o.id) a) end as attachment,
                   o.flag, chat.admin_time(o.read_at) as read_at, chat.admin_time(o.created_at) as created_at
            from chat.conversations c where c.id = o.conversation_id $sql$;
    when 'attachment' then
        relation := 'chat.attachments';
        source := 'chat.attachments o';
        item := $sql$
            select o.id, o.conversation_id, o.message_id,
                   (select c.church_id from chat.conversations c where c.id = o.conversation_id) as church_id, m.sender_id,
                   (select u.display_name from chat.users u where u.id = m.sender_id) as sender_name, o.name,
                   o.kind as type, o.content_type, o.size_bytes as size, o.width, o.height, o.scanned,
                   case when o.in_database then 'database' else 'directory' end as store,
                   chat.admin_time(o.created_at) as created_at
            from chat.messages m where m.conversation_id = o.conversation_id and m.id = o.message_id $sql$;
    when 'notification' then
        source := '(select c.* from chat.conversations c where c.member_unread > 0 or c.church_unread > 0) o';
        created := 'least(o.member_unread_since, o.church_unread_since)';
        item := $sql$
            select o.id, o.church_id, (select h.name from chat.churches h where h.id = o.church_id) as church_name,
                   o.member_id, (select u.display_name from chat.users u where u.id = o.member_id) as member_name,
                   o.member_unread, chat.admin_time(o.member_unread_since) as member_unread_since,
                   o.church_unread, chat.admin_time(o.church_unread_since) as church_unread_since,
                   o.last_message_text as last_message, chat.admin_time(o.last_message_at) as last_message_at $sql$;
    when 'delivery' then
        relation := 'chat.outbox';
        source := 'chat.outbox o';
        item := $sql$
            select o.id, o.kind, o.state, o.conversation_id, o.user_id,
                   (select u.display_name from chat.users u where u.id = o.user_id) as user_name, o.digest, o.attempts,
                   case when o.state = 'due' then chat.admin_time(o.due_at) end as due_at,
                   regexp_replace(o.last_error, '[^[:space:]<>"'',;:()]+@[^[:space:]<>"'',;:()]+', '…', 'g') as last_error,
                   chat.admin_time(o.done_at) as done_at, chat.admin_time(o.created_at) as created_at $sql$;
    when 'audit' then
        relation := 'chat.audit_log';
        source := 'chat.audit_log o';
        item := $sql$
            select o.id, chat.admin_time(o.created_at) as created_at, o.username, o.address, o.request_id, o.action,
                   o.object_kind, o.object_id, o.before, o.after, o.reason $sql$;
    end case;
end $$;

comment on function chat.admin_kind(text) is
'What the administration shows of a kind of objects, as SQL, of which chat.admin_items() and chat.admin_item() make
their queries. In all of it o is the row of the object.
Arguments: user, church, staff, conversation, message, attachment, notification (a conversation in which a side has
something unread), delivery, audit.
Result: the table in whose statistics the number of objects is, or null; the tables; the id, the time of creation and,
where a list may be ordered by it, the name; a select of one row, whose columns are the members of an item of the API.';
