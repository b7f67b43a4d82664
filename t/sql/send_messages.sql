-- chat.send_messages() does what as many calls of chat.send_message() and chat.send_attachment() do: the same random script
-- is run by both, in two worlds that are made alike, and all rows that it leaves are compared.
begin;
\ir lib/people.sql
\ir lib/worlds.sql
select plan(29);

create temporary table actor (world text, number integer, user_id bigint); -- 1 to 3 members, 4 to 7 staff, 8 a stranger
create temporary table place (world text, number integer, conversation_id bigint, church_id bigint);
create temporary table draft (part integer, n integer, actor integer, place integer, content text, client_id text, flag text,
                              file jsonb);
create temporary table answer (world text, part integer, n bigint, outcome text, place integer, seq bigint, content text);

create function pg_temp.make(called text) returns void language plpgsql as $$
declare
    abbey bigint := pg_temp.church('Abbey');
    chapel bigint := pg_temp.church('Chapel');
    closed bigint := pg_temp.church('Closed');
begin
    insert into actor select called, n, pg_temp.person('Member ' || n) from generate_series(1, 3) n;
    insert into actor select called, 3 + n, pg_temp.staff(case when n < 3 then abbey else chapel end, 'Staff ' || n)
    from generate_series(1, 4) n;
    insert into actor values (called, 8, pg_temp.person('Stranger'));
    insert into place
    select called, row_number() over (order by a.number, h.n), pg_temp.talk(a.user_id, h.id), h.id
    from actor a, (values (1, abbey), (2, chapel), (3, closed)) h (n, id)
    where a.world = called and a.number <= 3;
    update chat.conversations c set member_blocked = true
    from place p where p.world = called and p.number = 2 and c.id = p.conversation_id;
    update chat.churches h set is_active = false where h.id = closed;
    update chat.users u set is_active = false from actor a where a.world = called and a.number = 7 and u.id = a.user_id;
end $$;
select pg_temp.make('single'), pg_temp.make('group') \g /dev/null

-- Place 10 is nowhere. Few client_ids, so that many are used twice, in one part and across parts.
select setseed(0.7) \g /dev/null
insert into draft
select p, n, 1 + (random() * 7)::integer, case when random() < 0.7 then 1 + (random() * 2)::integer else 1 + (random() * 9)::integer end,
       case when random() < 0.1 then repeat('ä', 200) else 'message ' || p || '.' || n end,
       case when random() < 0.6 then 'k' || (random() * 2)::integer end,
       case when random() < 0.1 then 'links' end
from generate_series(1, 40) p, generate_series(1, 24) n
where n <= 1 + p * 7 % 24;
-- A file for some; not in each part. Its own name is made of the world and the name for people.
update draft d
set content = case when d.n % 3 = 0 then '' else d.content end,
    file = jsonb_build_object(
        'name', 'file ' || d.part || '.' || d.n || '.png', 'kind', 'image', 'content_type', 'image/png',
        'size', d.n, 'sha256', encode(sha256('a'), 'hex'), 'width', 3, 'height', case when d.n % 2 = 0 then 4 end,
        'quota', case when d.n % 4 = 0 then d.part || '.' || d.n end, 'quota_bytes', case when d.n % 4 = 0 then 100 end,
        'quota_s', 60, 'is_scanned', d.n % 2 = 0, 'in_database', d.n % 8 = 0)
where d.part % 3 = 0 and d.n % 4 < 2;
insert into chat.file_parts (file, n, bytes)
select md5(w || (d.file ->> 'name')), 0, decode(repeat('00', d.n), 'hex')
from draft d, unnest('{single,group}'::text[]) w where (d.file ->> 'in_database')::boolean;

create function pg_temp.file_in(world text, file jsonb) returns jsonb language sql as $$
    select file || jsonb_build_object('file', md5(world || (file ->> 'name')))
$$;
create function pg_temp.send_one(
    by_user bigint, talk bigint, content text, client_id text, flag text, file jsonb)
