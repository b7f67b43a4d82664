begin;
\ir lib/people.sql
select plan(13);
select pg_temp.person('Ada') as ada, pg_temp.person('Ben') as ben, pg_temp.church('Abbey') as abbey \gset
select pg_temp.staff(:abbey, 'Eve') as eve \gset
select pg_temp.talk(:ada, :abbey) as talk, pg_temp.talk(:ben, :abbey) as other_talk \gset
select pg_temp.say(:ada, :talk) as m1, pg_temp.say(:ada, :talk) as m2, pg_temp.say(:eve, :talk) as m3,
       pg_temp.say(:ben, :other_talk) as elsewhere \gset
select updated_at as updated_at from chat.conversations where id = :talk \gset

select is((select (outcome, marked)::text from chat.mark_message_read(:eve, :talk, :m2)), '(read,1)',
          'one message is marked');
select is((select array_agg(id) from chat.messages where conversation_id = :talk and read_at is not null),
          array[:m2]::bigint[], 'and no other, not even older ones');
select ok(pg_temp.counters_are_true(:talk), 'the counter follows');
select is((select updated_at from chat.conversations where id = :talk), :'updated_at'::timestamptz,
          'reading does not move the conversation');
select pg_temp.place(:talk) as place \gset
select is((select (outcome, marked)::text from chat.mark_message_read(:eve, :talk, :m2)), '(read,0)',
          'once is enough');
select is((select (outcome, marked)::text from chat.mark_message_read(:eve, :talk, :m3)), '(read,0)',
          'one''s own side''s message is not for oneself to mark');
select is(pg_temp.place(:talk), :'place', 'neither locks or writes anything');
select is((select marked from chat.mark_message_read(:ada, :talk, :m3)), 1::bigint,
          'the member marks the church''s');
select is((select outcome from chat.mark_message_read(:eve, :talk, :elsewhere)), 'not_found',
          'a message of another conversation');
select is((select outcome from chat.mark_message_read(:ben, :talk, :m1)), 'not_found', 'a stranger');
update chat.users set is_active = false where id = :eve;
select is((select outcome from chat.mark_message_read(:eve, :talk, :m1)), 'user_inactive',
          'an inactive user is refused');
select is(pg_temp.unread(:talk, false), 1::bigint, 'one is left unread');
select ok(pg_temp.counters_are_true(:talk), 'as the counters say');
select * from finish();
rollback;
