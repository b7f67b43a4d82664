-- What lists of the administration show besides, in the data set of search.sql, of whose :messages it is made:
--
--   of messages        one in 1,000 is flagged, one in 100 has a file, the last one of every 50th conversation is unread
--   of conversations   one in 1,000 is blocked; one in 100 members has one without a message
--   churches           30 staff each; every second user has an address, one in 1,000 is not active
--   deliveries, audit  one for every 10 messages; one of 20 in the audit log is about a hundred conversations; days are
--                      counted as chat.count_days() does
\set ON_ERROR_STOP on
set client_min_messages = warning;
set synchronous_commit = off;
set work_mem = '256MB';
set maintenance_work_mem = '1GB';
set session_replication_role = replica;
select setseed(0.5) \g /dev/null
\set conversations :messages / 20
\set churches greatest(50, :messages / 4000)
\set begin 'timestamptz ''2026-01-01 00:00+00'''

update chat.users u
set folded_name = chat.fold_name(u.display_name), email = case when u.id % 2 = 0 then 'u' || u.id || '@example.org' end,
    is_active = u.id % 1000 <> 0, created_at = :begin + u.id * interval '19 s';
update chat.churches h set folded_name = chat.fold_name(h.name), created_at = :begin + h.id * interval '1 h';
insert into chat.church_staff (church_id, user_id, role, created_at)
select 1 + n % :churches, 10 + n / 3, case when n % 10 = 0 then 'manager' else 'staff' end, :begin + n * interval '30 s'
from generate_series(0, 30 * :churches - 1) n
on conflict do nothing;
update chat.conversations c
set created_at = :begin + c.id * interval '19 s', member_blocked = c.id % 1000 = 0,
    church_unread = case when c.id % 50 = 0 then 1 else 0 end,
    church_unread_since = case when c.id % 50 = 0 then c.last_message_at end,
    church_newest_unread_id = case when c.id % 50 = 0 then c.last_message_id end;
insert into chat.conversations (member_id, church_id, created_at, updated_at)
select n * 100, c.church_id % :churches + 1, :begin + interval '110 days', :begin + interval '110 days'
from generate_series(1, :conversations / 100) n join chat.conversations c on c.id = n * 100;
update chat.messages m
set read_at = case when m.seq = 20 and m.conversation_id % 50 = 0 then null else m.read_at end,
    flag = case when m.id % 1000 = 0 then (array['pattern', 'links', 'repeat'])[1 + m.id / 1000 % 3] else m.flag end,
    has_attachment = case when m.id % 100 = 7 then true end
where m.id % 1000 = 0 or m.id % 100 = 7 or m.seq = 20 and m.conversation_id % 50 = 0;
insert into chat.attachments (conversation_id, message_id, name, kind, content_type, size_bytes, sha256, file, created_at, scanned)
select m.conversation_id, m.id, 'file ' || m.id, case m.id / 100 % 3 when 0 then 'image' when 1 then 'document' else 'other' end,
       case m.id / 100 % 3 when 0 then 'image/png' when 1 then 'application/pdf' else 'application/zip' end,
       (exp(random() * 14))::bigint, sha256(m.id::text::bytea), md5(m.id::text), m.created_at, true
from chat.messages m where m.has_attachment order by m.id;
insert into chat.outbox (conversation_id, user_id, kind, state, due_at, attempts, last_error, created_at, done_at)
select c.id, c.member_id, case when n % 3 = 0 then 'push' else 'email' end,
       case when n > :messages / 10 - 1000 then 'due' when n % 100 = 0 then 'dead' when n % 10 = 0 then 'dropped' else 'sent' end,
       c.at, 1, case when n % 100 = 0 then 'mailbox unavailable' end, c.at, case when n <= :messages / 10 - 1000 then c.at end
from (select n, 1 + n % (:conversations) as id, :begin + n * interval '10 s' as at, c.member_id
      from generate_series(1::bigint, :messages / 10) n join chat.conversations c on c.id = 1 + n % (:conversations)) c
on conflict do nothing;
insert into chat.audit_log (username, address, request_id, action, object_kind, object_id, before, after, created_at)
select 'admin' || n % 20, '192.0.2.' || n % 250, md5(n::text),
       (array['view', 'view', 'change', 'block', 'delete', 'export'])[1 + n % 6], 'conversation',
       case when n % 20 > 0 then 1 + n * 7919 % (:conversations) end, case when n % 20 > 0 then '{"member_blocked":false}'::jsonb end,
       case when n % 20 > 0 then '{"member_blocked":true}'::jsonb
            else jsonb_build_object('ids', array(select 1 + (n * 31 + i * 17) % (:conversations) from generate_series(1, 100) i)) end,
       :begin + n * interval '10 s'
from generate_series(1::bigint, :messages / 10) n;
insert into chat.daily_counts (church_id, day, conversations, messages, by_members, by_staff, attachments, flagged)
select coalesce(c.church_id, 0), (m.created_at at time zone 'UTC')::date, count(*) filter (where m.seq = 1), count(*),
       count(*) filter (where not m.from_church), count(*) filter (where m.from_church),
       count(*) filter (where m.has_attachment), count(*) filter (where m.flag is not null)
from chat.messages m join chat.conversations c on c.id = m.conversation_id
group by grouping sets ((c.church_id, (m.created_at at time zone 'UTC')::date), ((m.created_at at time zone 'UTC')::date));
insert into chat.unread_of_churches (church_id, part, unread, conversations)
select c.church_id, 0, count(*), count(*) from chat.conversations c where c.church_unread > 0 group by 1;
insert into chat.daily_answers (day, step, answers)
select d.day, s.step, 1 + (random() * 1000)::integer
from (select distinct day from chat.daily_counts) d, generate_series(20, 160) s (step);
update chat.counting s
set epoch = chat.current_epoch(), counted_to = :messages, counted_from = :messages, counted_at = now(), is_building = false,
    unread = (select sum(n.unread) from chat.unread_of_churches n), flagged = :messages / 1000, totals_at = now();
vacuum (freeze, analyze) chat.users, chat.churches, chat.church_staff, chat.conversations, chat.messages, chat.attachments,
    chat.outbox, chat.audit_log, chat.daily_counts, chat.unread_of_churches;
