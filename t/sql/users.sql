begin;
\ir lib/people.sql
select plan(31);
select 'ada ' || gen_random_uuid() as ada, 'eve ' || gen_random_uuid() as eve, 'id ' || gen_random_uuid() as id \gset

-- as modules and triggers know users that know nothing else than the name
insert into chat.users (username, display_name) values (:'ada', 'Ada');
select is((select external_id from chat.users where username = :'ada'), :'ada',
          'who is inserted with a name alone is identified by it');
select is((select display_name from chat.ensure_user(:'ada', null, null, null)), 'Ada',
          'the function of the modules of before finds them');
insert into chat.users (username, display_name) values (:'ada', 'Ada B.')
on conflict (username) do update set display_name = excluded.display_name;
select is((select display_name from chat.users where external_id = :'ada'), 'Ada B.', 'triggers of before, too');

-- names come and go
select id as first from chat.ensure_user(:'id', 'mary ' || :'id', null, null, null, null) \gset
select is((select (username, display_name)::text from chat.users where id = :first::bigint),
          (select ('mary ' || :'id', 'mary ' || :'id')::text), 'a new one is called by the name');
select is((select id from chat.ensure_user(:'id', 'maria ' || :'id', null, null, null, null)), :first::bigint, 'and stays, renamed');
select is((select (username, display_name)::text from chat.users where id = :first::bigint),
          (select ('maria ' || :'id', 'maria ' || :'id')::text), 'under the new name');
select ctid || ' ' || xmax as place from chat.users where id = :first::bigint \gset
select is((select id from chat.ensure_user(:'id', 'maria ' || :'id', null, null, null, null)), :first::bigint, 'the same again');
select is((select ctid || ' ' || xmax from chat.users where id = :first::bigint), :'place', 'writes nothing');
select is((select id from chat.ensure_user(:'id', null, null, null, null, null)), :first::bigint, 'no name is none to compare with');
select isnt((select id from chat.ensure_user('2' || :'id', 'maria ' || :'id', null, null, null, null)), :first::bigint,
            'another of that name is another');
select ok((select username is null and is_active and display_name = 'maria ' || :'id' from chat.users where id = :first::bigint),
          'who had the name is not called so any more, and nothing else changes');
select is((select id from chat.ensure_user('2' || :'id', 'peter ' || :'id', 'Peter', null, null, null)),
          (select id from chat.users where external_id = '2' || :'id'), 'a name of their own');
select is((select display_name from chat.ensure_user('2' || :'id', 'paul ' || :'id', null, null, null, null)), 'Peter',
          'stays when the user is renamed');

-- before names were folded
insert into chat.users (username, display_name) values ('Old ' || :'id', 'Old');
select is((select display_name from chat.ensure_user('old ' || :'id', 'old ' || :'id', null, null, null, 'Old ' || :'id')),
          'Old', 'who is known by a former id is found by it');
select is((select (external_id, username)::text from chat.users where external_id = 'old ' || :'id'),
          (select ('old ' || :'id', 'old ' || :'id')::text), 'and has the new one then');
select isnt((select id from chat.ensure_user('eve ' || :'id', 'eve ' || :'id', null, null, null, null)), null, 'no former id');

-- a site's own tables
select isnt(chat.put_user(:'eve', :'eve', '  ', '', true), null, 'a site tells of a user');
select is((select (display_name, email, is_active)::text from chat.users where external_id = :'eve'),
          (select (:'eve', null::text, true)::text), 'who is called by the name where there is no other');
select is(chat.put_user(:'eve', :'eve', null, null, true), null, 'again: nothing differs');
select is(chat.put_user(:'eve', :'ada', 'Eve', 'eve@example.org', false),
          (select id from chat.users where external_id = :'eve'), 'changed in everything');
select is((select (username, display_name, email, is_active)::text from chat.users where external_id = :'eve'),
          (select (:'ada', 'Eve', 'eve@example.org', false)::text), 'as told');
select ok((select username is null from chat.users where external_id = :'ada'), 'who had the name has lost it');

select id as ada_id from chat.users where external_id = :'ada' \gset
select id as eve_id from chat.users where external_id = :'eve' \gset
insert into chat.church_staff (church_id, user_id) values (pg_temp.church('Home'), :eve_id::bigint);
select ok(chat.move_user(:'ada', :'eve'), 'one is identified as another was');
select is((select id from chat.users where external_id = :'eve'), :ada_id::bigint, 'who is found so now');
select is((select (external_id, username, is_active)::text from chat.users where id = :eve_id::bigint), '(,,f)', 'the other is retired');
select is((select count(*) from chat.church_staff where user_id = :eve_id::bigint), 0::bigint, 'and staff of nothing');
select ok(not chat.move_user(:'ada', :'id'), 'nobody is not moved');
select ok(not chat.move_user(:'eve', :'eve') and (select is_active from chat.users where id = :ada_id::bigint), 'nor who is there');
select ok(not chat.retire_user(:'ada'), 'nobody is not retired');
select is((select array_agg(e.user_id order by e.id) from chat.events e
           where e.xid = pg_current_xact_id() and e.kind = 5 and e.user_id in (:ada_id::bigint, :eve_id::bigint)),
          array[:eve_id::bigint, :eve_id::bigint, :ada_id::bigint]::bigint[], 'the sockets of all these are ended');

select is((select array_agg(p.proname order by p.proname) from pg_proc p
           where p.pronamespace = 'chat'::regnamespace and (p.prorettype = 'trigger'::regtype or p.prosecdef)
             and not coalesce('search_path=pg_catalog, pg_temp' = any (p.proconfig), false)),
          null, 'what runs when others write looks for nothing where they say');
select * from finish();
rollback;
