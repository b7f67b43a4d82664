create or replace function chat.user_items(of_user bigint, rows_max integer, after_id bigint, after_key text)
returns table (item text, id bigint, key text)
language plpgsql stable rows 100 as $$
declare
    sections constant text[] := array['user', 'preferences', 'mail_failures', 'staff', 'conversations', 'messages',
        'messages_as_staff', 'notification_marks', 'push_subscriptions', 'deliveries', 'audit', 'audit_as_administrator'];
    -- What the user sent as a member, and as staff: with the index of words, or else without. Of no conversation, and of
    -- all that the index has, is more read than the part needs ($5 rows).
    member constant text := $sql$(select m.*, m.id as place from (
            select c.id from chat.conversations c where c.member_id = $1 offset 0) c
        cross join lateral (select m.* from chat.messages m
            where m.conversation_id = c.id and m.id > $2 and m.sender_id = $1 and not m.from_church
            order by m.id limit $5 offset 0) m) o$sql$;
    indexed constant text := $sql$(select m.*, w.id as place from (
            select w.conversation_id, w.id from (
                select w.conversation_id, w.id from chat.message_words w
                where w.search @@ ('''~u' || $1 || '''')::tsquery and w.id + 0 > $2
                union
                select n.conversation_id, n.message_id from chat.unindexed n where n.message_id > $2) w -- not yet in it
            order by w.id offset 0) w
        cross join lateral (select m.* from chat.messages m
            where m.conversation_id = w.conversation_id and m.id = w.id and m.sender_id = $1 and m.from_church offset 0) m) o$sql$;
    walked constant text := $sql$(select m.*, m.id as place from (
            select c.id from chat.church_staff s join chat.conversations c on c.church_id = s.church_id
            where s.user_id = $1 offset 0) c
        cross join lateral (select m.* from chat.messages m
            where m.conversation_id = c.id and m.id > $2 and m.sender_id = $1 and m.from_church
            order by m.id limit $5 offset 0) m) o$sql$;
    message constant text := format(
        'select i.*, o.client_id, (select ''attachments/'' || a.id || ''/'' || chat.url_segment(a.name) from chat.attachments a '
        'where a.conversation_id = o.conversation_id and a.message_id = o.id) as attachment_path from (%s) i',
        (chat.admin_kind('message')).item);
    names   text[];
    address text;
    source  text;
    place   text; -- the id
    shown   text; -- the item
    begins  bigint;
    rows    integer := rows_max;
    found   integer;
begin
    select chat.usernames_of_user(u), lower(u.email) into names, address from chat.users u where u.id = of_user;
    for n in coalesce(array_position(sections, after_key), 1) .. cardinality(sections) loop
        begins := case when sections[n] = after_key then after_id else 0 end;
        place := 'o.id';
        shown := null;
        case sections[n]
        when 'user' then
            source := '(select u.* from chat.users u where u.id = $1) o';
            shown := (chat.admin_kind('user')).item;
        when 'preferences' then
            source := '(select p.* from chat.preferences p where p.user_id = $1) o';
            place := 'o.user_id';
            shown := 'select o.email, o.push, o.digest_at, o.quiet_from, o.quiet_to, o.time_zone, o.language, '
                     'chat.admin_time(o.updated_at) as updated_at';
        when 'mail_failures' then
            source := '(select f.* from chat.mail_failures f where f.address = $4) o';
            place := '$1';
            shown := 'select o.address, o.failures, o.is_off, o.error, chat.admin_time(o.failed_at) as failed_at';
        when 'staff' then
            source := '(select s.* from chat.church_staff s where s.user_id = $1) o';
            shown := (chat.admin_kind('staff')).item;
        when 'conversations' then
            source := '(select c.* from chat.conversations c where c.member_id = $1) o';
            shown := format( -- what others wrote is theirs
                'select i.id, i.member_id, i.member_name, i.church_id, i.church_name, i.last_seq, '
                'case when not o.last_from_church then i.last_message end as last_message, i.last_message_from, '
                'i.last_message_at, i.member_unread, i.church_unread, i.member_blocked, i.version, i.updated_at, '
                'i.created_at from (%s) i', (chat.admin_kind('conversation')).item);
        when 'messages' then
            source := member;
            place := 'o.place';
            shown := message;
        when 'messages_as_staff' then
            source := case when (select p.up_to_date from chat.search_progress() p) then indexed else walked end;
            place := 'o.place';
            shown := message;
        when 'notification_marks' then
            source := '(select k.* from chat.notification_marks k where k.user_id = $1) o';
            place := 'o.conversation_id';
            shown := 'select o.conversation_id, o.read_up_to, chat.admin_time(o.read_at) as read_at';
        when 'push_subscriptions' then -- without what a push needs: keys, and the path of the endpoint
            source := '(select s.* from chat.push_subscriptions s where s.user_id = $1) o';
            shown := 'select o.id, substring(o.endpoint from ''^https://([^/]*)'') as service, o.key_id, o.refusals, '
                     'chat.admin_time(o.created_at) as created_at, chat.admin_time(o.delivered_at) as delivered_at';
        when 'deliveries' then
            source := '(select d.* from chat.outbox d where d.user_id = $1) o';
            shown := (chat.admin_kind('delivery')).item;
        when 'audit' then
            source := '(select a.* from chat.audit_log a where a.object_kind = ''user'' and a.object_id = $1 union all '
                      'select a.* from chat.conversations c join chat.audit_log a on a.object_kind = ''conversation'' '
                      'and a.object_id = c.id where c.member_id = $1) o';
            shown := format('select i.id, i.created_at, i.action, i.object_kind, i.object_id, i.before, i.after, i.reason '
                            'from (%s) i', (chat.admin_kind('audit')).item); -- not who it was
        when 'audit_as_administrator' then
            source := '(select a.* from chat.audit_log a where a.username = any ($3)) o';
            shown := format('select i.id, i.created_at, i.username, i.address, i.request_id, i.action, i.object_kind, i.object_id, '
                            'i.reason from (%s) i', (chat.admin_kind('audit')).item); -- not what it did to others
        end case;
        return query execute format(
            'select (select row_to_json(i)::text from (%1$s) i), %2$s, %3$L from %4$s where %2$s > $2 order by 2 limit %5$s',
            shown, place, sections[n], source, rows)
        using of_user, begins, names, address, rows;
        get diagnostics found = row_count;
        rows := rows - found;
        exit when rows <= 0;
    end loop;
end $$;

comment on function chat.user_items(bigint, integer, bigint, text) is
'A part of all that is kept of a user, section after section; the key of a row is its section: user, preferences,
mail_failures (of the address), staff (of which churches), conversations (as a member), messages (sent as a member),
messages_as_staff, notification_marks, push_subscriptions, deliveries, audit (what was done to the user or to one of the
conversations, and not by whom), audit_as_administrator (that the user did something, and not what it changed of
others). Of conversations the last message is there if the user has sent it. Within a section rows are in the order of their ids.
Arguments: the user; how many rows at most; the id and the section of the last row before the part, or nulls. Locks: none.
While the index of words is not up to date, messages that the user has sent to a church as staff before leaving it are
missing.';
