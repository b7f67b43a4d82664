create or replace function chat.find_messages(
    of_user bigint, words tsquery, rows_max integer, before_id bigint, in_church bigint, in_conversation bigint,
    sent_by text, sent_since timestamptz, sent_until timestamptz)
returns table (conversation_id bigint, message_id bigint)
language plpgsql stable rows 20 as $$
#variable_conflict use_column
declare
    newest   constant integer := 2000;  -- messages of churches that are looked at one by one
    sample   constant integer := 40;
    longest  constant integer := 20000; -- of the user's own conversations
    most     constant integer := 100;   -- churches that are asked for one after the other
    bound    bigint := coalesce(before_id, 9223372036854775807);
    is_plain boolean := coalesce(sent_by, sent_since::text, sent_until::text) is null;
    sender   bigint := case sent_by when 'me' then of_user end;
    others   bigint := case sent_by when 'them' then of_user end;
    begins   timestamptz := coalesce(sent_since, '-infinity');
    ends     timestamptz := coalesce(sent_until, 'infinity');
    churches bigint[] := '{}';
    talks    bigint[];
    scopes   bigint[];
    parts    tsquery[];
    is_long  boolean;
    limits   integer[]; -- how many messages of each church are looked at at most
    above    bigint; -- and from which on
    low      bigint; -- below it the index is asked
    older    bigint;
    ids      bigint[];
    places   bigint[];
