begin;
\ir lib/people.sql
select plan(7);
select pg_temp.person('Ada') as ada, pg_temp.church('Abbey') as abbey, pg_temp.church('Bethel') as bethel \gset
select pg_temp.staff(:abbey, 'Eve') as eve \gset

select is((select outcome from chat.start_conversation(:ada, :abbey)), 'created', 'a member''s is made');
select is((select (outcome, (conversation).id)::text from chat.start_conversation(:ada, :abbey)),
          '(found,' || pg_temp.talk(:ada, :abbey) || ')', 'and found');
select is((select (outcome, (conversation).id)::text from chat.start_conversation(:eve, :abbey)), '(own_church,)',
          'staff have none with their own church');
select is((select outcome from chat.start_conversation(:eve, :bethel)), 'created', 'but with another one');
insert into chat.church_staff (church_id, user_id) values (:abbey, :ada);
select is((select outcome from chat.start_conversation(:ada, :abbey)), 'found', 'one from before the role is found');
update chat.churches set is_active = false where id = :abbey;
select is((select outcome from chat.start_conversation(:eve, :abbey)), 'no_church', 'an inactive church is none');
update chat.users set is_active = false where id = :eve;
select is((select outcome from chat.start_conversation(:eve, :bethel)), 'user_inactive', 'an inactive user is refused');
select * from finish();
rollback;
