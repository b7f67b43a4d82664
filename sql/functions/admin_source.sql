create or replace function chat.admin_source(kind text, filters jsonb, is_page boolean) returns text
language plpgsql volatile as $$ -- explain is refused in a stable function
declare
    counted constant integer := 10000;
    page constant integer := 100;
    source constant text := (chat.admin_kind(kind)).source;
    period record;
    words tsquery;
    plan jsonb;
    hits double precision;
    frequent boolean;
begin
    if kind = 'user' and filters ->> 'role' = 'staff' then
        return '(select u.* from (select distinct s.user_id from chat.church_staff s) s '
               'join chat.users u on u.id = s.user_id) o';
    elsif kind = 'user' and filters ? 'day' then -- few, however many have come since
        select p.* into period from chat.admin_period(filters) p;
        return format('(select u.* from chat.users u where u.created_at >= %L and u.created_at < %L offset 0) o',
                      period.begins, period.ends);
    elsif kind = 'conversation' and (filters ->> 'flagged')::boolean then
        return '(select c.* from (select distinct m.conversation_id from chat.messages m where m.flag is not null) m '
               'join chat.conversations c on c.id = m.conversation_id) o';
    elsif kind = 'message' and filters ? 'church_id' and not filters ?| array['q', 'sender_id'] and not is_page then
        return format('(select m.* from (select c.id from chat.conversations c where c.church_id = %L offset 0) c '
                      'cross join lateral (select m.* from chat.messages m where m.conversation_id = c.id offset 0) m) o',
                      filters ->> 'church_id');
    elsif kind <> 'message' or not filters ?| array['q', 'sender_id'] then
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
    execute format('explain (format json) select from chat.message_words w where w.search @@ %L::tsquery', words) into plan;
    hits := (plan #>> '{0,Plan,Plan Rows}')::double precision;
    -- All hits are sorted for a page of a rare word, each from another page of the table. Of a frequent one, fewer messages
    -- are met on the way to a page of hits; one of those takes as long as some four of these.
    frequent := case when is_page then 4 * hits ^ 2 > page * (select c.reltuples from pg_class c
                                                              where c.oid = 'chat.message_words'::regclass)
                     else hits > counted end;
    if frequent then
        return source;
    end if;
    -- In the order of a page by the words' own id, so that no more messages are read than are wanted.
    return format('(select w.id, %s from (select w.conversation_id, w.id from chat.message_words w '
                  'where w.search @@ %L::tsquery order by w.id desc) w cross join lateral (select m.* from chat.messages m '
                  'where m.conversation_id = w.conversation_id and m.id = w.id offset 0) m) o',
                  (select string_agg(format('m.%I', a.attname), ', ')
                   from pg_attribute a
                   where a.attrelid = 'chat.messages'::regclass and a.attnum > 0 and not a.attisdropped and a.attname <> 'id'),
                  words);
end $$;

comment on function chat.admin_source(text, jsonb, boolean) is
'The tables of a list of the administration, in SQL: those of chat.admin_kind(), but where a filter finds few of very many
objects: of users the staff and those of a day; of conversations those with flagged messages; of messages those of a
church, where they are counted, and those with certain words or of a sender, by the index of words. A word that many
messages have, by the statistics of PostgreSQL, is not asked of the index, which would have to sort them all, but met on
the way from the newest message: then the tables are those of chat.admin_kind(), and the condition has the words.
Arguments: as those of chat.admin_condition(); whether it is for a page in the order of ids, not for a count. Locks:
none.
While the index is not up to date, messages that a user has sent to a church as staff before they left it are not found.';
