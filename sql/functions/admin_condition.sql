create or replace function chat.admin_condition(kind text, filters jsonb, with_words boolean default true) returns text
language plpgsql stable as $$
declare
    many constant integer := 200000; -- users of a month, among whom a page is soon found
    name       text;
    value      text;
    condition  text;
    conditions text := 'true';
    words      tsquery;
    period     record;
    -- What the audit log is about; audit_log_by_object begins with it.
    kinds constant text[] := '{user,church,staff,conversation,message,attachment,notification,delivery,audit}';
begin
    if with_words and filters ? 'q' and kind = 'message' then
        words := chat.admin_words(filters);
        conditions := case when words is null then 'false'
            else format('(select w.search @@ %L::tsquery from chat.message_words w '
                        'where w.conversation_id = o.conversation_id and w.id = o.id)', words) end;
    end if;
    for name, value in select e.key, e.value from jsonb_each_text(filters) e loop
        continue when name in ('year', 'month', 'day') or kind = 'message' and name = 'q';
        condition := case
            -- A column of the same name and its value.
            when name in ('is_active', 'church_id', 'user_id', 'role', 'member_id', 'conversation_id', 'sender_id',
                          'content_type', 'scanned', 'kind', 'state', 'username', 'action', 'object_kind')
                 and kind || ' ' || name not in ('user role', 'message church_id') then format('o.%I = %L', name, value)
            else case kind || ' ' || name
            when 'user role' then
                case when value = 'staff' and not with_words then 'true'
                     else case when value = 'member' then 'not ' else '' end
                          || 'exists (select from chat.church_staff s where s.user_id = o.id)' end
            when 'user email_state' then
                case value
                    when 'none' then 'o.email is null'
                    when 'failing' then
                        'lower(o.email) in (select f.address from chat.mail_failures f where f.is_off)'
                    else 'o.email is not null and not exists (select from chat.mail_failures f '
                         'where f.address = lower(o.email) and f.is_off)'
                end
            when 'user q' then
                format('(lower(o.username) collate "C" like %L or o.folded_name collate "C" like %L '
                       'or lower(o.email) collate "C" like %L)',
                       chat.admin_beginning(lower(value)), chat.admin_beginning(chat.fold_name(value)),
                       chat.admin_beginning(lower(value)))
            when 'church q' then
                format('o.folded_name collate "C" like %L', chat.admin_beginning(chat.fold_name(value)))
            when 'staff q' then
                format('o.user_id in (select u.id from chat.users u where u.folded_name collate "C" like %L)',
                       chat.admin_beginning(chat.fold_name(value)))
            when 'conversation q' then
                format('o.member_id in (select u.id from chat.users u where u.folded_name collate "C" like %L)',
                       chat.admin_beginning(chat.fold_name(value)))
            when 'conversation selection' then -- what the action export was for
                coalesce((select case when not a.after ? 'filter' then format('o.id = any (%L::bigint[])',
                                           array(select jsonb_array_elements_text(a.after -> 'ids')))
                                      when not a.after -> 'filter' ? 'selection' then -- all of it, more than the ids there
                                           chat.admin_condition(kind, a.after -> 'filter') end
                          from chat.audit_log a
                          where a.id = value::bigint and a.action = 'export' and a.object_kind = kind and a.after ? 'done'),
                         'false')
            when 'conversation unread' then
                case when value::boolean then '(o.member_unread > 0 or o.church_unread > 0)'
                     else 'o.member_unread = 0 and o.church_unread = 0' end
            when 'conversation blocked' then case when value::boolean then '' else 'not ' end || 'o.member_blocked'
            when 'conversation empty' then case when value::boolean then 'o.last_seq = 0' else 'o.last_seq > 0' end
            when 'conversation flagged' then
                case when value::boolean and not with_words then 'true'
                     else case when value::boolean then '' else 'not ' end
                          || 'exists (select from chat.messages m where m.conversation_id = o.id and m.flag is not null)' end
            when 'message church_id' then
                format('o.conversation_id in (select c.id from chat.conversations c where c.church_id = %L)', value)
            when 'message flag' then
                case value when 'any' then 'o.flag is not null' when 'none' then 'o.flag is null'
                           else format('o.flag is not null and o.flag = %L', value) end
            when 'message unread' then
                case when value::boolean then
                    'o.read_at is null and o.conversation_id in (select c.id from chat.conversations c '
                    'where c.member_unread > 0 or c.church_unread > 0)'
                else 'o.read_at is not null' end
            -- Null without one, and true still when it was deleted.
            when 'message has_attachment' then
                case when value::boolean then 'o.has_attachment and ' else '(o.has_attachment is not true or not ' end
                || 'exists (select from chat.attachments a where a.conversation_id = o.conversation_id '
                   'and a.message_id = o.id)' || case when value::boolean then '' else ')' end
            -- Of an action on several, or on what filters have found, the row has their ids: audit_log_by_ids. These rows are
            -- asked for first, or a page would be looked for from the newest row on.
            when 'audit object_id' then
                format('(o.object_kind = any (%1$L) and o.object_id = %2$L or o.id = any (array(select a.id from chat.audit_log a '
                       'where a.object_id is null and a.object_kind = any (%1$L) and a.after -> ''ids'' @> %3$L::jsonb)))',
                       case when filters ? 'object_kind' then array[filters ->> 'object_kind'] else kinds end, value, format('[%s]', value))
            when 'attachment type' then format('o.kind = %L', value)
            when 'attachment min_size' then format('o.size_bytes >= %L', value)
            end
        end;
        if condition is null then
            raise exception 'objects of the kind % have no filter %', kind, name;
        end if;
        conditions := conditions || ' and ' || condition;
    end loop;
    if filters ? 'year' then
        select p.* into period from chat.admin_period(filters) p;
        conditions := conditions || format(' and %1$s >= %2$L::timestamptz and %1$s < %3$L::timestamptz',
            (chat.admin_kind(kind)).created, period.begins, period.ends);
        if kind = 'message' then -- which has no index by time, but one by id
            conditions := conditions || format(' and o.id >= %s and o.id < %s',
                chat.first_message_since(period.begins - interval '1 minute'),
                chat.first_message_since(period.ends + interval '1 minute'));
        elsif kind = 'user' and filters ? 'month' then -- whose index by time has the ids
            conditions := conditions || (
                select case when count(*) <= many
                            then format(' and o.id >= %s and o.id <= %s', coalesce(min(u.id), 0), coalesce(max(u.id), 0)) else '' end
                from (select u.id from chat.users u
                      where u.created_at >= period.begins and u.created_at < period.ends limit many + 1) u);
        elsif kind in ('conversation', 'attachment', 'delivery', 'audit') then
            conditions := conditions || (
                select format(' and o.id >= %s and o.id < %s', coalesce(i.lowest, 0), coalesce(i.beyond, 0))
                from chat.ids_of_period((chat.admin_kind(kind)).relation, period.begins, period.ends) i);
        end if;
    end if;
    return conditions;
end $$;

comment on function chat.admin_condition(text, jsonb, boolean) is
'The condition, in SQL, of what a list of the administration, an export or an action is limited to; true without
filters. o is the row of the object, with the tables of chat.admin_source(), which has a part of the filters.
Arguments: the kind of the objects; the filters by their names in the API, whose values have been checked there and
are quoted here; whether it is for the tables of chat.admin_kind(); those of chat.admin_source() have the words that
messages are searched for, the staff and the flagged conversations already.
Locks: none.';
