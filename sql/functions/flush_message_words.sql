create or replace function chat.flush_message_words() returns bigint
language sql security definer set search_path = pg_catalog, pg_temp as $$
select gin_clean_pending_list('chat.message_words_search')
$$;

comment on function chat.flush_message_words() is
'Moves new entries of the index of words to their places, so that neither a search nor whoever adds the next one has to.
With the rights of the owner, whom PostgreSQL wants for it. Result: how many pages these entries had.
Locks: the list of new entries.';
