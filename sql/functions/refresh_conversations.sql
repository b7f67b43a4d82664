create or replace function chat.refresh_conversations(of_conversations bigint[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    follow text := coalesce(current_setting('chat.follow', true), '');
begin
    if cardinality(of_conversations) = 0 then
        return;
    end if;
    perform from chat.conversations c where c.id = any (of_conversations) order by c.id for no key update;
    perform set_config('chat.follow', 'on', true); -- the churches' sums have to follow
    -- A new statement, so it sees what the locks waited for.
    with now_true as (
        select c.id, t.newest_seq, l.id as last_id, chat.excerpt_of(l.content) as excerpt, l.created_at as last_at,
               t.member_unread, t.church_unread, t.member_newest, t.church_newest, t.member_oldest, t.church_oldest
        from chat.conversations c
        cross join lateral (
            select coalesce(max(m.seq), 0) as newest_seq,
                   count(*) filter (where m.read_at is null and m.from_church) as member_unread,
                   count(*) filter (where m.read_at is null and not m.from_church) as church_unread,
                   max(m.id) filter (where m.read_at is null and m.from_church) as member_newest,
                   max(m.id) filter (where m.read_at is null and not m.from_church) as church_newest,
                   min(m.created_at) filter (where m.read_at is null and m.from_church) as member_oldest,
                   min(m.created_at) filter (where m.read_at is null and not m.from_church) as church_oldest
            from chat.messages m where m.conversation_id = c.id) t
        left join lateral (
            select m.id, m.content, m.created_at
            from chat.messages m where m.conversation_id = c.id order by m.id desc limit 1) l on true
        where c.id = any (of_conversations)),
    refreshed as (
        update chat.conversations c
        set last_seq = greatest(c.last_seq, t.newest_seq), last_message_id = t.last_id,
            last_message_text = t.excerpt, last_message_at = t.last_at,
            updated_at = greatest(c.updated_at, t.last_at),
            member_unread = t.member_unread, church_unread = t.church_unread,
            member_newest_unread_id = t.member_newest, church_newest_unread_id = t.church_newest,
            -- Kept where it can be true: all may have been read before what was removed was written.
            member_unread_since = case when t.member_unread > 0
                                       then least(c.member_unread_since, t.member_oldest) end,
            church_unread_since = case when t.church_unread > 0
                                       then least(c.church_unread_since, t.church_oldest) end
        from now_true t
        where t.id = c.id
          and (c.last_message_id, c.last_message_text, c.last_message_at, c.member_unread, c.church_unread,
               c.member_newest_unread_id, c.church_newest_unread_id,
               c.member_unread_since is null, c.church_unread_since is null)
              is distinct from
              (t.last_id, t.excerpt, t.last_at, t.member_unread, t.church_unread, t.member_newest, t.church_newest,
               t.member_unread = 0, t.church_unread = 0)
           or t.id = c.id
          and (c.last_seq < t.newest_seq or c.updated_at < t.last_at
               or c.member_unread_since > t.member_oldest or c.church_unread_since > t.church_oldest)
        returning c.id)
    insert into chat.events (kind, conversation_id) select 3, r.id from refreshed r;
    perform set_config('chat.follow', follow, true);
end $$;

comment on function chat.refresh_conversations(bigint[]) is
'Derives anew what conversations keep of their messages: the last one, how many are unread, since when and
which is the newest; and tells the feeds of those that were wrong. last_seq and updated_at never go back.
Arguments: the conversations. All their messages are read.
Locks: the conversations'' rows in the order of their ids, for no key update, then their churches'' sums.';
