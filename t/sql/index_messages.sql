-- How words of messages come to chat.message_words, and go with them.
begin;
\ir lib/people.sql
-- Another test may hold the row, and then this would find somebody else at work.
select only_row from chat.search_state for update \gset
select plan(53);
-- On a busy machine the 200 ms of a call may be over before it has done what it can: then the next one goes on.
create function pg_temp.index(with_config text default 'simple', started interval default '-1 hour', at_once integer default 200)
returns text language plpgsql as $$
declare
    i record;
    indexed bigint := 0;
    begun_at timestamptz;
begin
    for calls in 1 .. 50 loop
        begun_at := clock_timestamp();
        select * into i from chat.index_messages(with_config, now() + started, at_once);
        indexed := indexed + i.indexed;
        exit when not i.has_more or clock_timestamp() < begun_at + interval '200 ms';
    end loop;
    return concat_ws(' ', i.outcome, indexed, case when i.is_building then 'building' end, i.config);
end $$;
create function pg_temp.words_of(message bigint) returns text language sql as $$
    select array_to_string(tsvector_to_array(w.search), ' ') from chat.message_words w where w.id = message
$$;
create function pg_temp.queued() returns bigint language sql as $$ select count(*) from chat.unindexed $$;

select pg_temp.person('Ada') as ada, pg_temp.person('Bob') as bob, pg_temp.church('Abbey') as abbey, pg_temp.church('Chapel') as chapel \gset
select pg_temp.talk(:ada, :abbey) as talk \gset
select pg_temp.say(:ada, :talk, 'Grüße aus Köln') as m1, pg_temp.say(:ada, :talk, '検索') as m2 \gset

-- What is new.
select is(pg_temp.queued(), 2::bigint, 'a message adds a row');
select is((select up_to_date from chat.search_progress()), false, 'nothing is promised before the first call');
select is(pg_temp.index(), 'done 2 simple', 'both messages are indexed');
select is(pg_temp.words_of(:m1), format('aus grusse koln ~%s ~c%s ~u%s', :abbey, :talk, :ada), 'with their words, without accents, and their church');
select is(pg_temp.words_of(:m2), format('~%s ~c%s ~u%s 検 索', :abbey, :talk, :ada), 'characters of Japanese are words');
select is((select w.conversation_id || ' ' || w.church_id from chat.message_words w where w.id = :m1), :talk || ' ' || :abbey, 'and where they are');
select is(pg_temp.queued(), 0::bigint, 'the queue is empty');
select is(pg_temp.index(), 'done 0 simple', 'again there is nothing to do');
select is((select up_to_date from chat.search_progress()), true, 'everything can be found');
insert into chat.messages (conversation_id, seq, sender_id, from_church, content, created_at)
values (:talk, 3, :ada, false, 'by SQL', now()) returning id as m3 \gset
select is(pg_temp.index(), 'done 1 simple', 'a message that was inserted by SQL, too');

