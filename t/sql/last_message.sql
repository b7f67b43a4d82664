begin;
\ir lib/people.sql
select plan(4);
select pg_temp.person('Ada') as ada, pg_temp.church('Abbey') as abbey, pg_temp.church('Chapel') as chapel \gset
select pg_temp.talk(:ada, :abbey) as talk, pg_temp.talk(:ada, :chapel) as other_talk \gset

select is_empty(format('select * from chat.last_message(%s)', :talk), 'an empty conversation has none');
select pg_temp.say(:ada, :talk, 'one') as m1, pg_temp.say(:ada, :talk, 'two') as m2,
       pg_temp.say(:ada, :other_talk, 'elsewhere') as m3 \gset
select is((select (id, content)::text from chat.last_message(:talk)), format('(%s,two)', :m2),
          'it is the newest of its conversation');
select is((select m.id from chat.last_message(:talk) m),
          (select last_message_id from chat.conversations where id = :talk),
          'the one that the conversation names');
select is_empty('select * from chat.last_message(0)', 'no conversation has none');
select * from finish();
rollback;
