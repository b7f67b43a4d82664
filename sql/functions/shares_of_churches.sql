create or replace function chat.shares_of_churches(
    churches bigint[], bound bigint, together integer, out above bigint, out limits integer[])
language plpgsql stable as $$
declare
    sample constant integer := 40;
begin
    select max(e.top) - together / sum(e.density),
           array_agg(least(together, sample + ceil(4 * together * coalesce(e.density / e.total, 0)))::integer order by e.place)
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
end $$;

comment on function chat.shares_of_churches(bigint[], bigint, integer) is
'How many of the newest messages of each church chat.find_messages() looks at one by one, where there are several
churches: their share, as the newest forty of each are spread, or some times that, as they may have been written less
evenly; and the id above which the churches have about so many messages together, or null where none has forty.
Arguments: the churches; the id before which messages count; how many together. Locks: none.';
