-- For a random script that two functions run, each in a world of its own, "single" or "group".
-- Rows, as text, are the same in both; `rows_of` is a query in which :world stands for the name of one.
create function pg_temp.same(rows_of text, called text) returns text language sql as $$
    select results_eq(format('select * from (%s) r order by r', replace(rows_of, ':world', '''group''')),
                      format('select * from (%s) r order by r', replace(rows_of, ':world', '''single''')), called)
$$;
