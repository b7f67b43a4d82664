begin;
\ir lib/people.sql
select plan(27);
select tables_are('chat', array['users', 'churches', 'church_staff', 'conversations', 'messages',
    'unread_of_churches', 'count_versions', 'attachments', 'file_parts', 'notification_marks', 'push_subscriptions', 'outbox', 'waiting', 'notifier',
    'preferences', 'mail_failures', 'events', 'audit_log', 'epoch', 'moments', 'schema_migrations',
    'message_words', 'unindexed', 'unindexed_since', 'search_state', 'daily_counts', 'daily_answers', 'counting', 'retention'], 'the tables are those of the design');
select is((select relpersistence::text from pg_class where oid = 'chat.events'::regclass), 'u',
          'events are not logged');
select col_is_pk('chat', 'messages', array['conversation_id', 'id'], 'messages are keyed by conversation');
select col_is_unique('chat', 'conversations', array['member_id', 'church_id']);
select col_is_unique('chat', 'messages', array['conversation_id', 'seq']);
select col_is_unique('chat', 'users', array['username']);
select index_is_unique('chat', 'messages', 'messages_by_client_id');
select is((select string_agg(a.attname, ' ' order by k.n)
           from pg_index i, unnest(i.indkey) with ordinality k (attnum, n), pg_attribute a
           where i.indexrelid = 'chat.messages_by_client_id'::regclass
             and a.attrelid = i.indrelid and a.attnum = k.attnum),
          'conversation_id sender_id client_id', 'a client_id counts within a conversation and sender');
select has_index('chat', 'conversations', 'conversations_of_church',
                 array['church_id', 'updated_at', 'id'], 'a church''s inbox has its index');
select has_index('chat', 'conversations', 'conversations_unread_by_church', 'a church''s unread');
select is_empty($$select i.indexrelid::regclass from pg_index i, pg_attribute a
                  where i.indrelid = 'chat.messages'::regclass and a.attrelid = i.indrelid and a.attname = 'read_at'
                    and (a.attnum = any (i.indkey) or pg_get_expr(i.indpred, i.indrelid) ~ 'read_at')$$,
                'no index has to be written when a message is read');
select is((select array_agg(version order by version) from chat.schema_migrations),
          (select array_agg(n) from generate_series(1, (select max(version) from chat.schema_migrations)) n),
          'the migrations are numbered without a hole');
select is_empty($$select p.oid::regprocedure from pg_proc p
                  where p.pronamespace = 'chat'::regnamespace and obj_description(p.oid, 'pg_proc') is null$$,
                'every function says what it does');
select is_empty($$select c.conrelid::regclass, c.conname from pg_constraint c
                  where c.connamespace = 'chat'::regnamespace and not c.convalidated$$,
                'every constraint holds');

-- What the tables themselves refuse, whoever writes.
select pg_temp.person('Ada') as ada, pg_temp.church('Abbey') as abbey \gset
select pg_temp.talk(:ada, :abbey) as talk \gset
select pg_temp.say(:ada, :talk, 'Good mornings to you') as m1 \gset
select throws_ok(format('insert into chat.conversations (member_id, church_id) values (%s, %s)', :ada, :abbey),
                 '23505', null, 'a second conversation of the same two');
select throws_ok(format('insert into chat.messages (conversation_id, seq, sender_id, from_church, content, created_at)
                         values (%s, 1, %s, false, ''x'', now())', :talk, :ada),
                 '23505', null, 'a seq given twice');
select throws_ok(format('insert into chat.messages (conversation_id, seq, sender_id, from_church, content, created_at)
                         values (%s, 2, %s, false, '''', now())', :talk, :ada),
                 '23514', null, 'an empty message');
select throws_ok(format('insert into chat.messages (conversation_id, seq, sender_id, from_church, content, created_at)
                         values (0, 1, %s, false, ''x'', now())', :ada),
                 '23503', null, 'a message of no conversation');
select throws_ok(format('update chat.conversations set member_unread = -1 where id = %s', :talk),
                 '23514', null, 'fewer than nothing unread');
select throws_ok(format('update chat.conversations set church_unread = -1 where id = %s', :talk),
                 '23514', null, 'on neither side');
select throws_ok(format('update chat.conversations set last_message_text = repeat(''x'', 141) where id = %s', :talk),
                 '23514', null, 'more of the last message than a list shows');
select throws_ok(format('update chat.messages set seq = 0 where id = %s', :m1), '23514', null, 'a message before the first');
select throws_ok(format('update chat.messages set client_id = repeat(''x'', 65) where id = %s', :m1),
                 '23514', null, 'a client_id that is too long');
select throws_ok(format('update chat.messages set flag = ''weather'' where id = %s', :m1), '23514', null,
                 'a flag that no rule gives');
select throws_ok(format('update chat.conversations set updated_at = created_at - interval ''1 s'' where id = %s', :talk),
                 '23514', null, 'a change before the beginning');
select throws_ok(format('delete from chat.users where id = %s', :ada), '23503', null,
                 'a user with a conversation cannot be deleted');
delete from chat.conversations where id = :talk;
select is_empty(format('select from chat.messages where conversation_id = %s', :talk),
                'messages go with their conversation');
select * from finish();
rollback;
