create or replace function chat.admin_change(
    by_whom chat.administrator, kind text, of_id bigint, if_match text[], changes jsonb,
    out outcome text, out item text, out etag text)
language plpgsql as $$
declare
    before text;
    difference record;
begin
    perform chat.admin_lock(kind, of_id);
    outcome := chat.admin_precondition(kind, of_id, if_match, false);
    if outcome <> 'done' then
        return;
    end if;
    select i.item into before from chat.admin_item(kind, of_id) i;
    case kind
    when 'user' then
        update chat.users u
        set display_name = coalesce(changes ->> 'display_name', u.display_name),
            email = case when changes ? 'email' then changes ->> 'email' else u.email end,
            is_active = coalesce((changes ->> 'is_active')::boolean, u.is_active)
        where u.id = of_id and changes ?| '{display_name,email,is_active}';
        if changes ? 'language' then
            insert into chat.preferences as p (user_id, language) values (of_id, changes ->> 'language')
            on conflict (user_id) do update set language = excluded.language, updated_at = now();
        end if;
    when 'church' then
        update chat.churches h
        set name = coalesce(changes ->> 'name', h.name),
            logo_url = case when changes ? 'logo_url' then changes ->> 'logo_url' else h.logo_url end,
            is_active = coalesce((changes ->> 'is_active')::boolean, h.is_active)
        where h.id = of_id and changes ?| '{name,logo_url,is_active}';
    when 'staff' then
        update chat.church_staff s set role = coalesce(changes ->> 'role', s.role)
        where s.id = of_id and changes ? 'role';
    when 'conversation' then
        if changes ? 'member_blocked' then
            perform chat.admin_block(array[of_id], (changes ->> 'member_blocked')::boolean);
        end if;
    end case;
    select i.item, i.etag into item, etag from chat.admin_item(kind, of_id) i;
    select d.* into difference from chat.admin_differences(chat.admin_own(kind), before::jsonb, item::jsonb) d;
    if difference.were is not null then
        perform chat.audit(by_whom, 'change', kind, of_id, difference.were, difference.are, null);
    end if;
end $$;

comment on function chat.admin_change(chat.administrator, text, bigint, text[], jsonb) is
'Changes a user, a church, a member of the staff or a conversation.
Arguments: who; the kind of the object and its id; the values of If-Match; the new values of members, whose types and
lengths were checked: display_name, email, is_active, language; name, logo_url, is_active; role; member_blocked.
Outcomes: done, with the item as it is now, and its ETag; not_found; stale (one of these members is another
one than the administrator has seen). A row of the audit log has the members that differ; where none does, there is none.
Locks: the object, see chat.admin_lock(); of a user whose language is given also the row of chat.preferences.';
