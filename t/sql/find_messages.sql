-- Searches find what is there: over messages in several conversations, compared with what looks at each.
begin;
\ir lib/people.sql
select plan(6);
select pg_temp.church('Abbey') as abbey, pg_temp.church('Chapel') as chapel \gset
select pg_temp.staff(:abbey, 'Carol') as carol, pg_temp.person('Ada') as ada \gset
insert into chat.church_staff (church_id, user_id) values (:chapel, :carol), (:chapel, :ada);
create temp table talks as select n, pg_temp.talk(pg_temp.person('Member'), case when n % 2 = 0 then :abbey else :chapel end) as id
from generate_series(1, 12) n;
insert into talks select 13, pg_temp.talk(:ada, :abbey);
create temp table said as
select g.n, 1000000 + g.n as id, t.id as place, row_number() over (partition by t.id order by g.n) as seq
from generate_series(1, 5200) g (n) join talks t on t.n = 1 + (g.n * 7) % 13;
insert into chat.messages (conversation_id, id, seq, sender_id, from_church, content, created_at)
select s.place, s.id, s.seq, c.member_id, false,
       concat_ws(' ', 'all', case when n % 3 = 0 then 'third' end, case when n % 97 = 0 then 'rare' end, case when n < 1500 then 'old' end,
                 case when n % 60 = 0 then 'some' end, case when n % 150 = 0 then 'seldom' end, case when n % 60 = 1 and (n > 4700 or n < 900) then 'again' end),
       timestamptz '2026-01-01 00:00+00' + n * interval '5 s'
from said s join chat.conversations c on c.id = s.place;
update chat.conversations c set last_seq = 400 where id in (select id from talks);
select chat.index_these((select array_agg(place) from said), (select array_agg(id) from said), 'simple');
select c.member_id as member from chat.conversations c where c.id = (select id from talks where n = 1) \gset
-- And one of 700 messages of somebody who has so many that only the newest 200 of each are looked at.
select pg_temp.person('Frank') as frank \gset
select count(pg_temp.talk(:frank, pg_temp.church('Chapel ' || n))) from generate_series(1, 110) n \gset
update chat.conversations c set last_seq = 1 where c.member_id = :frank;
insert into talks select 14, pg_temp.talk(:frank, :abbey);
insert into said select n, 2000000 + n, (select id from talks where n = 14), n from generate_series(1, 700) n;
insert into chat.messages (conversation_id, id, seq, sender_id, from_church, content, created_at)
select s.place, s.id, s.seq, case when s.n % 5 = 0 then :carol else :frank end, s.n % 5 = 0,
       concat_ws(' ', 'words', case when n < 300 then 'all' end, case when n % 3 = 0 then 'third' end, case when n % 97 = 0 then 'rare' end),
       timestamptz '2026-01-02 00:00+00' + s.n * interval '5 s'
from said s where s.id > 2000000;
update chat.conversations c set last_seq = 700 where c.id = (select id from talks where n = 14);
select chat.index_these((select array_agg(place) from said where id > 2000000), (select array_agg(id) from said where id > 2000000), 'simple');
create temp table all_said as
select s.id, s.place, m.sender_id, m.created_at, w.search,
       array(select k.user_id from chat.church_staff k where k.church_id = c.church_id) || c.member_id as readers
from said s
join chat.messages m on m.conversation_id = s.place and m.id = s.id
join chat.message_words w on w.conversation_id = s.place and w.id = s.id
join chat.conversations c on c.id = s.place;
create function pg_temp.differ(searched text[], befores integer[], only_ins integer[], readers bigint[], senders text[], times timestamptz[]) returns setof text language plpgsql as $$
declare
    words tsquery;
    before bigint;
    only_in bigint;
    rows_max integer;
    reader bigint;
    sender text;
    begins timestamptz;
    ends timestamptz;
    found bigint[];
    wanted bigint[];
begin
    for words, before, only_in, rows_max, reader, sender, begins, ends in
        select w.q::tsquery, 1000000 + b.n, (select t.id from pg_temp.talks t where t.n = p.n), case w.q when 'all' then 3 else 21 end, r.id, s.s, f.t, u.t
        from unnest(searched) w (q), unnest(befores) b (n), unnest(only_ins) p (n), unnest(readers) r (id),
             unnest(senders) s (s), unnest(times) f (t), unnest(times) u (t)
        where f.t is null or u.t is null or f.t < u.t
    loop
        select array_agg(f.message_id) into found
        from chat.find_messages(reader, words, rows_max, null, before, null, only_in, sender, begins, ends) f;
        select array_agg(e.id) into wanted from (
            select s.id
            from pg_temp.all_said s
            where s.search @@ words and s.id < coalesce(before, 9223372036854775807) and s.place = coalesce(only_in, s.place)
              and reader = any (s.readers)
              and case sender when 'me' then s.sender_id = reader when 'them' then s.sender_id <> reader else true end
              and s.created_at >= coalesce(begins, '-infinity') and s.created_at < coalesce(ends, 'infinity')
            order by s.id desc limit rows_max) e;
        if found is distinct from wanted then
            return next concat_ws(' ', words, before, only_in, rows_max, reader, sender, begins, ends, '->', found, 'not', wanted);
        end if;
    end loop;
