create or replace function chat.time_in_zone(moment timestamptz, zone text) returns timestamp
language plpgsql stable as $$
begin
    return moment at time zone coalesce(zone, current_setting('TimeZone'));
exception when invalid_parameter_value then
    return moment at time zone 'UTC';
end $$;

create or replace function chat.time_in_zone(moment timestamp, zone text) returns timestamptz
language plpgsql stable as $$
begin
    return moment at time zone coalesce(zone, current_setting('TimeZone'));
exception when invalid_parameter_value then
    return moment at time zone 'UTC';
end $$;

comment on function chat.time_in_zone(timestamp, text) is
'The reverse: the time at which a clock shows that.';

comment on function chat.time_in_zone(timestamptz, text) is
'What a clock shows in a time zone; in that of the database for null, and in UTC for one that PostgreSQL does not know
any more.';
