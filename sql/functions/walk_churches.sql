create or replace function chat.walk_churches(
    churches bigint[], words tsquery, others tsquery, bound bigint, oldest bigint, together integer, rows_max integer,
    begins timestamptz, ends timestamptz, out low bigint, out is_rare boolean, out ids bigint[], out places bigint[])
language plpgsql stable as $$
declare
    rare     constant integer := 100; -- one in so many
    is_timed constant boolean := begins > '-infinity' or ends < 'infinity';
    limits   integer[] := array[together]; -- how many messages of each church at most
    above    bigint; -- and from which on
begin
    if cardinality(churches) > 1 then
        select s.above, s.limits into above, limits from chat.shares_of_churches(churches, bound, together) s;
        above := case when above > oldest + 1 then above end;
    end if;
    with walked as materialized (
        select w.id, w.conversation_id as place, w.nr = h.most as is_last, w.is_near,
               case when not w.is_near then false
                    when others is not null and not w.search @@ words then false
                    when not is_timed then true
                    else (select g.created_at >= begins and g.created_at < ends
                          from chat.messages g where g.conversation_id = w.conversation_id and g.id = w.id)
               end as is_hit
        from unnest(churches, limits) h (id, most)
        cross join lateral (
            select w.id, w.conversation_id, w.search, w.search @@ coalesce(others, words) as is_near,
                   row_number() over (order by w.id desc) as nr
            from (select w.id, w.conversation_id, w.search
                  from chat.message_words w
                  where w.church_id = h.id and w.id < bound and w.id > oldest and w.id >= coalesce(above, 0)
                  order by w.id desc limit h.most) w) w
    ), cut as (
        select greatest(max(w.id) filter (where w.is_last), above) as low,
               count(*) filter (where w.is_near) * rare < count(*) as is_rare
        from walked w
    ), hits as (
        select w.id, w.place from walked w
        where w.is_hit and w.id >= coalesce((select c.low from cut c), 0) order by w.id desc limit rows_max
    )
    select c.low, others is not null and c.is_rare,
           (select array_agg(f.id) from hits f), (select array_agg(f.place) from hits f)
    into low, is_rare, ids, places
    from cut c;
end $$;

comment on function chat.walk_churches(
    bigint[], tsquery, tsquery, bigint, bigint, integer, integer, timestamptz, timestamptz) is
'Looks at messages of churches one by one, the newest first, for chat.find_messages().
Arguments: the churches; the words; what chat.without_beginning() says of them; before which id; after which; about how
many messages together; how many are to be found at most; sent from the one time on, before the other, or infinity.
Result: the id down to which all were looked at, null for the end; whether what is asked for beside a beginning is rare
in them; the messages with the words, and their conversations. Locks: none.';
