create or replace function chat.admin_kind(
    kind text, out relation regclass, out source text, out id text, out created text, out name text, out item text)
language plpgsql stable parallel safe as $$
begin
    id := 'o.id';
    created := 'o.created_at';
    case kind
    when 'user' then
        relation := 'chat.users';
        source := 'chat.users o';
        name := 'o.folded_name collate "C"';
        item := $sql$
            select o.id, o.username, o.external_id, o.display_name, o.email,
                   case when o.email is null then 'none'
                        when exists (select from chat.mail_failures f where f.address = lower(o.email) and f.is_off)
                        then 'failing' else 'ok' end as email_state,
                   o.avatar_url, (select p.language from chat.preferences p where p.user_id = o.id) as language,
                   case when exists (select from chat.church_staff s where s.user_id = o.id)
                        then 'staff' else 'member' end as role,
                   o.is_active, chat.admin_time(o.created_at) as created_at $sql$;
    end case;
end $$;

comment on function chat.admin_kind(text) is
'What the administration shows of a kind of objects, as SQL, of which chat.admin_items() and chat.admin_item() make
their queries. In all of it o is the row of the object.
Arguments: user.
Result: the table in whose statistics the number of objects is; the tables; the id, the time of creation and, where a
list may be ordered by it, the name; a select of one row, whose columns are the members of an item of the API.';
