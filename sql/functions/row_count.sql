create or replace function chat.row_count(of_table regclass)
returns bigint
language plpgsql stable as $$
declare
    most constant bigint := 10000;
    counted bigint;
begin
    execute format('select count(*) from (select from %s limit %s) n', of_table, most + 1) into counted;
    return case when counted <= most then counted
                else greatest(counted, (select c.reltuples::bigint from pg_class c where c.oid = of_table)) end;
end $$;

comment on function chat.row_count(regclass) is
'How many rows a table has: exact up to 10,000, then as the statistics of the database say, which autovacuum keeps.
Arguments: the table. Locks: none.';