begin
    if words is null then
        return;
    end if;

    -- Where the user may look: churches as staff, and single conversations.
    if in_conversation is not null then
        select array_agg(c.id), array_agg(c.church_id), max(c.last_seq) > longest
        into talks, scopes, is_long
        from chat.conversation_for(of_user, in_conversation) c
        where in_church is null or c.church_id = in_church;
    else
        churches := array(select s.church_id from chat.church_staff s
                          where s.user_id = of_user and s.church_id = coalesce(in_church, s.church_id));
        select array_agg(c.id), array_agg(c.church_id), max(c.last_seq) > longest
        into talks, scopes, is_long
        from chat.conversations c
        where c.member_id = of_user and c.church_id = coalesce(in_church, c.church_id)
          and c.church_id <> all (churches) and c.last_seq > 0;
    end if;
    talks := coalesce(talks, '{}');
    scopes := churches || coalesce(scopes, '{}');
    if scopes = '{}' then
        return;
    end if;

    -- In conversations, by their key, until there are enough.
    if is_long then
        select max(g.id) into low
        from unnest(talks) t (id)
        cross join lateral (
            select w.id from chat.message_words w
            where w.conversation_id = t.id and w.id < bound
            order by w.id desc offset longest - 1 limit 1) g;
    end if;
    select array_agg(f.id), array_agg(f.place) into ids, places
    from (
        select g.id, t.id as place
        from unnest(talks) t (id)
        cross join lateral (
            select w.id
            from (select w.id, w.search
                  from chat.message_words w
                  where w.conversation_id = t.id and w.id < bound and w.id >= coalesce(low, 0)
                  order by w.id desc offset 0) w
            where case when not w.search @@ words then false
                       when is_plain then true
                       else (select g.sender_id = coalesce(sender, g.sender_id) and g.sender_id is distinct from others
                                    and g.created_at >= begins and g.created_at < ends
                             from chat.messages g where g.conversation_id = t.id and g.id = w.id) end
            limit rows_max) g
        order by g.id desc limit rows_max) f;

    -- The newest of each church, one by one: a word that is common is found there.
    if churches <> '{}' then
        -- Of several, down to an id above which they have about as many together, as their newest forty are spread:
        -- of each its share, or some times that where they were written less evenly.
        limits := array_fill(newest, array[cardinality(churches)]);
        if cardinality(churches) > 1 then
            select max(e.top) - newest / sum(e.density),
                   array_agg(least(newest, sample + ceil(4 * newest * coalesce(e.density / e.total, 0)))::integer order by e.place)
            into above, limits
            from (select d.*, sum(d.density) over () as total
                  from (select h.place, h.top, sample / (max(h.top) over () - h.low + 1.0) as density
                        from (select h.place,
                                     (select w.id from chat.message_words w
                                      where w.church_id = h.id and w.id < bound order by w.id desc limit 1) as top,
                                     (select w.id from chat.message_words w
                                      where w.church_id = h.id and w.id < bound
                                      order by w.id desc offset sample - 1 limit 1) as low
                              from unnest(churches) with ordinality h (id, place)) h) d) e;
            above := nullif(greatest(above, 0), 0);
        end if;
        low := greatest(low, above);
        with walked as materialized (
            select w.id, w.conversation_id as place, w.nr = h.most as is_last,
                   case when not w.is_hit then false
                        when is_plain then true
                        else (select g.sender_id = coalesce(sender, g.sender_id) and g.sender_id is distinct from others
                                     and g.created_at >= begins and g.created_at < ends
                              from chat.messages g where g.conversation_id = w.conversation_id and g.id = w.id)
                   end as is_hit
            from unnest(churches, limits) h (id, most)
            cross join lateral (
                select w.id, w.conversation_id, w.search @@ words as is_hit, row_number() over (order by w.id desc) as nr
                from (select w.id, w.conversation_id, w.search
                      from chat.message_words w
                      where w.church_id = h.id and w.id < bound and w.id >= coalesce(above, 0)
                      order by w.id desc limit h.most) w) w
        ), cut as (
            select max(w.id) as low from walked w where w.is_last
        ), merged as (
            select f.id, f.place
            from (select w.id, w.place from walked w where w.is_hit
                  union all
                  select f.id, f.place from unnest(ids, places) f (id, place)) f
            where f.id >= greatest(coalesce((select c.low from cut c), 0), coalesce(low, 0))
            order by f.id desc limit rows_max
        )
        select (select c.low from cut c),
               (select array_agg(m.id) from merged m), (select array_agg(m.place) from merged m)
        into older, ids, places;
        low := greatest(low, older);
    end if;

    -- One that is rarer has few entries in the index, where it is asked for together with the churches. A generic plan
    -- knows neither, and must not take another index for what is said of ids: hence + 0.
    if low is not null and coalesce(array_length(ids, 1), 0) < rows_max then
        -- Church by church, which takes a third of the time of all at once, where they are not very many.
        if cardinality(scopes) <= most then
            parts := array(select words && format('%L', '~' || h.id)::tsquery from unnest(scopes) h (id) group by h.id);
        else
            parts := array[words && (select string_agg(format('%L', '~' || h.id), '|')::tsquery from unnest(scopes) h (id))];
        end if;
        return query
            select f.place, f.id from unnest(ids, places) f (id, place)
            union all
            (select f.place, f.id
             from (select x.id, x.place
                   from unnest(parts) p (words)
                   cross join lateral (
                       select w.id, w.conversation_id as place
                       from chat.message_words w
                       where w.search @@ p.words and w.id + 0 < low
                         and (w.church_id + 0 = any (churches) or w.conversation_id + 0 = any (talks)) offset 0) x
                   order by x.id desc offset 0) f
             where is_plain or (select g.sender_id = coalesce(sender, g.sender_id) and g.sender_id is distinct from others
                                       and g.created_at >= begins and g.created_at < ends
                                from chat.messages g where g.conversation_id = f.place and g.id = f.id)
             limit rows_max - coalesce(array_length(ids, 1), 0));
    else
        return query select f.place, f.id from unnest(ids, places) f (id, place);
    end if;
end $$;

comment on function chat.find_messages(bigint, tsquery, integer, bigint, bigint, bigint, text, timestamptz, timestamptz) is
'The messages with these words that the user may see, the newest first: in the conversations in which they are the
member, and in those of the churches that they are staff of.
Arguments: the user; chat.query(), null finds nothing; how many at most; the message before which to begin; only in
this church; only in this conversation; me or them: only sent by the user, or by others; sent from the one time on,
before the other. All but the first three may be null. Locks: none.
The newest messages are looked at one by one, older ones by the index: a common word is soon found, a rare one has few
entries.';
