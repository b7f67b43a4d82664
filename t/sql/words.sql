-- What a search compares: chat.words(), of messages and of queries.
begin;
create temp table cases (why text, given text, words text);
insert into cases values
    ('case and punctuation', 'Hello, World! (again)', 'hello world again'),
    ('white space of all kinds', E'a\tb\nc\r\nd\u00a0e\u2003f\u3000g', 'a b c d e f g'),
    ('an e-mail address and its parts', 'alice.b@example.org', 'alice b example org'),
    ('a URL and its parts', 'https://www.example.org/a_b/c?d=1&e#f', 'https www example org a b c d 1 e f'),
    ('numbers with separators', '1.234,50 1''000 1 000', '1 234 50 1 000 1 000'),
    ('numbers beside letters', '3rd x2 v1.2.3 0x1f', '3rd x2 v1 2 3 0x1f'),
    ('negative numbers, which are no other ones', '-5 20-30 +49', '5 20 30 49'),
    ('hyphens', 'Jean-Pierre Jean‐Pierre Jean–Pierre', 'jean pierre jean pierre jean pierre'),
    ('a soft hyphen is not seen', U&'Dona\00ADdampf', 'donadampf'),
    ('apostrophes of both kinds', 'L''église l’église don''t', 'l eglise l eglise don t'),
    ('a sentence without a blank', 'the end.Next one,too', 'the end next one too'),
    ('accents, composed and not', U&'Ärger A\0308rger É é ñ ç å', 'arger arger e e n c a'),
    ('letters that have no accent but are written without', 'Straße STRAẞE Łódź Øre æon Œuvre þing đ ħ',
     'strasse strasse lodz ore aeon oeuvre thing d h'),
    ('a Turkish i of four kinds', 'Iı İi', 'ii ii'),
    ('Greek, final sigma and accents', 'Σίσυφος ΣΙΣΥΦΟΣ', 'σισυφοσ σισυφοσ'),
    ('Cyrillic', 'Ёлка елка Йод', 'елка елка иод'),
    ('Hebrew with points and without', U&'\05E9\05C1\05B8\05DC\05D5\05B9\05DD \05E9\05DC\05D5\05DD', 'שלום שלום'),
    ('Arabic with marks, forms and without', U&'\0645\064F\062D\064E\0645\0651\064E\062F \0645\0640\062D\0645\062F', 'محمد محمد'),
    ('Persian yeh and kaf are the Arabic ones', U&'\06CC\06A9', U&'\064A\0643'),
    ('directions are not seen', U&'\200Fabc\200E \2067\05D0\2069', 'abc א'),
    ('Devanagari stays in words', 'नमस्ते दुनिया।', 'नमस्ते दुनिया'),
    ('compatibility forms', 'ＡＢＣ１２ ﬁne x²', 'abc12 fine x2'),
    ('Chinese', '检索，你好', '检 索 你 好'),
    ('Japanese, also of half width', U&'検索できる \FF76\FF9E', '検 索 で き る ガ'),
    ('voiced kana are other letters', 'がか', 'が か'),
    ('Korean', '서울에서', '서 울 에 서'),
    ('Thai, with marks at their letter', 'สวัสดี', 'ส วั ส ดี'),
    ('Khmer, Lao and Myanmar', 'ភាសា ລາວ မြန်', 'ភា សា ລ າ ວ မြ န်'),
    ('CJK beside Latin', 'iPhone手机15', 'iphone 手 机 15'),
    ('emoji divide words', 'hello👍world 👨‍👩‍👧', 'hello world'),
    ('the church''s lexeme cannot be written', '~1 ～1 ~~1', '1 1 1'),
    ('what queries are made of', '"a" & b | !c <-> d:* (e) ''f'' \g', 'a b c d e f g'),
    ('nothing', '', ''),
    ('nothing that is searched', '!?… — 👍', '');
select plan(6);
select is_empty($$select why, given, btrim(regexp_replace(chat.words(given), ' +', ' ', 'g')), words from cases
                  where btrim(regexp_replace(chat.words(given), ' +', ' ', 'g')) is distinct from words$$,
                'each text has its words');
select is_empty($$select why, given, chat.words(given) from cases
                  where to_tsvector('simple', chat.words(given)) is distinct from to_tsvector('simple', chat.words(chat.words(given)))$$,
                'the words of words are the same');
select is_empty($$select why, v.found, e.expected
                  from cases,
                  lateral (select tsvector_to_array(to_tsvector('simple', chat.words(given))) as found) v,
                  lateral (select coalesce(array_agg(distinct w collate "C" order by w collate "C"), '{}') as expected
                           from regexp_split_to_table(words, ' ') w where w <> '') e
                  where v.found <> e.expected$$,
                'PostgreSQL''s parser leaves each of them as it is');
select is(chat.words(null), null, 'nothing has no words');
select is((select count(*) from generate_series(1, 2000) i,
                  lateral (select chr(case when i < 1000 then i else 55000 + i * 7 + case when 55000 + i * 7 between 55296 and 57343 then 4000 else 0 end end) as c) c
           where chat.words('left' || c.c || 'right') is null), 0::bigint, 'any character is taken');
select is_empty($$select lexeme from unnest(to_tsvector('simple', chat.words('a ~1 ～2 ' || (select string_agg(chr(i), '~') from generate_series(33, 1000) i))))
                  where lexeme like '~%'$$, 'no text has the lexeme of a church');
select * from finish();
rollback;