returns table (outcome text, message chat.messages) language plpgsql as $$
begin
    if file is null then
        return query select m.outcome, m.message
        from chat.send_message(by_user, talk, content, client_id, flag) m;
    else
        return query select m.outcome, m.message
        from jsonb_to_record(file)
             f (file text, name text, kind text, content_type text, size bigint, sha256 text, width integer, height integer,
                quota text, quota_bytes bigint, quota_s integer, is_scanned boolean, in_database boolean)
        cross join lateral chat.send_attachment(
            by_user, talk, content, client_id, flag, f.file, f.name, f.kind, f.content_type, f.size, decode(f.sha256, 'hex'),
            f.width, f.height, f.quota, f.quota_bytes, make_interval(secs => f.quota_s), f.is_scanned, f.in_database) m;
    end if;
end $$;

create function pg_temp.play() returns void language plpgsql as $$
declare
    step integer;
begin
    for step in select distinct d.part from draft d order by d.part loop
        insert into answer
        select 'single', d.part, d.n, m.outcome, d.place, (m.message).seq, (m.message).content
        from (select d.*, a.user_id, coalesce(p.conversation_id, 9000000000000000) as conversation_id
              from draft d
              join actor a on a.world = 'single' and a.number = d.actor
              left join place p on p.world = 'single' and p.number = d.place
              where d.part = step order by d.n offset 0) d
        cross join lateral pg_temp.send_one(d.user_id, d.conversation_id, d.content, d.client_id, d.flag, pg_temp.file_in('single', d.file)) m;

        insert into answer
        select 'group', step, m.n, m.outcome, d.place, (m.message).seq, (m.message).content
        from (select array_agg(a.user_id order by d.n) as users,
                     array_agg(coalesce(p.conversation_id, 9000000000000000) order by d.n) as conversations,
                     array_agg(d.content order by d.n) as contents, array_agg(d.client_id order by d.n) as client_ids,
                     array_agg(d.flag order by d.n) as flags,
                     case when count(d.file) > 0 then array_agg(pg_temp.file_in('group', d.file) order by d.n) end as files
              from draft d
              join actor a on a.world = 'group' and a.number = d.actor
              left join place p on p.world = 'group' and p.number = d.place
              where d.part = step) s
        cross join lateral chat.send_messages(s.users, s.conversations, s.contents, s.client_ids, s.flags, s.files) m
        join draft d on d.part = step and d.n = m.n;

        if step % 3 = 0 then -- both sides of some read, so that there is a first unread message again
            perform chat.mark_read(a.user_id, p.conversation_id)
            from place p
            join actor a on a.world = p.world and a.number in (1 + step / 3 % 3, 4 + step / 3 % 3)
            where p.number <= 5;
            if step % 2 = 0 then
                delete from chat.waiting w using place p where p.conversation_id = w.conversation_id;
            end if;
        end if;
    end loop;
end $$;
select pg_temp.play() \g /dev/null

select pg_temp.same('select part, n, outcome, place, seq, content from answer where world = :world', 'answers are the same');
select is((select array_agg(distinct outcome order by outcome) from answer where world = 'group'),
          '{blocked,church_inactive,not_found,posted,repeated,user_inactive}', 'all outcomes were among them');
select ok((select count(*) > 9 from answer where world = 'group' and outcome = 'repeated'), 'many repeated');
select ok((select count(*) from draft) = (select count(*) from answer where world = 'group'), 'each message has its answer');
select pg_temp.same($$
    select p.number, m.seq, a.number as actor, m.from_church, m.content, m.client_id::text, m.flag::text, m.has_attachment,
           m.read_at is null as is_unread
    from place p join chat.messages m on m.conversation_id = p.conversation_id
    join actor a on a.world = p.world and a.user_id = m.sender_id where p.world = :world$$, 'messages are the same');
select pg_temp.same($$
    select p.number, c.last_seq, c.last_message_text::text, c.last_from_church, c.version, c.member_unread, c.church_unread,
           c.member_unread_since is null as member_has_none, c.church_unread_since is null as church_has_none,
           (select m.seq from chat.messages m where m.conversation_id = c.id and m.id = c.last_message_id) as last,
           (select m.seq from chat.messages m where m.conversation_id = c.id and m.id = c.member_newest_unread_id) as member_newest,
           (select m.seq from chat.messages m where m.conversation_id = c.id and m.id = c.church_newest_unread_id) as church_newest,
           (select m.seq from chat.messages m where m.conversation_id = c.id and m.created_at = c.last_message_at
            order by m.seq desc limit 1) as last_at, c.updated_at = c.last_message_at as is_updated
    from place p join chat.conversations c on c.id = p.conversation_id where p.world = :world$$, 'conversations are the same');
