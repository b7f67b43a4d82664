create or replace function chat.server_identity() returns text language sql stable as $$
select s.system_identifier::text from pg_control_system() s
$$;

comment on function chat.server_identity() is
'The system identifier of this cluster. It is read from a file, so sessions keep it in the setting chat.server.';
