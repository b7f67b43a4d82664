create or replace function chat.check(
    of_conversation bigint default null,
    out object text, out id bigint, out value text, out kept text, out derived text)
returns setof record
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    return query
    with t as (
        select m.conversation_id, max(m.id) as last_id, max(m.seq) as newest_seq,
               count(*) filter (where m.read_at is null and m.from_church) as member_unread,
               count(*) filter (where m.read_at is null and not m.from_church) as church_unread,
               max(m.id) filter (where m.read_at is null and m.from_church) as member_newest,
               max(m.id) filter (where m.read_at is null and not m.from_church) as church_newest,
               min(m.created_at) filter (where m.read_at is null and m.from_church) as member_oldest,
               min(m.created_at) filter (where m.read_at is null and not m.from_church) as church_oldest
        from chat.messages m
        where of_conversation is null or m.conversation_id = of_conversation
        group by m.conversation_id)
    select 'conversation', c.id, v.value, v.kept, v.derived
    from chat.conversations c
    left join t on t.conversation_id = c.id
    left join chat.messages l on l.conversation_id = c.id and l.id = t.last_id
    cross join lateral (values
        ('last_seq', c.last_seq::text, greatest(c.last_seq, t.newest_seq)::text),
        ('last_message_id', c.last_message_id::text, t.last_id::text),
        ('last_message_text', c.last_message_text::text,
         case when char_length(l.content) <= 140 then l.content else chat.excerpt_of(l.content) end),
        ('last_message_at', c.last_message_at::text, l.created_at::text),
        ('updated_at', c.updated_at::text, greatest(c.updated_at, l.created_at)::text),
        ('member_unread', c.member_unread::text, coalesce(t.member_unread, 0)::text),
        ('church_unread', c.church_unread::text, coalesce(t.church_unread, 0)::text),
        ('member_newest_unread_id', c.member_newest_unread_id::text, t.member_newest::text),
        ('church_newest_unread_id', c.church_newest_unread_id::text, t.church_newest::text),
        ('member_unread_since', c.member_unread_since::text,
         case when t.member_unread > 0 then least(c.member_unread_since, t.member_oldest) end::text),
        ('church_unread_since', c.church_unread_since::text,
         case when t.church_unread > 0 then least(c.church_unread_since, t.church_oldest) end::text)
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

    -- Rows that brought ids of their own: the next one drawn may be taken.
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
'What is kept and is not what it is derived from: of conversations, of the sums of churches, of names, of
marks, of sequences. No rows: all is well.
Arguments: one conversation, with its church''s sum, or null for all; then all messages and names are read.
Locks: none; it sees what its statements see, and sends at the same time do not disturb it.';
