-- What a search looks for: chat.query(), of the terms that core/chat_terms.h makes.
begin;
\ir lib/people.sql
create temp table cases (why text, terms text, query text);
insert into cases values
    ('a word', '+ Ada ', $$'ada'$$),
    ('that may be a beginning', '+*Ada', $$'ada':*$$),
    ('two that must occur', E'+ ada\n+ byron', $$'ada' & 'byron'$$),
    ('a phrase', '+ Ada Byron', $$'ada' <-> 'byron'$$),
    ('whose last word may be a beginning', '+*Ada By', $$'ada' <-> 'by':*$$),
    ('what must not occur', E'+ ada\n- byron\n- augusta king', $$'ada' & !('byron' | 'augusta' <-> 'king')$$),
    ('before what must', E'- byron\n+ ada', $$'ada' & !'byron'$$),
    ('one of several, and another', E'+ ada\n| grace\n| edith clarke\n+ byron', $$('ada' | 'grace' | 'edith' <-> 'clarke') & 'byron'$$),
    ('another, and one of several', E'+ byron\n+ ada\n| grace', $$'byron' & ('ada' | 'grace')$$),
    ('an address', '+ a.b@example.org', $$'a' <-> 'b' <-> 'example' <-> 'org'$$),
    ('Chinese', '+ 图书馆', $$'图' <-> '书' <-> '馆'$$),
    ('without accents', '+ CAFÉ', $$'cafe'$$),
    ('the operators of PostgreSQL', '+ a & b | !c <-> d:* (e)', $$'a' <-> 'b' <-> 'c' <-> 'd' <-> 'e'$$),
    ('a quote and a backslash', $$+ 'a\ b'$$, $$'a' <-> 'b'$$),
    ('the words of a church', '+ ~1', $$'1'$$),
    ('punctuation alone', '+ !?', null),
    ('an emoji alone', '+*🎉🎉', null),
    ('punctuation beside a word', E'+ !?\n+ ada', $$'ada'$$),
    ('before what may occur', E'+ byron\n+ !?\n| ada', $$'byron' & 'ada'$$),
    ('punctuation that must not occur', E'+ ada\n- ~', $$'ada'$$),
    ('only what must not occur', '- ada', null),
    ('and punctuation that must', E'+ !\n- ada', null),
    ('nothing', '', null),
    ('a line without words', '+', null),
    ('no terms', null, null);
select plan(13);
select is_empty($$select why, terms, chat.query(terms)::text, query from cases
                  where chat.query(terms)::text is distinct from query::tsquery::text$$, 'each has its query');
select is_empty($$select why from cases where chat.query(terms)::text ~ '''~'$$, 'none asks for the words of a church');
select lives_ok($$select chat.query('+' || repeat(U&'\FDFA', 200)), chat.query('+*' || repeat(U&'\FDFB', 200)),
                         chat.query('+ ' || repeat('x', 3000)), chat.query('+ ' || repeat(U&'\FDF2', 200))$$,
                'words that are too long for PostgreSQL are no error');
update chat.search_state set config = 'english', former_configs = '{}';
select is(chat.query('+ running'), $$'run'$$::tsquery, 'words of the language that is configured');
select is(chat.query('+*running'), $$'run':*$$::tsquery, 'also where they are a beginning');
select is(chat.query('+ the'), null, 'one that is not indexed finds nothing');
select is(chat.query('+*the'), $$'the':*$$::tsquery, 'but may be the beginning of another');
select is(chat.query(E'+ the\n+ run'), $$'run'$$::tsquery, 'or is ignored');
select is(chat.query(E'+ quick\n+ the\n| run'), $$'quick' & 'run'$$::tsquery, 'and takes no place of another');
create text search dictionary pg_temp.several (template = ispell, dictfile = ispell_sample, afffile = ispell_sample);
create text search configuration pg_temp.several (copy = simple);
alter text search configuration pg_temp.several alter mapping for asciiword with pg_temp.several, simple;
select set_config('search_path', 'pg_temp, ' || current_setting('search_path'), true) \gset
update chat.search_state set config = 'pg_temp.several'::regconfig::text;
select isnt(chat.query(t), null, t || ' of a dictionary with several forms of a word')
from unnest(array['+*footballklubber', '+*a footballklubber']) t;
update chat.search_state set config = 'english', former_configs = '{simple}';
select is(chat.query('+ running'), $$'running' | 'run'$$::tsquery, 'while the index is made anew, of both');

-- Searches find what is there: over messages in several conversations, compared with what looks at each.
update chat.search_state set config = 'simple', former_configs = '{}';
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
       concat_ws(' ', 'all', case when n % 3 = 0 then 'third' end, case when n % 97 = 0 then 'rare' end), now()
from said s join chat.conversations c on c.id = s.place;
update chat.conversations c set last_seq = 400 where id in (select id from talks);
select chat.index_these((select array_agg(place) from said), (select array_agg(id) from said), 'simple');
create function pg_temp.differ() returns setof text language plpgsql as $$
declare
    words tsquery;
    before bigint;
    only_in bigint;
    rows_max integer;
    reader bigint;
    sender text;
    found bigint[];
    wanted bigint[];
begin
    for words, before, only_in, rows_max, reader, sender in
        select w.q::tsquery, b.id, p.id, n.n, r.id, s.s
        from (values ('all'), ('rare'), ('third & rare'), ('none')) w (q),
             (select null::bigint as id union all select s.id from pg_temp.said s where s.n in (2100, 90)) b,
             (select null::bigint as id union all select t.id from pg_temp.talks t where t.n = 13) p,
             (values (3), (21)) n (n), (select distinct k.user_id as id from chat.church_staff k where k.church_id in
                  (select c.church_id from chat.conversations c, pg_temp.talks t where c.id = t.id)
              union all select c.member_id from chat.conversations c, pg_temp.talks t where c.id = t.id and t.n = 1) r,
             (values (null), ('me'), ('them')) s (s)
    loop
        select array_agg(f.message_id) into found
        from chat.find_messages(reader, words, rows_max, before, null, only_in, sender, null, null) f;
        select array_agg(e.id) into wanted from (
            select s.id
            from pg_temp.said s join chat.message_words w on w.conversation_id = s.place and w.id = s.id
            join chat.conversations c on c.id = s.place
            where w.search @@ words and s.id < coalesce(before, 9223372036854775807) and s.place = coalesce(only_in, s.place)
              and (c.member_id = reader or exists (select from chat.church_staff k where k.church_id = c.church_id and k.user_id = reader))
              and case sender when 'me' then c.member_id = reader when 'them' then c.member_id <> reader else true end
            order by s.id desc limit rows_max) e;
        if found is distinct from wanted then
            return next concat_ws(' ', words, before, only_in, rows_max, reader, sender, '->', found, 'not', wanted);
        end if;
    end loop;
end $$;
select is_empty('select * from pg_temp.differ()', 'all that is there is found, from any place on');
select * from finish();
rollback;
