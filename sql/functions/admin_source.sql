create or replace function chat.admin_source(kind text, filters jsonb, is_page boolean) returns text
language plpgsql stable as $$
declare
    rare  constant integer := 20000; -- hits that are sorted rather than met on the way from the newest message
    source text := (chat.admin_kind(kind)).source;
    words tsquery;
    hits  bigint;
begin
    if kind = 'message' and filters ? 'church_id' and not filters ?| array['q', 'sender_id'] and not is_page then
        return format('(select m.* from (select c.id from chat.conversations c where c.church_id = %L offset 0) c '
                      'cross join lateral (select m.* from chat.messages m where m.conversation_id = c.id offset 0) m) o',
                      filters ->> 'church_id');
    end if;
    if kind <> 'message' or not filters ?| array['q', 'sender_id'] then
        return source;
    end if;
    words := chat.admin_words(filters);
    if words is null then
        return case when filters ? 'q' then '(select m.* from chat.messages m where false) o'
            -- Without the index of words: where this user can have sent something.
            else format('(select m.* from (select c.id from chat.conversations c where c.member_id = %1$L union '
                        'select c.id from chat.church_staff s join chat.conversations c on c.church_id = s.church_id '
                        'where s.user_id = %1$L) c cross join lateral '
                        '(select m.* from chat.messages m where m.conversation_id = c.id) m) o', filters ->> 'sender_id') end;
    end if;
    if is_page then
        select count(*) into hits
        from (select from chat.message_words w where w.search @@ words limit rare + 1) w;
        if hits > rare then
            return format('(select m.* from chat.messages m where (select w.search @@ %L::tsquery from chat.message_words w '
                          'where w.conversation_id = m.conversation_id and w.id = m.id)) o', words);
        end if;
    end if;
    -- offset 0: one message after the other, and no more than are wanted.
    return format('(select m.* from (select w.conversation_id, w.id from chat.message_words w where w.search @@ %L::tsquery '
                  'offset 0) w cross join lateral (select m.* from chat.messages m '
                  'where m.conversation_id = w.conversation_id and m.id = w.id offset 0) m) o', words);
end $$;

comment on function chat.admin_source(text, jsonb, boolean) is
'The tables of a list of the administration, in SQL: those of chat.admin_kind(), but for messages with certain words or of
a sender, who are found by the index of words. A word that many messages have is not asked of the index, which would have
to sort them all, but met on the way from the newest message.
Arguments: as those of chat.admin_condition(); whether it is for a page in the order of ids, not for a count. Locks:
none.
While the index is not up to date, messages that a user has sent to a church as staff before they left it are not found.';
