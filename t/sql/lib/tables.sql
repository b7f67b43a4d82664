-- Tables of cases that tests in other languages read too, from t/tables; characters as {U+0041} there.
create function pg_temp.decoded(written text) returns text language plpgsql as $$
declare
    code text;
begin
    for code in select distinct m[1] from regexp_matches(written, '\{U\+([0-9A-F]+)\}', 'g') m loop
        written := replace(written, '{U+' || code || '}',
                           chr(('x' || lpad(code, 8, '0'))::bit(32)::int));
    end loop;
    return written;
end $$;
