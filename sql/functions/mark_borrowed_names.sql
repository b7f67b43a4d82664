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
    -- Many may have one name. Only those rows are written, and locked, whose mark comes or goes.
    update chat.users u set display_name = u.display_name -- chat.clean_user() marks it or takes the mark away
    where u.name_look = any (looks) and u.id is distinct from except_user
      and (u.display_name like '% (member)')
          <> chat.has_borrowed_name(u.id, regexp_replace(u.display_name, '( \(member\))+$', ''), u.name_look);
    return null;
end $$;

comment on function chat.mark_borrowed_names() is
'Trigger: marks users whose names look like one that is a church''s or staff''s now, and takes the mark from
those for whom that is over. Locks: the rows of these users, and of no other namesakes.';
