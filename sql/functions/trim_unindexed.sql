create or replace function chat.trim_unindexed() returns void
language plpgsql as $$
declare
    most constant bigint := 200000;
    most_in_use constant bigint := 4000000; -- that are being worked on, as after a church was deleted
    worked_on constant interval := '1 minute';
    allowed bigint;
    at_once constant integer := 50000;
begin
    select case when s.worked_at > now() - worked_on then most_in_use else most end into allowed from chat.search_state s;
    if pg_stat_get_live_tuples('chat.unindexed'::regclass) <= allowed then
        return;
    end if;
    delete from chat.unindexed_since;
    delete from chat.unindexed u
    where u.ctid = any (array(select u.ctid from chat.unindexed u limit at_once for update skip locked));
end $$;

comment on function chat.trim_unindexed() is
'Deletes rows of chat.unindexed when nobody adds the words of messages (ChatSearch off, or only modules of before), so
that it cannot grow without bound. The messages are found later as chat.index_messages() finds those of before.
Locks: these rows, without waiting; the row of chat.unindexed_since.';
