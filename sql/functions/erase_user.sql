create or replace function chat.erase_user(
    by_whom chat.administrator, of_user bigint, why text, after_id bigint,
    out removed text, out has_more boolean, out next_after bigint, out audit_id bigint)
language plpgsql as $$
declare
    conversations_max constant integer := 1000;
    rows_max constant integer := 5000; -- of each table, and messages, in one statement
    audit_rows constant integer := 10000; -- looked at
    follow text := coalesce(current_setting('chat.follow', true), ''); -- off: triggers do nothing
    pseudonym constant text := chat.pseudonym(of_user);
    person chat.users;
    names text[];
    usernames text[];
    keys text[]; -- those of ChatAttachmentQuota that are names
    deleted record;
    log record;
    counts jsonb;
    n bigint;
begin
    select * into person from chat.users u where u.id = of_user for no key update;
    if not found then
        return;
    end if;
    names := chat.names_of_user(person);
    usernames := chat.usernames_of_user(person);
    keys := array(select 'key ' || k.name from unnest(usernames || person.email) as k (name));
    -- Nothing more comes from them, and their sockets end.
    update chat.users u set is_active = false where u.id = of_user and u.is_active;

    select d.* into deleted
    from chat.delete_conversations(
        array(select c.id from chat.conversations c where c.member_id = of_user order by c.id limit conversations_max),
        rows_max) d;
    counts := jsonb_build_object('conversations', deleted.conversations, 'messages', deleted.messages,
                                 'attachments', deleted.attachments);
    has_more := exists (select from chat.conversations c where c.member_id = of_user);

    delete from chat.outbox o
    where o.ctid = any (array(select o.ctid from chat.outbox o where o.user_id = of_user order by o.id limit rows_max));
    get diagnostics n = row_count;
    counts := counts || jsonb_build_object('outbox', n);
    has_more := has_more or n = rows_max;
    delete from chat.notification_marks k
    where k.user_id = of_user
      and k.conversation_id = any (array(select m.conversation_id from chat.notification_marks m
                                         where m.user_id = of_user order by m.conversation_id limit rows_max));
    get diagnostics n = row_count;
    counts := counts || jsonb_build_object('notification_marks', n);
    has_more := has_more or n = rows_max;
    -- Files that they have sent to others stay with these.
    perform set_config('chat.follow', 'off', true);
    update chat.attachments a set quota_key = 'user ' || of_user
    where a.ctid = any (array(
        select f.ctid
        from unnest(keys) as k (key)
        cross join lateral (select o.ctid from chat.attachments o
                            where o.quota_key = k.key order by o.created_at limit rows_max) f));
    get diagnostics n = row_count;
    perform set_config('chat.follow', follow, true);
    has_more := has_more or n >= rows_max;

    delete from chat.push_subscriptions s where s.user_id = of_user;
    get diagnostics n = row_count;
    counts := counts || jsonb_build_object('push_subscriptions', n);
    delete from chat.preferences p where p.user_id = of_user;
    get diagnostics n = row_count;
    counts := counts || jsonb_build_object('preferences', n);
    delete from chat.mail_failures f
    where f.address = lower(person.email)
      and not exists (select from chat.users u
                      where lower(u.email) collate "C" = lower(person.email) collate "C" and u.id <> of_user);
    get diagnostics n = row_count;
    counts := counts || jsonb_build_object('mail_failures', n);
    delete from chat.church_staff s where s.user_id = of_user;
    get diagnostics n = row_count;
    counts := counts || jsonb_build_object('church_staff', n);

    counts := counts || '{"audit_log": 0, "users": 0}';
    next_after := after_id;
    if not has_more then
        select e.* into log from chat.erase_from_audit(of_user, after_id, audit_rows) e;
        counts := counts || jsonb_build_object('audit_log', log.changed);
        next_after := log.last_id;
        has_more := log.last_id is not null;
    end if;
    if not has_more and cardinality(names) > 0 then -- the names go last, as all else is found by them
        update chat.users u
        set external_id = null, username = null, display_name = pseudonym, avatar_url = null, email = null
        where u.id = of_user;
        counts := counts || '{"users": 1}';
    end if;

    removed := counts;
    if by_whom.username = any (usernames) then
        by_whom.username := pseudonym;
        by_whom.address := null;
    end if;
    audit_id := chat.audit(by_whom, 'erase', 'user', of_user, null,
                           counts || case when has_more then '{"has_more": true}' else '{}' end::jsonb,
                           chat.erase_names(why, names, chat.pattern_of_names(names), pseudonym));
end $$;

comment on function chat.erase_user(chat.administrator, bigint, text, bigint) is
'Erases a user, a part at a time: at most 1,000 conversations with 5,000 messages, 5,000 rows of other tables and 10,000
rows of the audit log in one call. The first call switches the user off. Deleted are the conversations of the user as a
member with all in them, deliveries, marks, subscriptions, preferences, failures of the mail address, and places among
staff. What the user wrote as staff stays with those who got it. The user''s row stays without a name, and the audit log
has the pseudonym (chat.erase_from_audit), in the row of this call as well.
Arguments: who; the user; the reason; the row of the audit log after which to go on, or null.
Result: how many rows of which table were deleted, or changed in chat.users and chat.audit_log, as JSON, null when there is
no such user; whether to call it again, and with which after_id; the id in the audit log.
Locks: the user''s row, then as chat.delete_conversations(), then the rows of the other tables.';