select ok((select bool_and(pg_temp.counters_are_true(p.conversation_id)) from place p), 'their counters are true');
select ok((select bool_and((c.member_unread_since, c.church_unread_since) is not distinct from (m.of_member, m.of_church))
           from place p
           join chat.conversations c on c.id = p.conversation_id
           cross join lateral (
               select min(m.created_at) filter (where m.from_church) as of_member,
                      min(m.created_at) filter (where not m.from_church) as of_church
               from chat.messages m where m.conversation_id = c.id and m.read_at is null) m),
          'and the time of the first unread message of each side');
select ok((select count(*) > 2 from place p join chat.conversations c on c.id = p.conversation_id
           where p.world = 'group' and c.last_seq > 5), 'there was something to compare');
select pg_temp.same($$
    select min(p.number) as first, sum(n.unread)::bigint as unread, sum(n.conversations)::bigint as conversations,
           sum(n.version)::bigint as version
    from (select church_id, min(number) as number from place where world = :world group by church_id) p
    join chat.unread_of_churches n on n.church_id = p.church_id group by n.church_id$$, 'sums of churches are the same');
select pg_temp.same($$
    select p.number, w.church_side, w.due_at from place p join chat.waiting w on w.conversation_id = p.conversation_id
    where p.world = :world$$, 'whom to notify is the same');
select ok((select count(*) > 0 from place p join chat.waiting w on w.conversation_id = p.conversation_id
           where p.world = 'group'), 'somebody is to be notified');
select pg_temp.same($$
    select p.number, e.kind, m.seq, a.number as actor,
           row_number() over (partition by p.number order by e.id) as nth
    from place p join chat.events e on e.conversation_id = p.conversation_id
    left join chat.messages m on m.conversation_id = e.conversation_id and m.id = e.message_id
    left join actor a on a.world = p.world and a.user_id = e.user_id where p.world = :world$$, 'events are the same, in the same order');
select pg_temp.same($$
    select p.number, m.seq, case when m.has_attachment then 1 else count(*) end as times -- or more
    from place p join chat.unindexed x on x.conversation_id = p.conversation_id
    join chat.messages m on m.conversation_id = x.conversation_id and m.id = x.message_id
    where p.world = :world group by 1, 2, m.has_attachment$$, 'what is to be indexed is the same');
select pg_temp.same($$
    select p.number, m.seq, a.name, a.kind, a.content_type, a.size_bytes, a.sha256, a.width, a.height, a.file = md5(p.world || a.name) as is_file, a.scanned,
           a.in_database, a.created_at = m.created_at as is_of_then,
           case when a.quota_key like 'user %' then (select r.number from actor r where r.world = p.world and 'user ' || r.user_id = a.quota_key)::text
                else a.quota_key end as quota
    from place p join chat.attachments a on a.conversation_id = p.conversation_id
    join chat.messages m on m.conversation_id = a.conversation_id and m.id = a.message_id where p.world = :world$$, 'attachments are the same');
select ok((select count(*) > 5 and count(*) filter (where a.in_database) > 0
           from place p join chat.attachments a on p.world = 'group' and a.conversation_id = p.conversation_id), 'there were some');
select ok((select bool_and(m.id > m.before_id and m.created_at >= m.before_at)
           from (select m.id, m.created_at, lag(m.id, 1, 0::bigint) over w as before_id,
                        lag(m.created_at, 1, '-infinity') over w as before_at
                 from chat.messages m join place p on p.world = 'group' and p.conversation_id = m.conversation_id
                 window w as (partition by m.conversation_id order by m.seq)) m), 'ids and times grow with seq');
