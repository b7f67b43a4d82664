create or replace function chat.search_progress(out configs regconfig[], out up_to_date boolean)
returns setof record
language sql stable as $$
select array(select t.oid::regconfig from pg_ts_config t
             where t.oid::regconfig::text = any (s.former_configs || s.config)),
       not s.is_building and s.indexed_at > now() - interval '10 seconds'
from chat.search_state s
$$;

comment on function chat.search_progress() is
'How a search is done, in one row that PostgreSQL expands into the statement that calls it: the text search
configurations that words of chat.message_words were made with, more than one while it is rebuilt; and whether it has
all messages but those of the last ten seconds. Works on a hot standby, too. Arguments: none. Locks: none.';
