begin;
\ir lib/people.sql
select plan(12);
select pg_temp.person('Ada') as ada, pg_temp.person('Ben') as ben, pg_temp.church('Abbey') as abbey,
       pg_temp.church('Chapel') as chapel \gset
select pg_temp.staff(:abbey, 'Eve') as eve, pg_temp.staff(:chapel, 'Kim') as kim \gset
select pg_temp.talk(:ada, :abbey) as talk, pg_temp.talk(:eve, :abbey) as own_talk \gset
select updated_at as updated_at from chat.conversations where id = :talk \gset

select is(chat.block_member(:eve, :talk, true), 'done', 'staff can block');
select ok((select member_blocked from chat.conversations where id = :talk), 'the member is blocked');
select is((select updated_at from chat.conversations where id = :talk), :'updated_at'::timestamptz,
          'the conversation does not move');
select pg_temp.place(:talk) as place \gset
select is(chat.block_member(:eve, :talk, true), 'done', 'blocking again is no error');
select is(pg_temp.place(:talk), :'place', 'and writes nothing');
select is(chat.block_member(:eve, :talk, false), 'done', 'staff can allow it again');
select is((select outcome from chat.send_message(:ada, :talk, 'back')), 'posted', 'and it is allowed');
select is(chat.block_member(:ada, :talk, true), 'not_staff', 'a member cannot');
select is(chat.block_member(:eve, :own_talk, true), 'not_staff',
          'nor can staff where they are the member');
select is(array[chat.block_member(:ben, :talk, true), chat.block_member(:kim, :talk, true),
                chat.block_member(:eve, 0, true)],
          '{not_found,not_found,not_found}', 'others do not learn that it exists');
update chat.users set is_active = false where id = :eve;
select is(chat.block_member(:eve, :talk, true), 'user_inactive', 'an inactive user is refused');
select ok((select not member_blocked from chat.conversations where id = :talk),
          'no refusal has blocked anybody');
select * from finish();
rollback;
