-- How long PostgreSQL takes for a search, over the data of search.sql: a line for each shape with median, 95th percentile
-- and maximum in ms, of the fastest of three runs of each of :searches searches. t/bench/run passes the statement, too.
\set ON_ERROR_STOP on
set client_min_messages = warning;
set jit = off;
set plan_cache_mode = force_generic_plan;
set enable_seqscan = off;
prepare found as :statement;
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
\ir search_shapes.sql
create temporary table taken as
select a.place, a.shape, pg_temp.fastest(a.by_user, a.terms) as ms
from asked a
where a.n > 5 or pg_temp.fastest(a.by_user, a.terms) is null;
\pset format unaligned
\pset tuples_only on
select shape, round(percentile_cont(0.5) within group (order by ms)::numeric, 1), round(percentile_cont(0.95) within group (order by ms)::numeric, 1),
       round(max(ms)::numeric, 1)
from taken group by place, shape order by place;
