-- Churches whose staff, one each, have few, some or many conversations: as many of each kind together
-- (:inbox_conversations), for :sizes such as 10,200,5000. Ten messages in each, the last one unread. They
-- come behind what data.sql made; wrk.lua knows where (inbox_of() of t/bench/run tells it).
\set ON_ERROR_STOP on
set client_min_messages = warning;
set synchronous_commit = off;
set session_replication_role = replica;

create temporary table inboxes as -- one church each
select row_number() over (order by s.place, n) as inbox, s.place, s.size, n
from unnest(string_to_array(:'sizes', ',')::integer[]) with ordinality as s (size, place),
     generate_series(1, :inbox_conversations / s.size) n;

insert into chat.users (id, external_id, username, display_name)
select id, id::text, id::text, 'Somebody ' || id
from generate_series(:members + :churches + 1, :members + :churches + :inbox_members + (select count(*) from inboxes)) id;
insert into chat.churches (id, name)
select :churches + inbox, 'Church of an inbox of ' || size from inboxes;
insert into chat.church_staff (church_id, user_id)
select :churches + inbox, :members + :churches + :inbox_members + inbox from inboxes;

insert into chat.messages (id, conversation_id, seq, sender_id, from_church, content, read_at, created_at)
select :conversations::bigint * :messages + (seq - 1) * 10000000 + c, :conversations + c, seq,
       case when seq % 2 = 0 then :members + :churches + member else :members + :churches + :inbox_members + inbox end,
       seq % 2 = 1, 'Is there room for two more at the table on Sunday?', case when seq < 10 then now() end,
       timestamptz '2026-02-01 00:00+00' + seq * interval '1 hour' + c * interval '1 ms'
from (select (place - 1) * :inbox_conversations + (n - 1) * size + member as c, inbox, member
      from inboxes, generate_series(1, size) member) i, generate_series(1, 10) seq
order by 3, 1;
insert into chat.conversations (id, member_id, church_id, created_at, updated_at, last_seq, last_message_id,
                                last_message_text, last_message_at, church_unread,
                                church_newest_unread_id, church_unread_since)
select m.conversation_id, m.sender_id, :churches + i.inbox, timestamptz '2026-01-31 00:00+00', m.created_at, m.seq, m.id,
       m.content, m.created_at, 1, m.id, m.created_at
from chat.messages m
join (select :conversations + (place - 1) * :inbox_conversations + (n - 1) * size + member as c, inbox
      from inboxes, generate_series(1, size) member) i on i.c = m.conversation_id
where m.seq = 10;
insert into chat.unread_of_churches (church_id, part, unread, conversations)
select church_id, id % 16, sum(church_unread), count(*) from chat.conversations where id > :conversations group by 1, 2;
select setval(pg_get_serial_sequence('chat.messages', 'id'), (select max(id) from chat.messages)) \g /dev/null
vacuum (freeze, analyze) chat.users, chat.churches, chat.church_staff, chat.conversations, chat.messages,
    chat.unread_of_churches;
