create or replace function chat.admin_create(
    by_whom chat.administrator, kind text, members jsonb, out outcome text, out item text, out etag text)
language plpgsql as $$
declare
    new_id bigint;
    stored jsonb;
begin
    case kind
    when 'church' then
        insert into chat.churches (name, logo_url, is_active)
        values (members ->> 'name', members ->> 'logo_url', coalesce((members ->> 'is_active')::boolean, true))
        returning id, jsonb_build_object('name', name, 'logo_url', logo_url, 'is_active', is_active) into new_id, stored;
    when 'staff' then
        perform from chat.churches h where h.id = (members ->> 'church_id')::bigint for key share;
        if not found then
            outcome := 'no_church';
            return;
        end if;
        perform from chat.users u where u.id = (members ->> 'user_id')::bigint for key share;
        if not found then
            outcome := 'no_user';
            return;
        end if;
        insert into chat.church_staff (church_id, user_id, role)
        values ((members ->> 'church_id')::bigint, (members ->> 'user_id')::bigint, coalesce(members ->> 'role', 'staff'))
        on conflict do nothing
        returning id, jsonb_build_object('church_id', church_id, 'user_id', user_id, 'role', role) into new_id, stored;
        if new_id is null then
            outcome := 'exists';
            return;
        end if;
    end case;
    outcome := 'done';
    select i.item, i.etag into item, etag from chat.admin_item(kind, new_id) i;
    perform chat.audit(by_whom, 'create', kind, new_id, null, stored, null);
end $$;

comment on function chat.admin_create(chat.administrator, text, jsonb) is
'Makes a church, or makes a user staff of a church. Triggers tell the user whose role has changed (chat.follow_access).
Arguments: who; the kind of the object; its members, whose types and lengths were checked: name, logo_url, is_active;
church_id, user_id, role.
Outcomes: done, with its item and ETag; no_church, no_user (there is none with this id); exists (the user is staff of this
church already). A row of the audit log has the members as they are stored.
Locks: the keys of the church and the user whose staff is made.';
