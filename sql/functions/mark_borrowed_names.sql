create or replace function chat.mark_borrowed_names() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
declare
    looks text[];
    except_user bigint;
begin
    if tg_table_name = 'churches' then
        looks := array[case when tg_op <> 'INSERT' then old.name_look end,
                       case when tg_op <> 'DELETE' then new.name_look end];
    elsif tg_table_name = 'church_staff' then
        looks := array(select o.name_look from chat.users o
                       where o.id = case when tg_op = 'DELETE' then old.user_id else new.user_id end);
    elsif exists (select from chat.church_staff s where s.user_id = new.id) then
        looks := array[old.name_look, new.name_look];
        except_user := new.id;
    end if;
    -- Many users may have one name. Only rows whose mark changes are written and locked.
    update chat.users u set display_name = u.display_name -- chat.clean_user() adds or removes the mark
    where u.name_look = any (looks) and u.id is distinct from except_user
      and (u.display_name like '% (member)')
          <> chat.has_borrowed_name(u.id, regexp_replace(u.display_name, '( \(member\))+$', ''), u.name_look);
    return null;
end $$;

comment on function chat.mark_borrowed_names() is
'Trigger: marks the names of users that look like the name of a church or of staff, and removes marks that are not
needed any more. Locks: the rows of users whose mark changes.';
