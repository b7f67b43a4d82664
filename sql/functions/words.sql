-- PostgreSQL expands it in the statement that calls it. Text in ASCII, as most is, takes the short way.
create or replace function chat.words(content text) returns text
language sql immutable parallel safe as $$
select case when octet_length(content) = char_length(content)
    then translate(lower(content collate "C"), E'!"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~', '                                ')
    else (regexp_replace(regexp_replace(normalize(translate(replace(replace(replace(replace(
        regexp_replace(
            lower(normalize(content, NFKD) collate "und-x-icu"),
            '[' || chat.characters('accent') || chat.characters('idle') || chat.characters('shaping') || ']+', '', 'g'),
        U&'\00DF', 'ss'), U&'\00E6', 'ae'), U&'\0153', 'oe'), U&'\00FE', 'th'),
        -- as chat.fold_name(): dotless i, l, o, d, eth, h, t with a stroke, final sigma; Arabic and Persian yeh and
        -- kaf, teh marbuta; and, into nothing, the Arabic tatweel
        U&'\0131\0142\00F8\0111\00F0\0127\0167\03C2\0649\06CC\06A9\0629\0640',
        U&'ilodd' || U&'ht\03C3\064A\064A\0643\0647'), NFC),
        '([\u0e00-\u0eff\u0f40-\u0f6c\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u1950-\u19df\u1a20-\u1aad\u2e80-\u2fd5'
        '\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u31bf'
        '\u31f0-\u31ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uaa60-\uaadf\uac00-\ud7fb\uf900-\ufaff\uff66-\uff9d'
        '\U0001b000-\U0001b16f\U00020000-\U0003ffff][' || chat.characters('extending') || ']*)', ' \1 ', 'g')
            collate "und-x-icu",
        '[^[:alnum:]' || chat.characters('extending') || ']+', ' ', 'g')) collate "C"
    end
$$;
comment on function chat.words(text) is
'A text as it is searched, of a message and of a query: words with blanks between them, without regard to case, accents,
compatibility forms and invisible characters. Whatever is neither letter nor digit divides words, so that parts of
addresses and numbers are found, too; what a query has without blanks is then a phrase. Characters of scripts that have
no blanks between words are words. The same in each database, whatever its locale.
Arguments: the text. Null for null. Locks: none.';
