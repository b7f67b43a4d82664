create or replace function chat.admin_source(kind text, filters jsonb, rows_max integer) returns text
language plpgsql volatile as $$
declare
    counted constant integer := 10000;
    alone constant boolean := not filters ?| array['church_id', 'member_id', 'selection', 'q', 'blocked', 'empty', 'is_active'];
    k record;
    found text; -- the ids of what a filter finds, from the greatest on
    words tsquery;
    hits double precision;
    frequent boolean;
begin
    select * into k from chat.admin_kind(kind);
    if alone and kind = 'user' and filters ->> 'role' = 'staff' then
        found := 'select distinct s.user_id as id from chat.church_staff s order by 1 desc';
    elsif alone and kind = 'conversation' and (filters ->> 'flagged')::boolean then
        found := 'select distinct m.conversation_id as id from chat.messages m where m.flag is not null order by 1 desc';
    elsif kind = 'message' and filters ? 'church_id' and not filters ?| array['q', 'sender_id'] and rows_max is null then
        return format('(select m.* from (select c.id from chat.conversations c where c.church_id = %L offset 0) c '
                      'cross join lateral (select m.* from chat.messages m where m.conversation_id = c.id offset 0) m) o',
                      filters ->> 'church_id');
    elsif kind = 'message' and filters ?| array['q', 'sender_id'] then
        words := chat.admin_words(filters);
        if words is null then
            return case when filters ? 'q' then '(select m.* from chat.messages m where false) o'
                -- Without the index of words: where this user can have sent something.
                else format('(select m.* from (select c.id from chat.conversations c where c.member_id = %1$L union '
                            'select c.id from chat.church_staff s join chat.conversations c on c.church_id = s.church_id '
                            'where s.user_id = %1$L) c cross join lateral '
                            '(select m.* from chat.messages m where m.conversation_id = c.id) m) o', filters ->> 'sender_id') end;
        end if;
        hits := (chat.admin_hits(words)).hits;
        -- All hits are sorted for a page of a rare word, each from another page of the table. Of a frequent one, fewer
        -- messages are met on the way to a page of hits; to look at one takes about as long.
        frequent := case when rows_max is null then hits > counted
                         else hits ^ 2 > rows_max * (select c.reltuples from pg_class c
                                                     where c.oid = 'chat.message_words'::regclass) end;
        if frequent then
            return k.source;
        end if;
        found := format('select w.conversation_id, w.id from chat.message_words w where w.search @@ %L::tsquery order by w.id desc',
                        words);
    else
        return k.source;
    end if;
    -- In the order of a page by the ids that were found, so that no more rows are read than are wanted.
    return format('(select f.id, %s from (%s) f cross join lateral (select r.* from %s r where %s r.id = f.id offset 0) r) o',
                  (select string_agg(format('r.%I', a.attname), ', ')
                   from pg_attribute a
                   where a.attrelid = k.relation and a.attnum > 0 and not a.attisdropped and a.attname <> 'id'),
                  found, k.relation, case when kind = 'message' then 'r.conversation_id = f.conversation_id and' else '' end);
end $$;

comment on function chat.admin_source(text, jsonb, integer) is
'The tables of a list of the administration, in SQL: those of chat.admin_kind(), but where a filter alone finds few of
very many objects: of users the staff; of conversations those with flagged messages; of messages those of a church, where
they are counted, and those with certain words or of a sender, by the index of words. A word that many messages have is
not asked of the index, which would have to sort them all, but met on the way from the newest message. Where these are
the tables of chat.admin_kind(), the condition of chat.admin_condition() must have all filters.
Arguments: the kind and the filters, as of chat.admin_condition(); how many rows are wanted in the order of ids, or null
for a count. Locks: none.
While the index is not up to date, messages that a user has sent to a church as staff before they left it are not found.';
