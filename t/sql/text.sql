-- Text by what a reader sees of it; the tables are those of the module's and the pages' tests.
begin;
\ir lib/people.sql
\ir lib/tables.sql
create temp table names (given text, kept text);
create temp table blank (given text);
create temp table excerpts (given text, chars_max int, kept text);
create temp table searches (name text, word text, is_found boolean);
create temp table looks (name text, other text);
create temp table urls (given text, kept text);
\copy names from 't/tables/names.tsv' with (header)
\copy blank from 't/tables/blank.tsv' with (header)
\copy excerpts from 't/tables/excerpts.tsv' with (header)
\copy searches from 't/tables/searches.tsv' with (header)
\copy looks from 't/tables/looks.tsv' with (header)
\copy urls from 't/tables/urls.tsv' with (header)
select plan(14);

select is_empty($$
    select given, kept, chat.clean_name(pg_temp.decoded(given)) from names
    where chat.clean_name(pg_temp.decoded(given)) <> coalesce(nullif(pg_temp.decoded(kept), ''), '?')$$,
    'names are cleaned as the module cleans them');
select is_empty($$
    select given from names
    where chat.clean_name(chat.clean_name(pg_temp.decoded(given))) <> chat.clean_name(pg_temp.decoded(given))$$,
    'twice is as once');
select is_empty($$select given from blank where chat.clean_name(pg_temp.decoded(given)) <> '?'$$,
    'a name of which nothing is seen is a question mark');
select is_empty($$
    select given, chars_max, kept, chat.excerpt_of(pg_temp.decoded(given), chars_max) from excerpts
    where chat.excerpt_of(pg_temp.decoded(given), chars_max) <> pg_temp.decoded(kept)$$,
    'a text is cut as the module cuts it');
select is_empty($$
    select name, word, is_found from searches
    where (strpos(chat.fold_name(chat.clean_name(pg_temp.decoded(name))), chat.fold_name(pg_temp.decoded(word))) > 0)
          <> is_found$$,
    'names are found whatever way they are typed');
select is_empty($$
    select name, other, chat.name_look(pg_temp.decoded(name)), chat.name_look(pg_temp.decoded(other)) from looks
    where chat.name_look(pg_temp.decoded(name)) <> chat.name_look(pg_temp.decoded(other))$$,
    'names that can be confused have one look');
select isnt(chat.name_look('Ada'), chat.name_look('Eve'), 'others do not');
select is_empty($$
    select given, kept, chat.clean_url(pg_temp.decoded(given)) from urls
    where chat.clean_url(pg_temp.decoded(given)) is distinct from pg_temp.decoded(kept)$$,
    'a picture''s address is http, https or a path of the site');

-- Who would pass for whom.
select pg_temp.church('St. Anne''s') as anne \gset
select pg_temp.staff(:anne, 'Carol Clark') as carol, pg_temp.person(U&'\0405t. Ann\0435\02BCs') as mallory,
       pg_temp.person('Carol Clark') as namesake, pg_temp.person(U&'\0421arol C1ark') as other \gset
create function pg_temp.name_of(id bigint) returns text language sql as $$
    select u.display_name from chat.users u where u.id = name_of.id
$$;
select is(array[pg_temp.name_of(:mallory), pg_temp.name_of(:other), pg_temp.name_of(:namesake), pg_temp.name_of(:carol)],
          array[U&'\0405t. Ann\0435\02BCs (member)', U&'\0421arol C1ark (member)', 'Carol Clark', 'Carol Clark'],
          'a name that could pass for a church''s or staff''s is marked, a namesake''s is not');
update chat.churches set name = 'St. Boniface' where id = :anne;
update chat.users set display_name = 'Cleo' where id = :carol;
select is(array[pg_temp.name_of(:mallory), pg_temp.name_of(:other)],
          array[U&'\0405t. Ann\0435\02BCs', U&'\0421arol C1ark'], 'the mark goes when there is no such name any more');
insert into chat.church_staff (church_id, user_id) values (:anne, :other);
select is(pg_temp.name_of(:namesake), 'Carol Clark (member)', 'it comes when there is one');
create function pg_temp.places() returns text language sql as $$
    select string_agg(u.ctid::text, ' ' order by u.id) from chat.users u where u.name_look = chat.name_look('Carol Clark')
$$;
select pg_temp.places() as places \gset
insert into chat.church_staff (church_id, user_id) values (pg_temp.church('Carol Clark and friends'), :other);
delete from chat.church_staff where church_id <> :anne and user_id = :other;
update chat.churches set name = 'St. Boniface.' where id = :anne;
select is(pg_temp.places(), :'places', 'where no mark comes or goes, no row of a namesake is written');
update chat.users set display_name = 'St. Boniface' where id = :other;
select is(pg_temp.name_of(:other), 'St. Boniface', 'staff may be called as their church');
delete from chat.church_staff where user_id = :other;
select is(array[pg_temp.name_of(:namesake), pg_temp.name_of(:other)], array['Carol Clark', 'St. Boniface (member)'],
          'who is staff no more may not');
select * from finish();
rollback;
