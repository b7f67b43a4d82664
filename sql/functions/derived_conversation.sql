create or replace function chat.derived_conversation(
    of_conversation chat.conversations,
    out last_seq bigint, out last_message_id bigint, out last_message_text text, out last_message_at timestamptz,
    out updated_at timestamptz, out member_unread int, out church_unread int,
    out member_newest_unread_id bigint, out church_newest_unread_id bigint,
    out member_unread_since timestamptz, out church_unread_since timestamptz)
returns setof record
language sql stable rows 1 as $$
    select greatest($1.last_seq, t.newest_seq), l.id,
           case when l.id is not null then chat.message_excerpt(l) end,
           l.created_at, greatest($1.updated_at, l.created_at), t.member_unread::int, t.church_unread::int,
           t.member_newest, t.church_newest,
           -- Not changed where it can be right: all may have been read before a message that was removed.
           case when t.member_unread > 0 then least($1.member_unread_since, t.member_oldest) end,
           case when t.church_unread > 0 then least($1.church_unread_since, t.church_oldest) end
    from (select max(m.id) as last_id, max(m.seq) as newest_seq,
                 count(*) filter (where m.read_at is null and m.from_church) as member_unread,
                 count(*) filter (where m.read_at is null and not m.from_church) as church_unread,
                 max(m.id) filter (where m.read_at is null and m.from_church) as member_newest,
                 max(m.id) filter (where m.read_at is null and not m.from_church) as church_newest,
                 min(m.created_at) filter (where m.read_at is null and m.from_church) as member_oldest,
                 min(m.created_at) filter (where m.read_at is null and not m.from_church) as church_oldest
          from chat.messages m
          where m.conversation_id = $1.id) t
    left join chat.messages l on l.conversation_id = $1.id and l.id = t.last_id
$$;

comment on function chat.derived_conversation(chat.conversations) is
'The columns of a conversation that are derived from its messages: the last one, how many are unread, since when,
and which is the newest of these. last_seq and updated_at never decrease.
Arguments: the conversation''s row. Reads all its messages. Locks: none.';