end $$;
select is_empty(format('select * from pg_temp.differ(%L, %L, %L, %L, %L, %L)',
    array['all', 'rare', 'some', 'seldom', 'again', 'third & rare', 'none', 'ra:*', 'rare & th:*', 'al:* & !third', 'no:* & all'], array[null, 2100, 90], array[null, 13],
    array[:carol, :ada, :member], array[null, 'me', 'them'], array[null::timestamptz]), 'all that is there is found, from any place on');
select is_empty(format('select * from pg_temp.differ(%L, %L, %L, %L, %L, %L)',
    array['all', 'rare', 'some', 'seldom', 'again', 'third & ra:*'], array[null::integer], array[null::integer], array[:carol, :ada], array[null, 'them'],
    array[null, timestamptz '2026-01-01 00:10+00', timestamptz '2026-01-01 01:00+00', timestamptz '2026-01-01 06:00:02+00']),
    'and of any time');
select is_empty(format('select * from pg_temp.differ(%L, %L, %L, %L, %L, %L)',
    array['all', 'rare', 'th:* & rare', 'al:*', 'none', 'third'], array[null, 1000400], array[null::integer], array[:frank], array[null, 'me', 'them'],
    array[null, timestamptz '2026-01-02 00:20+00']), 'in a conversation that is longer than what is looked at');
-- With a bound for what the index may bring.
create function pg_temp.differ_by_pages(searched text[], readers bigint[], senders text[], times timestamptz[], hits_maxes integer[])
returns setof text language plpgsql as $$
declare
    c record;
    p record;
    before bigint;
    next_before bigint;
    rows_max constant integer := 60;
    page integer;
    pages integer;
    is_end boolean;
    found bigint[];
    wanted bigint[];
begin
    for c in select w.q::tsquery as words, r.id as reader, s.s as sender, t.t as begins, h.n as hits_max
             from unnest(searched) w (q), unnest(readers) r (id), unnest(senders) s (s), unnest(times) t (t), unnest(hits_maxes) h (n)
    loop
        found := '{}';
        before := null;
        pages := 0;
        loop
            next_before := null;
            page := 0;
            is_end := true;
            for p in select * from chat.find_messages(c.reader, c.words, rows_max, c.hits_max, before, null, null, c.sender, c.begins, null) loop
                next_before := p.message_id;
                if p.conversation_id is not null then
                    found := found || p.message_id;
                    page := page + 1;
                elsif page >= rows_max then
                    return next concat_ws(' ', c, 'a full page has a row that says how far');
                else
                    is_end := false;
                end if;
            end loop;
            pages := pages + 1;
            exit when next_before is null or page < rows_max and is_end or pages > 2000;
            if next_before >= before then
                return next concat_ws(' ', c, 'does not go on from', before);
                exit;
            end if;
            before := next_before;
        end loop;
        select array_agg(e.id order by e.id desc) into wanted
        from pg_temp.all_said e
        where e.search @@ c.words and c.reader = any (e.readers)
          and case c.sender when 'me' then e.sender_id = c.reader when 'them' then e.sender_id <> c.reader else true end
          and e.created_at >= coalesce(c.begins, '-infinity');
        if found is distinct from coalesce(wanted, '{}') then
            return next concat_ws(' ', c, '->', found, 'not', wanted);
        end if;
    end loop;
end $$;
select is_empty(format('select * from pg_temp.differ_by_pages(%L, %L, %L, %L, %L)',
    array['rare', 'some', 'seldom', 'again', 'none', 'ra:*', 'old', 'old & th:*', 'rare & th:*', '!none & ra:*'],
    array[:carol, :ada, :frank], array[null, 'them'], array[null, timestamptz '2026-01-01 01:00+00'], array[30, 500]), 'page by page, what is found does not depend on how far each goes');
select ok((select count(*) < 21 and bool_or(f.conversation_id is null) from chat.find_messages(:carol, 'old', 21, 500, null, null, null, null, null, null) f),
    'what was common long ago is not read as a whole');
select ok(exists (select from chat.find_messages(:carol, 'old', 21, 10000, null, null, null, null, null, null) f
                  where f.conversation_id is not null), 'as far as it may be, it is');
select * from finish();
rollback;
