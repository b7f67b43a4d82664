-- The data set of searches, into an empty schema; t/bench/run passes the number:
--
--   messages      20 in each of :messages / 20 conversations; those of one conversation are spread over all of the time
--   texts         1,000,000, or as many as messages: different ones; with fewer, messages have each as often as others.
--                 To make them is what takes longest
--   words         60, or fewer: in the longest message
--
-- Words are drawn from 75,000 as people use them (Zipf: the n-th is used as often as the first divided by n), three to
-- sixty in a message, 17 on average; common words are short. search_word.sql has the n-th, so that a measurement can
-- choose how rare a word is. User 1 is the member of conversations 1 to 3, each other conversation has its own. Church 1,
-- whose staff is user 2, has 5,000 conversations (all, where there are fewer), so that it is the same while the rest grows;
-- user 3 is staff of churches 1 to 50. With :with_words they are indexed here, set by set; otherwise search_index.sql does
-- that, some thousands a second.
\set ON_ERROR_STOP on
set client_min_messages = warning;
set synchronous_commit = off;
set work_mem = '256MB';
set maintenance_work_mem = '2GB';
set session_replication_role = replica;
select setseed(0.5) \g /dev/null
\set conversations :messages / 20
\if :{?texts}
\else
\set texts least(:messages, 1000000)
\endif
\if :{?words}
\else
\set words 60
\endif
\set churches greatest(50, :messages / 4000)
\set others greatest(1, :messages / 20 / 5000)

\ir search_word.sql
create temporary table vocabulary as
select n, pg_temp.word(n) as word from generate_series(1, 75000) n;
analyze vocabulary;

insert into chat.users (id, external_id, username, display_name)
select n, n::text, n::text, 'User ' || n from generate_series(1, :conversations + 3) n;
insert into chat.churches (id, name) select n, 'Church ' || n from generate_series(1, :churches) n;
insert into chat.church_staff (church_id, user_id) select 1, 2 union all select n, 3 from generate_series(1, 50) n;

-- Texts, of which a message has one; no conversation has one twice, nor has church 1 if there are 100,000. Each is made
-- to words once.
create temporary table texts as
select t.id, t.content, case when :with_words then to_tsvector('simple', chat.words(t.content)) end as search
from (select d.id, string_agg(v.word, ' ') as content
      from (select id, (exp(random() * ln(75000)))::integer as n
            from (select id, (3 + (:words - 3) * random() ^ 3)::integer as words from generate_series(1, :texts) id) m,
                 generate_series(1, m.words)) d
      join vocabulary v on v.n = d.n
      group by d.id order by d.id) t;
create unique index on texts (id);
analyze texts;

-- Indexes are filled at once afterwards.
update pg_index set indisready = false, indisvalid = false where indrelid in ('chat.messages'::regclass, 'chat.message_words'::regclass);
\set conversation '(1 + (n * 7919::bigint) % (:conversations))'
\set text_of '(1 + (n + (n - 1) / :texts * 104729) % :texts)'
set enable_hashjoin = off;
set enable_mergejoin = off;
insert into chat.messages (id, conversation_id, seq, sender_id, from_church, content, client_id, read_at, created_at)
select n, :conversation, 1 + (n - 1) / (:conversations), 2, n % 2 = 0, t.content, 'k-' || md5(n::text),
       timestamptz '2026-01-01 00:00+00', timestamptz '2026-01-01 00:00+00' + n * interval '1 s'
from generate_series(1::bigint, :messages) n join texts t on t.id = :text_of;
reindex table chat.messages;
insert into chat.conversations (id, member_id, church_id, created_at, updated_at, last_seq, last_message_id,
                                last_message_text, last_message_at)
select m.conversation_id, case when m.conversation_id <= 3 then 1 else m.conversation_id end,
       case when m.conversation_id % :others = 1 % :others and m.conversation_id not in (2, 3) then 1 else 2 + m.conversation_id % (:churches - 1) end,
       timestamptz '2026-01-01 00:00+00', m.created_at, m.seq, m.id, left(m.content, 140), m.created_at
from chat.messages m where m.id > :messages - (:conversations);
\if :with_words
-- As chat.index_these() does, in the order in which messages were sent.
insert into chat.message_words (conversation_id, id, church_id, search)
select c.id, n, c.church_id, t.search || array_to_tsvector(array['~' || c.church_id, '~c' || c.id, '~u2'])
from generate_series(1::bigint, :messages) n join texts t on t.id = :text_of join chat.conversations c on c.id = :conversation;
update chat.search_state set is_building = false, indexed_at = now();
insert into chat.unindexed_since (epoch) values (chat.current_epoch());
\endif
reindex table chat.message_words;
select setval(pg_get_serial_sequence(t, 'id'), n) from (values
    ('chat.users', :conversations + 3), ('chat.churches', :churches), ('chat.conversations', :conversations), ('chat.messages', :messages))
    as v (t, n) \g /dev/null
vacuum (freeze, analyze) chat.users, chat.churches, chat.church_staff, chat.conversations, chat.messages, chat.message_words;
