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
    ('of a conversation, and not of a user', E'+ ~c1\n- ~u1', $$'c1' & !'u1'$$),
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
select plan(12);
select is_empty($$select why, terms, chat.query(terms)::text, query from cases
                  where chat.query(terms)::text is distinct from query::tsquery::text$$, 'each has its query');
select is_empty($$select why from cases where chat.query(terms)::text ~ '''~'$$, 'none asks for the words of a church, a conversation or a user');
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

select * from finish();
rollback;
