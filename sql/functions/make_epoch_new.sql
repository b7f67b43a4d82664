create or replace function chat.make_epoch_new() returns trigger language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    new.id := gen_random_uuid()::text;
    new.renewed_at := clock_timestamp();
    return new;
end $$;

comment on function chat.make_epoch_new() is
'Trigger: a row that is inserted into chat.epoch, as by a restore, gets a new id.';
