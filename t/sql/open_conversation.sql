begin;
\ir lib/people.sql
select plan(13);
select pg_temp.person('Ada') as ada, pg_temp.person('Ben') as ben, pg_temp.church('Abbey') as abbey,
       pg_temp.church('Closed') as closed \gset
select pg_temp.staff(:abbey, 'Eve') as eve \gset
update chat.churches set is_active = false where id = :closed;

select is((select outcome from chat.open_conversation(:ada, :abbey)), 'created',
          'the first time it is made');
select pg_temp.talk(:ada, :abbey) as talk \gset
select is((select (outcome, (conversation).id)::text from chat.open_conversation(:ada, :abbey)),
          '(found,' || :talk || ')', 'after that it is found');
select is((select count(*) from chat.conversations where member_id = :ada), 1::bigint,
          'there is one of it');
select is((select (member_id, church_id, last_seq, member_unread, church_unread, member_blocked)::text
           from chat.conversations where id = :talk),
          format('(%s,%s,0,0,0,f)', :ada, :abbey), 'it begins empty');
select ok((select last_message_id is null and last_message_text is null and last_message_at is null
                  and updated_at = created_at from chat.conversations where id = :talk),
          'without a last message');
select pg_temp.place(:talk) as place \gset
select is((select outcome from chat.open_conversation(:ada, :abbey)), 'found', 'found once more');
select is(pg_temp.place(:talk), :'place', 'finding it locks and writes nothing');
select isnt(pg_temp.talk(:ben, :abbey), :talk::bigint, 'another member has another');
select is((select outcome from chat.open_conversation(:eve, :abbey)), 'created',
          'SQL may open one for staff with their own church, as its member');

select is((select outcome from chat.open_conversation(:ada, 0)), 'no_church', 'an unknown church');
select is((select outcome from chat.open_conversation(:ada, :closed)), 'no_church',
          'an inactive church');
update chat.conversations set member_blocked = true where id = :talk;
select is((select (outcome, (conversation).id)::text from chat.open_conversation(:ada, :abbey)),
          '(blocked,)', 'a blocked member is refused');
update chat.users set is_active = false where id = :ben;
select is((select outcome from chat.open_conversation(:ben, :abbey)), 'user_inactive',
          'an inactive user is refused');
select * from finish();
rollback;
