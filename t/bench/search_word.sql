-- The n-th word of the data of search.sql: syllables, more of them the rarer it is.
create function pg_temp.word(n integer) returns text language sql immutable as $$
select (select string_agg((array['ba', 'de', 'ki', 'lo', 'mu', 'na', 're', 'si', 'to', 'vu', 'fe', 'ga', 'hi', 'jo', 'pu', 'ra'])
                              [1 + (n * 48271::bigint / (16 ^ k)::bigint) % 16], '')
        from generate_series(0, case when n < 16 then 0 when n < 256 then 1 when n < 4096 then 2 else 4 end) k)
       || case when n % 3 = 0 then '' else chr(97 + n % 26) end
$$;
