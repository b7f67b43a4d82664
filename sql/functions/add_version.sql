create or replace function chat.add_version() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
    update chat.conversations c set version = greatest(c.version, old.version) + 1 where c.id = new.id;
    return null;
end $$;

comment on function chat.add_version() is
'Trigger: adds 1 to the version of a conversation that was changed by SQL. Functions that change one add 1
themselves, in the same update. Locks: none that the change has not taken.';
