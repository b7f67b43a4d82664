create or replace function chat.admin_hits(words tsquery) returns double precision
language plpgsql volatile strict as $$ -- explain is refused in a stable function
declare
    plan jsonb;
begin
    execute format('explain (format json) select from chat.message_words w where w.search @@ %L::tsquery', words) into plan;
    return (plan #>> '{0,Plan,Plan Rows}')::double precision;
end $$;

comment on function chat.admin_hits(tsquery) is
'About how many messages have these words, by the statistics of PostgreSQL. Locks: none.';
