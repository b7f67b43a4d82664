begin;
\ir lib/people.sql
select plan(6);
select pg_temp.person('Ada Archer') as ada, pg_temp.church(U&'St. Anne\2019s') as anne \gset
select pg_temp.staff(:anne, 'Eve') as eve \gset
select pg_temp.talk(:ada, :anne) as talk \gset

select is((select chat.printable_name(u) from chat.users u where id = :ada), 'Ada Archer',
          'a user by display name');
select is((select chat.printable_name(h) from chat.churches h where id = :anne), U&'St. Anne\2019s',
          'a church by its name');
select is((select chat.printable_name(c) from chat.conversations c where id = :talk),
          U&'Ada Archer and St. Anne\2019s', 'a conversation by member and church');
select pg_temp.say(:ada, :talk, 'good morning') as m1, pg_temp.say(:eve, :talk, repeat('ä', 51)) as m2,
       pg_temp.say(:eve, :talk, repeat('ä', 50)) as m3 \gset
select is((select chat.printable_name(m) from chat.messages m where conversation_id = :talk and id = :m1),
          'Ada Archer: good morning', 'a message by sender and text');
select is((select chat.printable_name(m) from chat.messages m where conversation_id = :talk and id = :m2),
          'Eve: ' || repeat('ä', 49) || '…', 'of a long text the beginning');
select is((select chat.printable_name(m) from chat.messages m where conversation_id = :talk and id = :m3),
          'Eve: ' || repeat('ä', 50), 'of a text that just fits all');
select * from finish();
rollback;