-- What goes and changes.
savepoint here;
delete from chat.messages where id = :m1;
select is(pg_temp.words_of(:m1), null, 'words go with their message');
select is(pg_temp.index(), 'done 0 simple', 'and do not come back');
rollback to here;
select isnt(pg_temp.words_of(:m1), null, 'unless that is rolled back');
select set_config('chat.follow', 'off', true) \gset
update chat.messages set content = 'Something else' where id = :m1;
select is(pg_temp.words_of(:m1), null, 'the old words of a text go at once, whatever chat.follow is');
reset chat.follow;
select is(pg_temp.index(), 'done 1 simple', 'and the new ones come');
select is(pg_temp.words_of(:m1), format('else something ~%s ~c%s ~u%s', :abbey, :talk, :ada), 'as they are now');
update chat.messages set sender_id = :bob where id = :m1;
select pg_temp.index() \gset
select is(pg_temp.words_of(:m1), format('else something ~%s ~c%s ~u%s', :abbey, :talk, :bob), 'another sender, too');
update chat.messages set sender_id = :ada where id = :m1;
select pg_temp.index() \gset
update chat.messages set read_at = now() where conversation_id = :talk;
select is(pg_temp.queued(), 0::bigint, 'reading a message changes nothing');
update chat.conversations set church_id = :chapel where id = :talk;
select is(pg_temp.words_of(:m1), format('else something ~%s ~c%s ~u%s', :chapel, :talk, :ada), 'a conversation that is moved is found there at once');
select is((select array_agg(distinct church_id) from chat.message_words where conversation_id = :talk), array[:chapel::bigint], 'all of it');
select is(pg_temp.index(), 'done 0 simple', 'and nothing is left to do');
update chat.conversations set church_id = :abbey where id = :talk;
-- By another session, which had not seen that.
update chat.message_words set church_id = :chapel where id = :m1;
select pg_temp.index() \gset
select is((select w.church_id from chat.message_words w where w.id = :m1), :abbey::bigint, 'words that come after the move are moved');
-- Words that another session was adding when the message was deleted.
delete from chat.messages where id = :m3;
insert into chat.message_words values (:talk, :m3, :abbey, 'late');
select pg_temp.index() \gset
select is(pg_temp.words_of(:m3), null, 'words that come after their message went are removed');

-- Files.
select (message).id as file from chat.send_attachment(:ada, :talk, '', null, null, repeat('0', 31) || '1', 'Plan_of_the-Crypt.pdf', 'document',
    'application/pdf', 5, sha256(''), null, null, null, null, null, false) \gset
select pg_temp.index() \gset
select is(pg_temp.words_of(:file), format('crypt of pdf plan the ~%s ~c%s ~u%s', :abbey, :talk, :ada), 'the name of a file is found');
update chat.attachments set name = 'tower.pdf' where message_id = :file;
select pg_temp.index() \gset
select is(pg_temp.words_of(:file), format('pdf tower ~%s ~c%s ~u%s', :abbey, :talk, :ada), 'a new name, too');
delete from chat.attachments where message_id = :file;
select pg_temp.index() \gset
select is(pg_temp.words_of(:file), format('~%s ~c%s ~u%s', :abbey, :talk, :ada), 'and not one of a file that was deleted');

-- What was lost: a crash empties both unlogged tables.
select pg_temp.say(:ada, :talk, 'lost words') as m4 \gset
delete from chat.unindexed; delete from chat.unindexed_since;
insert into chat.message_words values (:talk, 999999999, :abbey, 'nobody');
select is(pg_temp.index(), 'done 1 simple', 'after a loss all messages are looked at');
select is(pg_temp.words_of(:m4), format('lost words ~%s ~c%s ~u%s', :abbey, :talk, :ada), 'and missing words are added');
select is(pg_temp.words_of(999999999), null, 'and words without a message removed');
delete from chat.unindexed_since;
select set_config('chat.follow', 'off', true) \gset
insert into chat.messages (conversation_id, seq, sender_id, from_church, content, created_at)
select :talk, n, :ada, false, 'imported ' || n, now() from generate_series(1000, 2499) n;
reset chat.follow;
select matches(pg_temp.index(at_once => 1), '^done \d+ .*simple$', 'one message at a time');
select count(pg_temp.index()) from generate_series(1, 20) \gset
select is((select count(*) from chat.messages m where m.conversation_id = :talk
           and not exists (select from chat.message_words w where w.conversation_id = :talk and w.id = m.id)), 0::bigint,
          'an import without triggers is found in parts');
select pg_temp.say(:ada, :talk, 'before the backup') as m5 \gset
delete from chat.unindexed;
select isnt(chat.renew_epoch(), null, 'a backup was restored');
select is(pg_temp.index(), 'done 1 simple', 'another epoch is a loss, too');

