create or replace function chat.pattern_of_names(names text[])
returns text
language sql immutable parallel safe as $$
    -- Words end where letters and digits do, unless a script may write them without blanks.
    select string_agg(case when n.name ~ '[^ -~]' then n.escaped
                           else '(?<![[:alnum:]_])' || n.escaped || '(?![[:alnum:]_])' end, '|' order by length(n.name) desc)
    from (select e.name, regexp_replace(e.name, '([^[:alnum:]_[:space:]])', '\\\1', 'g') as escaped
          from unnest(names) as e (name)) n
    where n.name ~ '[[:alpha:]]'
$$;

comment on function chat.pattern_of_names(text[]) is
'A regular expression that finds names within a text, in small or capital letters, ASCII ones as whole words. A name
without a letter, as an external_id can be a number, is not looked for within a text. Arguments: the names.
Result: null when there is nothing to look for. Locks: none.';
