-- The version of the schema, for the health check.
-- Read only.
select coalesce(max(version), 0)::integer as version from chat.schema_migrations;
