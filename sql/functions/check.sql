create or replace function chat.check(
    of_conversation bigint default null,
    out object text, out id bigint, out value text, out kept text, out derived text)
returns setof record
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    return query
    select 'conversation', c.id, v.value, v.kept, v.derived
    from chat.conversations c
    cross join lateral chat.derived_conversation(c) d
    cross join lateral (values
        ('last_seq', c.last_seq::text, d.last_seq::text),
        ('last_message_id', c.last_message_id::text, d.last_message_id::text),
        ('last_message_text', c.last_message_text::text, d.last_message_text),
        ('last_from_church', c.last_from_church::text,
         case when c.last_from_church is not null
              then (select m.from_church from chat.messages m
                    where m.conversation_id = c.id and m.id = d.last_message_id)::text end),
        ('last_message_at', c.last_message_at::text, d.last_message_at::text),
        ('updated_at', c.updated_at::text, d.updated_at::text),
        ('member_unread', c.member_unread::text, d.member_unread::text),
        ('church_unread', c.church_unread::text, d.church_unread::text),
        ('member_newest_unread_id', c.member_newest_unread_id::text, d.member_newest_unread_id::text),
        ('church_newest_unread_id', c.church_newest_unread_id::text, d.church_newest_unread_id::text),
        ('member_unread_since', c.member_unread_since::text, d.member_unread_since::text),
        ('church_unread_since', c.church_unread_since::text, d.church_unread_since::text)
        ) as v (value, kept, derived)
    where (of_conversation is null or c.id = of_conversation) and v.kept is distinct from v.derived;

    return query
    select 'church', coalesce(n.church_id, c.church_id),
           v.value || ' of part ' || coalesce(n.part, c.part), v.kept, v.derived
    from (select n.* from chat.unread_of_churches n
          where of_conversation is null
             or (n.church_id, n.part::bigint) = (select c.church_id, c.id % 16 from chat.conversations c
                                                 where c.id = of_conversation)) n
    full join (
        select c.church_id, c.id % 16 as part, sum(c.church_unread) as unread, count(*) as conversations
        from chat.conversations c
        where c.church_unread > 0
          and (of_conversation is null
               or (c.church_id, c.id % 16) = (select o.church_id, o.id % 16 from chat.conversations o
                                              where o.id = of_conversation))
        group by 1, 2) c on c.church_id = n.church_id and c.part = n.part
    cross join lateral (values
        ('unread', coalesce(n.unread, 0)::text, coalesce(c.unread, 0)::text),
        ('conversations', coalesce(n.conversations, 0)::text, coalesce(c.conversations, 0)::text)
        ) as v (value, kept, derived)
    where v.kept <> v.derived;

    if of_conversation is not null then
        return;
    end if;

    return query
    select 'user', u.id, v.value, v.kept, v.derived
    from chat.users u
    cross join lateral (values
        ('folded_name', u.folded_name, chat.fold_name(u.display_name)),
        ('name_look', u.name_look, chat.name_look(regexp_replace(u.display_name, ' \(member\)$', '')))
        ) as v (value, kept, derived)
    where v.kept is distinct from v.derived
    union all
    select 'church', h.id, v.value, v.kept, v.derived
    from chat.churches h
    cross join lateral (values
        ('folded_name', h.folded_name, chat.fold_name(h.name)),
        ('name_look', h.name_look, chat.name_look(h.name))
        ) as v (value, kept, derived)
    where v.kept is distinct from v.derived;

    return query
    select 'mark of user', k.user_id, 'conversation', k.conversation_id::text, null::text
    from chat.notification_marks k
    where not exists (select from chat.conversations c where c.id = k.conversation_id);

    -- Rows that were inserted with an id: the sequence may not be past it.
    return query
    select 'sequence', null::bigint, s.name,
           coalesce(pg_sequence_last_value(s.name::regclass), 0)::text, s.newest::text
    from (select pg_get_serial_sequence('chat.users', 'id'), max(u.id) from chat.users u
          union all
          select pg_get_serial_sequence('chat.churches', 'id'), max(h.id) from chat.churches h
          union all
          select pg_get_serial_sequence('chat.conversations', 'id'), max(c.id) from chat.conversations c
          union all
          select pg_get_serial_sequence('chat.messages', 'id'), max(c.last_message_id) from chat.conversations c
          ) as s (name, newest)
    where coalesce(pg_sequence_last_value(s.name::regclass), 0) < s.newest;
end $$;

comment on function chat.check(bigint) is
'Compares each stored value that is derived from others with what it is derived from: in conversations, the
sums of churches, names, notification marks and sequences. One row for each difference; none: no difference.
Arguments: one conversation, with the sum of its church; or null for all, which reads all messages and names.
Locks: none. Messages that are sent at the same time do not appear as differences.';
