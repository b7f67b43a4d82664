create or replace function chat.find_messages(
    of_user bigint, words tsquery, rows_max integer, hits_max integer, before_id bigint, in_church bigint,
    in_conversation bigint, sent_by text, sent_since timestamptz, sent_until timestamptz)
returns table (conversation_id bigint, message_id bigint)
language plpgsql stable rows 20 as $$
#variable_conflict use_column
declare
    newest   constant integer := 4000;  -- messages of churches that are looked at one by one
    few      constant integer := 500;   -- of them at first
    sample   constant integer := 2000;  -- of them, to know how common a word is that may be a beginning
    longest  constant integer := 20000; -- of the user's own conversations, of all together
    shortest constant integer := 200;   -- of each
    most     constant integer := 100;   -- churches that are asked for one after the other
    entries  constant integer := 500000; -- of the index, of which it reads so many in some 50 ms
    slack    constant interval := '1 minute'; -- a message's id may be so much later than its time
    bound    bigint := coalesce(before_id, 9223372036854775807);
    oldest   bigint := 0; -- this one, and those before it, are older than sent_since
    is_timed boolean := sent_since is not null or sent_until is not null;
    begins   timestamptz := coalesce(sent_since, '-infinity');
    ends     timestamptz := coalesce(sent_until, 'infinity');
    churches bigint[] := '{}';
    talks    bigint[];
    lengths  bigint[];
    longer   integer;  -- conversations that are longer are looked at in part, and asked for by the index
    low_ids  bigint[] := '{}'; -- the last ones that are looked at in each, or null
    low      bigint; -- below it the index is asked
    reached  bigint; -- all that is there and not older was looked at
    ids      bigint[];
    places   bigint[];
    found_ids    bigint[];
    found_places bigint[];
    has_beginning boolean;
    others   tsquery; -- what is asked for beside the word that is a beginning
    is_rare  boolean := false;
    is_too_many boolean := false;
    n        integer := 0;
    part     integer; -- how many messages are looked at
    walked   integer := 0; -- and were
    parts    tsquery[] := '{}';
    below    bigint[] := '{}';