select is((select count(*)::integer
           from place p join chat.conversations c on c.id = p.conversation_id
           where p.world = 'group' and c.last_seq <> (select count(*) from chat.messages m where m.conversation_id = c.id)),
          0, 'seq has no gap');

-- The ends of what is possible.
select is_empty('select * from chat.send_messages(''{}'', ''{}'', ''{}'', ''{}'', ''{}'')', 'of nothing nothing is made');
select pg_temp.person('Ada') as ada, pg_temp.church('Abbey') as abbey \gset
select pg_temp.talk(:ada, :abbey) as talk \gset
select results_eq(
    format('select n, outcome from chat.send_messages(array[%s, null, 9000000000000000], array[%s, %2$s, %2$s]::bigint[],
                                                      ''{a,b,c}'', ''{a,b,c}'', ''{null,null,null}'')', :ada, :talk),
    $$values (1::bigint, 'posted')$$, 'who is not known has no row');
select throws_ok(format('select chat.send_messages(''{%s,%1$s}'', ''{%s,%2$s}'', array[''fine'', ''''], ''{x,y}'', ''{null,null}'')',
                        :ada, :talk), '23514', null, 'nothing is no message');
select is((select last_seq from chat.conversations where id = :talk), 1::bigint, 'and then none of the group is stored');

-- Files that cannot be taken along.
create function pg_temp.with_files(by_user bigint, talks bigint[], files jsonb[]) returns bigint[] language sql as $$
    select coalesce(array_agg(m.n order by m.n), '{}')
    from chat.send_messages(array_fill(by_user, array[cardinality(files)]), talks[1:cardinality(files)],
                            array(select case when f is null then 'text' else '' end from unnest(files) f),
                            array(select coalesce(f ->> 'file', gen_random_uuid()::text) from unnest(files) f), array_fill(null::text, array[cardinality(files)]), files) m
$$;
create function pg_temp.file(called text, more jsonb) returns jsonb language sql as $$
    select jsonb_build_object('file', md5(called), 'name', called, 'kind', 'other', 'content_type', 'text/plain', 'size', 5,
                              'sha256', encode(sha256('a'), 'hex'), 'quota_s', 60, 'is_scanned', true, 'in_database', false) || more
$$;
select format('array[%s]', string_agg(pg_temp.talk(:ada, pg_temp.church('Church ' || n))::text, ',')) as talks
from generate_series(1, 4) n \gset
insert into chat.file_parts (file, n, bytes) values (md5('short'), 0, '1234'), (md5('whole'), 0, '12345');
select is(pg_temp.with_files(:ada, :talks, array[pg_temp.file('away', '{"in_database": true}'), pg_temp.file('short', '{"in_database": true}'),
                                               pg_temp.file('whole', '{"in_database": true}'), pg_temp.file('here', '{}')]),
          '{3,4}', 'without all its parts a file is left out');
select is(pg_temp.with_files(:ada, :talks, array[pg_temp.file('q1', '{"quota": "small", "quota_bytes": 12}'),
                                               pg_temp.file('q2', '{"quota": "small", "quota_bytes": 12}'),
                                               pg_temp.file('q3', '{"quota": "large", "quota_bytes": 12}')]),
          '{1,3}', 'and one more of the same quota');
select is(pg_temp.with_files(:ada, :talks, array[pg_temp.file('q4', '{"quota": "small", "quota_bytes": 9}'),
                                               pg_temp.file('q5', '{"quota": "large", "quota_bytes": 10}')]),
          '{2}', 'and one whose quota has no room');
select is(pg_temp.with_files(:ada, array[:talk, :talk, (:talks)[1], :talk], array[pg_temp.file('q6', '{"quota": "small", "quota_bytes": 9}'),
                                                                               null, null, pg_temp.file('q7', '{}')]),
          '{3}', 'and all after it in its conversation');
select is((select last_message_text::text from chat.conversations where id = (:talks)[2]), 'q5', 'the name stands for a text');
select is_empty(format('select * from chat.check(%s)', :talk), 'nothing differs from what it is derived from');
select is(current_setting('chat.follow', true) is distinct from 'off', true, 'triggers work as before');
select * from finish();
rollback;