-- Another configuration.
update chat.messages set content = 'die Häuser' where id = :m1;
select pg_temp.index() \gset
select is(pg_temp.index('no_such_one', '0 s'), 'unknown_config 0 simple', 'an unknown configuration');
select is(pg_temp.index('a.b.c.d', '0 s'), 'unknown_config 0 simple', 'and what is no name of one');
select is((select former_configs from chat.search_state), '{}', 'change nothing');
update chat.search_state set config_set_at = now();
select is(pg_temp.index('german', '-1 s'), 'done 0 simple', 'an httpd that started before another one does not decide');
select matches(pg_temp.index('german', '1 h'), '^done \d+ (building )?german$', 'one that started after it does');
select count(pg_temp.index('german', '1 h')) from generate_series(1, 20) \gset
select is(pg_temp.words_of(:m1), format('haus ~%s ~c%s ~u%s', :abbey, :talk, :ada), 'all words are made with it');
select is((select configs from chat.search_progress()), array['german'::regconfig], 'and a search uses it');
select is(pg_temp.index('pg_catalog.german', '2 h'), 'done 0 german', 'a name with its schema is the same one');
select pg_temp.say(:ada, :talk, 'zwei Dörfer') as m6 \gset
select pg_temp.index('german', '1 h') \gset
update chat.search_state set is_building = true, is_rebuild = true, former_configs = '{simple,dropped}', is_lossy = true,
    built_up_to = :talk, built_up_to_id = :m5;
select is((select configs from chat.search_progress()), array['simple', 'german']::regconfig[],
          'while it is built, a search uses each one that there is');
update chat.message_words set search = 'untouched' where id in (:m4, :m6);
delete from chat.message_words where id = :m2;
select matches(pg_temp.index('german', '1 h'), '^done \d+ german$', 'building goes on');
select is(pg_temp.words_of(:m4) || ', ' || pg_temp.words_of(:m6), format('untouched, dorf zwei ~%s ~c%s ~u%s', :abbey, :talk, :ada), 'where it was');
select is(pg_temp.words_of(:m2), format('~%s ~c%s ~u%s 検 索', :abbey, :talk, :ada), 'and then looks for what was lost meanwhile');

-- Whoever is told the same by an httpd that was started later keeps it.
select pg_temp.index('german', '5 h') \gset
select is(pg_temp.index('english', '4 h'), 'done 0 german', 'that which was started last decides, also where it changes nothing');
-- A check of all messages is not forgotten when the configuration changes meanwhile.
update chat.search_state set is_building = true, is_rebuild = false, built_up_to = :talk + 1, built_up_to_id = 0;
insert into chat.message_words values (:talk, 999999999, :abbey, 'nobody');
select count(pg_temp.index('english', '6 h')) from generate_series(1, 20) \gset
select is(pg_temp.words_of(999999999), null, 'words without a message are found after another configuration, too');
-- It may be away, as in a database that was restored elsewhere.
update chat.search_state set config = 'vanished', former_configs = '{}';
select matches(pg_temp.index('vanished', '7 h'), '^unknown_config \d+ (building )?simple$', 'a configuration that is not there any more');
select count(pg_temp.index('vanished', '7 h')) from generate_series(1, 20) \gset
select is(pg_temp.words_of(:m1), format('die hauser ~%s ~c%s ~u%s', :abbey, :talk, :ada), 'is replaced by simple');
select pg_temp.index('german', '8 h') \gset

-- Any text.
select lives_ok(format('update chat.messages set content = (select string_agg(chr(x), '' '') from generate_series(19968, 40000) x) where id = %s', :m2),
                'twenty thousand different words');
select lives_ok(format('update chat.messages set content = repeat(U&''\FDFA'', 100000) where id = %s', :m4), 'letters that are many');
select pg_temp.index('german', '1 h', 1) \gset
select cmp_ok((select length(search) from chat.message_words where id = :m2), '>', 20000, 'are indexed');

delete from chat.conversations where id = :talk;
select is_empty(format('select from chat.message_words where conversation_id = %s', :talk), 'words go with their conversation');
select * from finish();
rollback;
