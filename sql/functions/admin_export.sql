create or replace function chat.admin_export(
    kind text, filters jsonb, order_by text, rows_max integer, bytes_max integer, after_id bigint, after_key text,
    by_whom chat.administrator, format text)
returns table (item text, id bigint, key text)
language plpgsql rows 1000 as $$
declare
    of_user constant bigint := case when kind = 'person' then (filters ->> 'user_id')::bigint end;
    query text;
    row record;
    rows integer := 0;
    bytes bigint := 0;
begin
    if of_user is not null and not exists (select from chat.users u where u.id = of_user) then
        return;
    end if;
    if after_id is null and of_user is not null and rows_max > 0 then
        perform chat.audit(by_whom, 'export', 'user', of_user, null, jsonb_build_object('format', format), null);
    elsif after_id is null and rows_max > 0 then
        perform chat.audit(by_whom, 'export', kind, null, null,
                           jsonb_build_object('filter', filters, 'order', order_by, 'format', format), null);
    end if;
    -- Rows are read some fifty at a time, so that what does not fit is not read.
    query := case when of_user is null then chat.admin_items_query(kind, filters, order_by, rows_max + 1, after_id, after_key)
                  else format('select i.item, i.id, i.key from chat.user_items(%L, %L, %L, %L) i', of_user, rows_max + 1, after_id, after_key) end;
    for row in execute query loop
        if rows = rows_max or (rows > 0 and bytes + octet_length(row.item) > bytes_max) then
            item := null; -- there are more
            return next;
            return;
        end if;
        rows := rows + 1;
        bytes := bytes + octet_length(row.item);
        item := row.item;
        id := row.id;
        key := row.key;
        return next;
    end loop;
end $$;

comment on function chat.admin_export(text, jsonb, text, integer, integer, bigint, text, chat.administrator, text) is
'A part of an export: items of the administration, as chat.admin_items(), and, if there are more, a last row without one.
The first part adds a row to the audit log, unless no rows are asked for (HEAD). Of the kind person it is all that is kept
of one user, as chat.user_items(); no row for a user who is not there.
Arguments: those of chat.admin_items() (of a person, the filter user_id and no order) but for how many rows and bytes at most; who; the format, for the audit log.
Locks: none.';
