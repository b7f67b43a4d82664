-- The data set of `make bench`, into an empty schema; t/bench/run passes the numbers:
--
--   members       users 1 to :members
--   conversations ten of each member
--   churches      spread evenly over them
--   staff_of      user :members + n is staff of the churches n to n + :staff_of - 1
--   messages      in each conversation; a multiple of ten
--
-- A user's name is the user's id, so that pgbench, which can draw only numbers, can be anybody.
-- Conversation c is that of member (c + 9) / 10. People talk in sittings of ten messages; in each
-- sitting every conversation has its turn, in an order that looks drawn. So a page of 50 lies in five
-- to ten places of the table, and
--
--   id of a message = sitting * conversations * 10 + turn * 10 + (seq - 1) % 10 + 1
--       with sitting = (seq - 1) / 10 and turn = (c * 7919 + sitting * 104729) % conversations
--
-- which wrk.lua and t/bench/run know too.
--
-- Unread: in conversations with c % 5 = 0 the church wrote all after seq 10, and the member has read
-- nothing of that (there is what to read when reading is measured); with c % 10 = 2 or 4 the church's
-- last message; with 3 or 7 the member's last two.
\set ON_ERROR_STOP on
set client_min_messages = warning;
set synchronous_commit = off;
set maintenance_work_mem = '256MB';
set work_mem = '128MB';
set session_replication_role = replica; -- no checks of foreign keys, row by row

insert into chat.users (id, external_id, username, display_name, avatar_url, email)
select n, n::text, n::text,
       (array['Ada', 'Ben', 'Clara', 'David', 'Emma', 'Frank', 'Grace', 'Henry'])[1 + n % 8] || ' '
           || (array['Archer', 'Baker', 'Carter', 'Dyer', 'Ellis', 'Fisher', 'Green'])[1 + n % 7],
       '/avatars/' || n || '.png', n || '@example.org'
from generate_series(1, :members + :churches) n;

insert into chat.churches (id, name, logo_url)
select n, 'St. ' || (array['Mary', 'John', 'Paul', 'Anne', 'Luke'])[1 + n % 5] || '''s Church no. ' || n,
       '/logos/' || n || '.png'
from generate_series(1, :churches) n;

insert into chat.church_staff (church_id, user_id)
select (n - 1 + k) % :churches + 1, :members + n
from generate_series(1, :churches) n, generate_series(0, :staff_of - 1) k;

-- Indexes that no constraint needs are quicker made afterwards.
create temporary table later as
select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
from pg_index i
where i.indrelid = 'chat.messages'::regclass
  and not exists (select from pg_constraint c where c.conindid = i.indexrelid);
select format('drop index %s', name) from later \gexec

insert into chat.messages (id, conversation_id, seq, sender_id, from_church, content, client_id, read_at, created_at)
select g.id, g.c, g.seq,
       case when g.from_church
            then :members + (g.member - 1 + g.c % 10 * (:churches / 10)) % :churches + 1
            else g.member end,
       g.from_church,
       btrim(substr(t.words, 1 + (g.id * 31 % 220)::int, 20 + (g.id * 17 % 140)::int)),
       'k' || g.id,
       case when g.c % 5 = 0 and g.seq > 10
              or g.c % 10 in (2, 4) and g.seq = :messages
              or g.c % 10 in (3, 7) and g.seq > :messages - 4 and not g.from_church
            then null else g.written + interval '3 minutes' end,
       g.written
from (select n.id, n.c, n.seq, (n.c + 9) / 10 as member,
             case when n.c % 5 = 0 and n.seq > 10 then true else (n.c + n.seq) % 2 = 0 end as from_church,
             timestamptz '2026-01-01 00:00+00' + interval '30 days' * (n.id::float8 / (:conversations::float8 * :messages)) as written
      from (select c, seq,
                   (seq - 1) / 10 * :conversations::bigint * 10
                   + (c::bigint * 7919 + (seq - 1) / 10 * 104729) % :conversations * 10
                   + (seq - 1) % 10 + 1 as id
            from generate_series(1, :conversations) c, generate_series(1, :messages) seq
            order by id) n) g,
     (select 'we are looking forward to seeing you on sunday at ten and there will be coffee and cake in the '
             || 'hall afterwards please bring the children if you like the youth group meets downstairs and '
             || 'somebody will show you the way thank you very much for asking about the choir we practise '
             || 'every thursday evening at seven and new voices are always welcome see you then all the best'
             as words) t;
select definition from later \gexec

insert into chat.conversations (id, member_id, church_id, created_at, updated_at, last_seq, last_message_id,
                                last_message_text, last_message_at, member_unread, church_unread,
                                member_newest_unread_id, church_newest_unread_id, member_unread_since, church_unread_since)
select c, (c + 9) / 10, ((c + 9) / 10 - 1 + c % 10 * (:churches / 10)) % :churches + 1,
       timestamptz '2025-12-31 00:00+00', m.created_at, m.seq, m.id, left(m.content, 140), m.created_at,
       case when c % 5 = 0 then :messages - 10 when c % 10 in (2, 4) then 1 else 0 end,
       case when c % 10 in (3, 7) then 2 else 0 end,
       case when c % 10 not in (3, 7) then u.newest end, case when c % 10 in (3, 7) then u.newest end,
       case when c % 10 not in (3, 7) then u.since end, case when c % 10 in (3, 7) then u.since end
from generate_series(1, :conversations) c
join chat.messages m on m.conversation_id = c and m.seq = :messages
left join lateral (select max(g.id) as newest, min(g.created_at) as since from chat.messages g
                   where g.conversation_id = c and g.read_at is null) u on c % 5 = 0 or c % 10 in (2, 3, 4, 7);

insert into chat.unread_of_churches (church_id, part, unread, conversations)
select church_id, id % 16, sum(church_unread), count(*) filter (where church_unread > 0)
from chat.conversations group by 1, 2;

select setval(pg_get_serial_sequence(t, 'id'), n) from (values
    ('chat.users', :members + :churches), ('chat.churches', :churches), ('chat.conversations', :conversations),
    ('chat.messages', :conversations::bigint * :messages)) as v (t, n) \g /dev/null

-- What the module keeps true must be true of this too.
do $$
begin
    if exists (select from chat.conversations c join (
                   select conversation_id, count(*) as count, min(seq) as first, max(seq) as last, max(id) as last_id,
                          count(*) filter (where read_at is null and from_church) as member_unread,
                          count(*) filter (where read_at is null and not from_church) as church_unread,
                          max(id) filter (where read_at is null and from_church) as member_newest,
                          max(id) filter (where read_at is null and not from_church) as church_newest
                   from chat.messages group by conversation_id) m on m.conversation_id = c.id
               where (m.count, m.first, m.last, m.last_id, m.member_unread, m.church_unread, m.member_newest, m.church_newest)
                     is distinct from (c.last_seq, 1, c.last_seq, c.last_message_id, c.member_unread, c.church_unread,
                                       c.member_newest_unread_id, c.church_newest_unread_id)) then
        raise 'the data set contradicts itself';
    end if;
    if exists (select from (select church_id, sum(church_unread) from chat.conversations group by 1) c
               full join (select church_id, sum(unread) from chat.unread_of_churches group by 1) n using (church_id)
               where c.sum is distinct from n.sum) then
        raise 'the churches'' sums are none';
    end if;
end $$;
vacuum (freeze, analyze);
