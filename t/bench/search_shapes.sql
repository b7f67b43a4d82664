-- What is asked for of the data of search.sql: pg_temp.asked, of each shape five searches to warm up and :searches more.
-- Words are drawn so that rare and common ones are equally often asked for: by the logarithm of their rank.
\ir search_word.sql
create function pg_temp.draw() returns text language sql as $$ select pg_temp.word(exp(random() * ln(75000))::integer) $$;
select setseed(0.5) \g /dev/null
create temporary table asked as
select n, s.place, s.shape, s.by_user, s.prefix || case s.shape
           when 'staff, two words' then pg_temp.draw() || E'\n+ ' || pg_temp.draw()
           when 'staff, three letters' then left(pg_temp.word(256 + (random() * 74000)::integer), 3)
           when 'of 50 churches, three letters' then left(pg_temp.word(256 + (random() * 74000)::integer), 3)
           when 'staff, rare and two letters' then pg_temp.word(4096 + (random() * 70000)::integer) || E'\n+*' || left(pg_temp.draw(), 2)
           when 'of 50 churches, rare and two' then pg_temp.word(4096 + (random() * 70000)::integer) || E'\n+*' || left(pg_temp.draw(), 2)
           else pg_temp.draw() end as terms
from generate_series(1, :searches + 5) n,
     (values (1, 'member of 3 conversations', '1', '+ '), (2, 'staff', '2', '+ '), (3, 'staff, two words', '2', '+ '),
             (4, 'staff, three letters', '2', '+*'), (5, 'staff of 50 churches', '3', '+ '),
             (6, 'of 50 churches, three letters', '3', '+*'), (7, 'staff, rare and two letters', '2', '+ '),
             (8, 'of 50 churches, rare and two', '3', '+ ')) s (place, shape, by_user, prefix);
