create or replace function chat.server_identity() returns text language sql stable as $$
select s.system_identifier::text from pg_control_system() s
$$;

comment on function chat.server_identity() is
'What tells this cluster from others that initdb has made. It reads a file, so sessions keep it in the
setting chat.server.';
