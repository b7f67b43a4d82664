-- Indexes the messages of search.sql as the thread of httpd does, but without its pauses.
\set ON_ERROR_STOP on
set synchronous_commit = off;
do $$
begin
    while (select i.has_more from chat.index_messages('simple', now(), 256) i) loop
        commit;
    end loop;
end $$;
vacuum analyze chat.message_words;
