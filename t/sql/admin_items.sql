begin;
\ir lib/people.sql
select plan(24);

-- A list may have hostile filters, whatever C lets through: they are values.
select pg_temp.person('Ada') as ada, pg_temp.person('O''Neil') as neil, pg_temp.church('Abbey') as abbey \gset
select pg_temp.talk(:ada, :abbey) as talk \gset
select pg_temp.say(:ada, :talk, 'hello') as m1, pg_temp.say(:ada, :talk, 'again') as m2 \gset

select lives_ok(format('select * from chat.admin_items(%L, %L, %L, 10, null, null)', k, '{}', '-id'), 'a list of the kind ' || k)
from unnest(array['user', 'church', 'staff', 'conversation', 'message', 'attachment', 'notification', 'delivery', 'audit']) k;
select lives_ok(format('select * from chat.admin_items(%L, %L, %L, 10, null, null)', 'user', jsonb_build_object('q', q), 'name'), q)
from unnest(array[''' or true --', '\', '%', '_', '$$', '"', E'\n', '%1$s']) q;
select throws_ok($$select * from chat.admin_items('user', '{"1=1 or id": "7"}', '-id', 10, null, null)$$, 'P0001', null, 'a filter that is none');
select throws_ok($$select * from chat.admin_items('user', '{}', 'id; drop table chat.users', 10, null, null)$$, '20000', null, 'an order that is none');
select throws_ok($$select * from chat.admin_kind('nothing')$$, '20000', null, 'a kind that is none');
select is_empty(format('select * from chat.admin_items(''message'', %L, ''-id'', 10, null, null)', '{"conversation_id": "0"}'), 'of nothing');
select results_eq(format('select id from chat.admin_items(''message'', %L, ''-id'', 10, %s, null)',
                         jsonb_build_object('conversation_id', :talk), :m2), array[:m1::bigint], 'after a cursor');
select is((select m.id from chat.messages m where m.id = chat.first_message_since('-infinity')
           or m.id > chat.first_message_since('-infinity') order by 1 limit 1), (select min(id) from chat.messages), 'all are later than the beginning');
select is(chat.first_message_since('infinity'), (select max(id) + 1 from chat.messages), 'and none than the end');
select * from finish();
rollback;
