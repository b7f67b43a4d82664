begin;
\ir lib/people.sql
select plan(20);
select pg_temp.person('Ada') as ada, pg_temp.person('Ben') as ben, pg_temp.church('Abbey') as abbey \gset
select pg_temp.staff(:abbey, 'Eve') as eve, pg_temp.staff(:abbey, 'Ina') as ina \gset
select pg_temp.talk(:ada, :abbey) as talk \gset
select pg_temp.say(:ada, :talk) as m1, pg_temp.say(:eve, :talk) as m2, pg_temp.say(:ada, :talk) as m3,
       pg_temp.say(:ina, :talk) as m4, pg_temp.say(:ada, :talk) as m5 \gset
select updated_at as updated_at from chat.conversations where id = :talk \gset

select is((select (outcome, marked)::text from chat.mark_read(:eve, :talk, :m3)), '(read,2)',
          'up to a message, and with it');
select is((select array_agg(id order by id) from chat.messages
           where conversation_id = :talk and read_at is not null), array[:m1, :m3]::bigint[],
          'those of the other side are marked');
select ok(pg_temp.counters_are_true(:talk), 'the counters follow');
select ok((select bool_and(read_at >= created_at) from chat.messages
           where conversation_id = :talk and read_at is not null), 'nothing is read before it was sent');
select read_at as read_at from chat.messages where conversation_id = :talk and id = :m1 \gset
select is((select (outcome, marked)::text from chat.mark_read(:ina, :talk)), '(read,1)',
          'a colleague reads the rest');
select is((select read_at from chat.messages where conversation_id = :talk and id = :m1),
          :'read_at'::timestamptz, 'what was read keeps its time');

select pg_temp.place(:talk) as place \gset
select is((select (outcome, marked)::text from chat.mark_read(:eve, :talk)), '(read,0)',
          'again there is nothing to mark');
select is(pg_temp.place(:talk), :'place', 'so nothing is locked or written');

select is((select marked from chat.mark_read(:ada, :talk, :m1)), 0::bigint,
          'nothing of the church is as old as that');
select is(chat.unread_count(:ada, :talk), 2::bigint, 'so all of it stays unread');
select is((select marked from chat.mark_read(:ada, :talk)), 2::bigint,
          'the member reads what the church wrote');
select ok(pg_temp.counters_are_true(:talk), 'the counters follow again');
select is((select updated_at from chat.conversations where id = :talk), :'updated_at'::timestamptz,
          'reading does not move the conversation');

select is((select (outcome, marked)::text from chat.mark_read(:ben, :talk)), '(not_found,0)', 'a stranger');
select is((select outcome from chat.mark_read(:ada, 0)), 'not_found', 'no conversation');
select pg_temp.say(:eve, :talk) as m6 \gset
update chat.churches set is_active = false where id = :abbey;
update chat.conversations set member_blocked = true where id = :talk;
select is((select (outcome, marked)::text from chat.mark_read(:ada, :talk)), '(read,1)',
          'reading goes on when the member is blocked and the church inactive');
insert into chat.church_staff (church_id, user_id) values (:abbey, :ada);
update chat.churches set is_active = true where id = :abbey;
select pg_temp.say(:eve, :talk) as m7 \gset
select is((select marked from chat.mark_read(:ada, :talk)), 1::bigint,
          'a member who has become staff still reads as member there');
update chat.users set is_active = false where id = :ada;
select is((select (outcome, marked)::text from chat.mark_read(:ada, :talk)), '(user_inactive,0)',
          'an inactive user is refused');
select is((select outcome from chat.mark_read(0, :talk)), 'user_inactive', 'and so is nobody');
select ok(pg_temp.counters_are_true(:talk), 'the counters are true in the end');
select * from finish();
rollback;
