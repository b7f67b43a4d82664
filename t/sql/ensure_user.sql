begin;
\ir lib/people.sql
select plan(15);
select 'ada ' || gen_random_uuid() as ada \gset

select is((select display_name from chat.ensure_user(:'ada', null, null, null)), :'ada',
          'a new user without a display name is called by the user name');
select ok((select is_active and avatar_url is null and email is null
           from chat.users where username = :'ada'), 'the rest is empty, and the user active');
select is((select (display_name, avatar_url, email)::text
           from chat.ensure_user(:'ada', 'Ada', '/ada.png', 'ada@example.org')),
          '(Ada,/ada.png,ada@example.org)', 'a profile that is given is stored');
select is((select count(*) from chat.users where username = :'ada'), 1::bigint, 'in the same row');

select ctid || ' ' || xmax as place from chat.users where username = :'ada' \gset
select is((select display_name from chat.ensure_user(:'ada', 'Ada', '/ada.png', 'ada@example.org')),
          'Ada', 'an equal profile gives the same user');
select is((select ctid || ' ' || xmax from chat.users where username = :'ada'), :'place',
          'and writes nothing');
select is((select email from chat.ensure_user(:'ada', null, null, null)), 'ada@example.org',
          'null leaves a field alone');
select is((select ctid || ' ' || xmax from chat.users where username = :'ada'), :'place',
          'and writes nothing either');

select is((select (display_name, avatar_url, email)::text
           from chat.ensure_user(:'ada', 'Ada B.', null, null)),
          '("Ada B.",/ada.png,ada@example.org)', 'one changed field leaves the others alone');
select is((select (display_name, avatar_url, email)::text from chat.ensure_user(:'ada', '', '', '')),
          '("Ada B.",,)', 'an empty avatar or address is cleared, a display name is not');
select ctid || ' ' || xmax as place from chat.users where username = :'ada' \gset
select ok((select avatar_url is null from chat.ensure_user(:'ada', null, '', '')),
          'clearing what is empty is no change');
select is((select ctid || ' ' || xmax from chat.users where username = :'ada'), :'place',
          'so it writes nothing');

update chat.users set is_active = false where username = :'ada';
select is((select (is_active, display_name)::text from chat.ensure_user(:'ada', 'Other', null, null)),
          '(f,"Ada B.")', 'an inactive user is told as such and stays as they are');

select isnt((select id from chat.ensure_user('Ada ' || substr(:'ada', 5), null, null, null)),
            (select id from chat.users where username = :'ada'),
            'names that differ in case are two users');
select throws_ok($$select chat.ensure_user('', null, null, null)$$, '23514', null,
                 'an empty name is refused');
select * from finish();
rollback;