begin
    if words is null then
        return;
    end if;
    if sent_by is not null then
        words := words && case sent_by when 'me' then format('%L', '~u' || of_user)::tsquery
                                       else !!format('%L', '~u' || of_user)::tsquery end;
    end if;

    -- Where the user may look: churches as staff, and single conversations.
    if in_conversation is not null then
        select array_agg(c.id), array_agg(c.last_seq) into talks, lengths
        from chat.conversation_for(of_user, in_conversation) c
        where in_church is null or c.church_id = in_church;
    else
        churches := array(select s.church_id from chat.church_staff s
                          where s.user_id = of_user and s.church_id = coalesce(in_church, s.church_id));
        select array_agg(c.id), array_agg(c.last_seq) into talks, lengths
        from chat.conversations c
        where c.member_id = of_user and c.church_id = coalesce(in_church, c.church_id)
          and c.church_id <> all (churches) and c.last_seq > 0;
    end if;
    talks := coalesce(talks, '{}');
    if churches = '{}' and talks = '{}' then
        return;
    end if;

    -- Times are a matter of ids, but for some messages at either end.
    if sent_until is not null then
        bound := least(bound, (select a.later from chat.ids_around(churches, talks, sent_until + slack) a));
    end if;
    if sent_since is not null then
        oldest := (select a.earlier from chat.ids_around(churches, talks, sent_since - slack) a);
    end if;

    -- In conversations, by their key, until there are enough.
    longer := greatest(shortest, longest / greatest(cardinality(talks), 1));
    if exists (select from unnest(lengths) l (n) where l.n > longer) then
        low_ids := array(
            select case when t.length > longer then
                       (select w.id from chat.message_words w
                        where w.conversation_id = t.id and w.id < bound and w.id > oldest
                        order by w.id desc offset longer - 1 limit 1) end
            from unnest(talks, lengths) with ordinality t (id, length, place)
            order by t.place);
    end if;
    select array_agg(f.id), array_agg(f.place) into ids, places
    from (
        select g.id, t.id as place
        from unnest(talks, low_ids) t (id, low)
        cross join lateral (
            select w.id
            from (select w.id, w.search
                  from chat.message_words w
                  where w.conversation_id = t.id and w.id < bound and w.id > oldest and w.id >= coalesce(t.low, 0)
                  order by w.id desc offset 0) w
            where case when not w.search @@ words then false
                       when not is_timed then true
                       else (select g.created_at >= begins and g.created_at < ends
                             from chat.messages g where g.conversation_id = t.id and g.id = w.id) end
            limit rows_max) g
        order by g.id desc limit rows_max) f;

    -- A word that may be a beginning is many words, of which the index reads all entries, those of other churches as
    -- well. Where what else must occur is rare, the index is asked for that alone.
    has_beginning := words::text like '%:*%';
    others := chat.without_beginning(words);

    -- The newest of each church, one by one: a word that is common is found there. A few at first, then twice as many each
    -- time, while their hits are so frequent that the newest would fill the page; otherwise the index is quicker. Of a word
    -- that may be a beginning a sample is looked at in any case, to know how common it is.
    if churches <> '{}' then
        low := bound;
        part := case when has_beginning then sample else few end;
        loop
            select w.low, w.is_rare, w.ids, w.places into low, is_rare, found_ids, found_places
            from chat.walk_churches(churches, words, others, low, oldest, part, rows_max, begins, ends) w;
            ids := ids || found_ids;
            places := places || found_places;
            n := n + coalesce(cardinality(found_ids), 0);
            walked := walked + part;
            exit when has_beginning or low is null or low <= oldest + 1 or n >= rows_max or walked >= newest
                      or n * newest < rows_max * walked;
            part := walked;
        end loop;
    end if;

    -- What is older and rarer has few entries in the index, where it is asked for together with the churches, one by one,
    -- which takes a third of the time of all at once, where they are not very many and no word is a beginning; and
    -- with a long conversation, so that what others say is not read. There a beginning is not asked for.
    if (select count(*) from unnest(ids) f (id)
        where f.id >= greatest(low, (select max(l.id) from unnest(low_ids) l (id)))) < rows_max then
        if low > oldest + 1 then
            if cardinality(churches) <= most and (not has_beginning or is_rare) then
                parts := array(select case when is_rare then others else words end && format('%L', '~' || h.id)::tsquery
                               from unnest(churches) h (id));
            else
                parts := array[case when is_rare then others else words end
                               && (select string_agg(format('%L', '~' || h.id), '|')::tsquery from unnest(churches) h (id))];
            end if;
            below := array_fill(low, array[cardinality(parts)]);
        end if;
        parts := parts || array(
            select case when not has_beginning then words && t.lexeme else coalesce(others && t.lexeme, t.lexeme) end
            from (select format('%L', '~c' || t.id)::tsquery as lexeme, t.place
                  from unnest(talks, low_ids) with ordinality t (id, low, place) where t.low > oldest + 1) t
            order by t.place);
        below := below || array(
            select t.low from unnest(low_ids) with ordinality t (low, place) where t.low > oldest + 1 order by t.place);
    end if;
    -- But what is rare among the newest may have been common long ago, and a word that may be a beginning may be that of
    -- many words elsewhere.
    if parts <> '{}' and has_beginning and not is_rare and low > oldest + 1 and hits_max is not null then
        is_too_many := chat.is_common(
            substring(words::text from $re$'(?:[^']|'')*':\*$re$)::tsquery, entries);
    end if;
    -- A generic plan knows nothing of how few these are, and must not take another index for what is said of ids: hence
    -- + 0.
    if parts <> '{}' and not is_too_many then
        with hits as materialized (
            select x.id, x.place,
                   x.id < p.low and x.id > oldest and (not has_beginning or x.search @@ words)
                   and (x.church_id = any (churches) or x.place = any (talks)) as is_hit
            from unnest(parts, below) p (asked, low)
            cross join lateral (
                select w.id, w.conversation_id as place, w.church_id, w.search
                from chat.message_words w where w.search @@ p.asked offset 0) x
            limit hits_max + 1)
        select coalesce(count(*) > hits_max, false), array_agg(h.id) filter (where h.is_hit),
               array_agg(h.place) filter (where h.is_hit)
        into is_too_many, found_ids, found_places
        from hits h;
        if not is_too_many then
            ids := ids || found_ids;
            places := places || found_places;
        end if;
    end if;

    -- Then some more are looked at one by one, and the rest is for the next page.
    if is_too_many then
        if low > oldest + 1 then
            select w.low, w.ids, w.places into low, found_ids, found_places
            from chat.walk_churches(churches, words, others, low, oldest, hits_max, rows_max, begins, ends) w;
            ids := ids || found_ids;
            places := places || found_places;
        end if;
        reached := greatest(low, (select max(l.id) from unnest(low_ids) l (id)));
    end if;
    return query
        select f.place, f.id
        from (select f.id, f.place from unnest(ids, places) f (id, place)
              where f.id >= coalesce(reached, 0) order by f.id desc offset 0) f
        where not is_timed or (select g.created_at >= begins and g.created_at < ends
                               from chat.messages g where g.conversation_id = f.place and g.id = f.id)
        order by f.id desc limit rows_max;
    get diagnostics n = row_count;
    if n < rows_max and reached > oldest + 1 then
        return query select null::bigint, reached;
    end if;
end $$;

comment on function chat.find_messages(
    bigint, tsquery, integer, integer, bigint, bigint, bigint, text, timestamptz, timestamptz) is
'The messages with these words that the user may see, the newest first: in the conversations in which they are the
member, and in those of the churches that they are staff of. A row without a conversation comes last where others may
follow that were not looked for: those before this id.
Arguments: the user; chat.query(), null finds nothing; how many at most; how many hits in the index are looked at at
most, null for all; the message before which to begin; only in this church; only in this conversation; me or them: only
sent by the user, or by others; sent from the one time on, before the other. The last six may be null. Locks: none.
The newest messages are looked at one by one, older ones by the index: a common word is soon found, a rare one has few
entries. Where it has more, some thousand are looked at one by one, and the row says how far. Later messages have higher
ids, or one that is in the wrong order by more than a minute may be missed where times are asked for.';
