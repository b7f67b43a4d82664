create or replace function chat.admin_hits(words tsquery, out hits double precision, out is_estimate boolean)
language plpgsql volatile strict as $$ -- explain is refused in a stable function
declare
    enough constant integer := 20000;
    plan jsonb;
begin
    -- Of one whole word the statistics know; of several they do not know whether messages have them together.
    is_estimate := numnode(words) = 1 and position(':' in words::text) = 0
        and exists (select from pg_stats s
                    where s.schemaname = 'chat' and s.tablename = 'message_words' and s.attname = 'search');
    if is_estimate then
        execute format('explain (format json) select from chat.message_words w where w.search @@ %L::tsquery', words) into plan;
        hits := (plan #>> '{0,Plan,Plan Rows}')::double precision;
    else
        execute format('select count(*) from (select from chat.message_words w where w.search @@ %L::tsquery limit %s) w',
                       words, enough + 1) into hits;
    end if;
end $$;

comment on function chat.admin_hits(tsquery) is
'How many messages have these words: of a single one, about as many as the statistics of PostgreSQL say; otherwise they
are counted, up to 20,001. Locks: none.';
