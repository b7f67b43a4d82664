-- How long PostgreSQL takes for a search, over the data of search.sql: a line for each shape with median, 95th percentile
-- and maximum in ms, of the fastest of three runs of each of :searches searches. t/bench/run passes the statement, too.
-- Words are drawn so that rare and common ones are equally often asked for: by the logarithm of their rank.
\set ON_ERROR_STOP on
set client_min_messages = warning;
set jit = off;
set plan_cache_mode = force_generic_plan;
set enable_seqscan = off;
prepare found as :statement;
\ir search_word.sql
create function pg_temp.draw() returns text language sql as $$ select pg_temp.word(exp(random() * ln(75000))::integer) $$;
create function pg_temp.fastest(by_user text, terms text) returns double precision language plpgsql as $$
declare
    best double precision := 'infinity';
    began timestamptz;
begin
    for i in 1 .. 3 loop
        began := clock_timestamp();
        execute format('execute found (%L, %L, 21, null, null, null, null, null, null)', by_user, terms);
        best := least(best, 1000 * extract(epoch from clock_timestamp() - began));
    end loop;
    return best;
end $$;
select setseed(0.5) \g /dev/null
create temporary table taken as
select s.place, s.shape, pg_temp.fastest(s.by_user, s.prefix || case s.shape
           when 'staff, two words' then pg_temp.draw() || E'\n+ ' || pg_temp.draw()
           when 'staff, three letters' then left(pg_temp.word(256 + (random() * 74000)::integer), 3)
           when 'of 50 churches, three letters' then left(pg_temp.word(256 + (random() * 74000)::integer), 3)
           when 'staff, rare and two letters' then pg_temp.word(4096 + (random() * 70000)::integer) || E'\n+*' || left(pg_temp.draw(), 2)
           when 'of 50 churches, rare and two' then pg_temp.word(4096 + (random() * 70000)::integer) || E'\n+*' || left(pg_temp.draw(), 2)
           else pg_temp.draw() end) as ms
from generate_series(1, :searches + 5) n,
     (values (1, 'member of 3 conversations', '1', '+ '), (2, 'staff', '2', '+ '), (3, 'staff, two words', '2', '+ '),
             (4, 'staff, three letters', '2', '+*'), (5, 'staff of 50 churches', '3', '+ '),
             (6, 'of 50 churches, three letters', '3', '+*'), (7, 'staff, rare and two letters', '2', '+ '),
             (8, 'of 50 churches, rare and two', '3', '+ ')) s (place, shape, by_user, prefix)
where n > 5 or pg_temp.fastest(s.by_user, s.prefix || pg_temp.draw()) is null;
\pset format unaligned
\pset tuples_only on
select shape, round(percentile_cont(0.5) within group (order by ms)::numeric, 1), round(percentile_cont(0.95) within group (order by ms)::numeric, 1),
       round(max(ms)::numeric, 1)
from taken group by place, shape order by place;
