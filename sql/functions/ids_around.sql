create or replace function chat.ids_around(
    churches bigint[], conversations bigint[], at timestamptz, out earlier bigint, out later bigint)
language plpgsql stable as $$
declare
    near constant bigint := 1000; -- ids between which messages may as well be looked at
    most constant integer := 100;
    scope record;
    found record;
    low bigint;
    middle bigint;
    high bigint;
begin
    earlier := 0;
    later := 9223372036854775807;
    for scope in
        select s.church, s.conversation
        from (select c.id as church, null::bigint as conversation from unnest(churches) c (id)
              union all
              select null, t.id from unnest(conversations) t (id)) s
        limit most
    loop
        low := earlier + 1;
        if scope.church is not null then
            high := (select w.id from chat.message_words w where w.church_id = scope.church order by w.id desc limit 1);
        else
            high := (select m.id from chat.messages m where m.conversation_id = scope.conversation order by m.id desc limit 1);
        end if;
        high := least(high, later - 1);
        while low <= high and later - earlier > near loop
            middle := low + (high - low) / 2;
            if scope.church is not null then
                select w.id,
                       (select m.created_at from chat.messages m
                        where m.conversation_id = w.conversation_id and m.id = w.id) as created_at
                into found
                from (select w.id, w.conversation_id from chat.message_words w
                      where w.church_id = scope.church and w.id >= middle and w.id <= high
                      order by w.id limit 1) w;
            else
                select m.id, m.created_at into found
                from chat.messages m
                where m.conversation_id = scope.conversation and m.id >= middle and m.id <= high
                order by m.id limit 1;
            end if;
            if found.id is null then
                high := middle - 1;
            elsif found.created_at < at then
                earlier := found.id;
                low := found.id + 1;
            else
                later := found.id;
                high := middle - 1;
            end if;
        end loop;
    end loop;
end $$;

comment on function chat.ids_around(bigint[], bigint[], timestamptz) is
'Where a time is among the ids of messages, which grow with their times: the id of a message before that time and of one
that is not, as near to each other as is worth while; 0 and the highest number of all where there is none.
Arguments: the churches and the conversations to whose messages it looks, a logarithm of them; the time. Locks: none.';
