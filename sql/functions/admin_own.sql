create or replace function chat.admin_own(kind text) returns text[]
language sql immutable parallel safe as $$
    select case kind
        when 'user' then '{display_name,email,language,is_active}'
        when 'church' then '{name,logo_url,is_active}'
        when 'staff' then '{role}'
        when 'conversation' then '{member_blocked}'
        when 'message' then '{flag}'
        else '{}' end::text[]
$$;

comment on function chat.admin_own(text) is
'The members of an item that administrators change, and nobody else: not, say, the number of the last message. A change
needs those as they were seen, and the audit log has them.
Arguments: the kind of the object, as of chat.admin_kind().';
