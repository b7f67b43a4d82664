-- What administrators change one by one: by whom, when it is stale, what the audit log says.
begin;
\ir lib/people.sql
select plan(33);
select pg_temp.person('Ada') as ada, pg_temp.church('Abbey') as abbey, pg_temp.church('Chapel') as chapel \gset
select pg_temp.staff(:abbey, 'Eve') as eve, pg_temp.talk(:ada, :abbey) as talk \gset
select pg_temp.say(:ada, :talk, 'one') as m1, pg_temp.say(:eve, :talk, 'two') as m2, pg_temp.say(:ada, :talk, 'three') as m3 \gset
create function pg_temp.boss() returns chat.administrator language sql as $$ select row('boss', '192.0.2.1', 'r1')::chat.administrator $$;
create function pg_temp.logged() returns text language sql as $$
    with read as (delete from chat.audit_log a where a.username = 'boss' returning a.*)
    select coalesce(string_agg(concat_ws(' ', action, object_kind, object_id, before::text, '->', after::text, reason), '; ' order by id), '')
    from read
$$;

select is((select outcome from chat.admin_change(pg_temp.boss(), 'user', 0, '{*}', '{}')), 'not_found', 'of nobody');
select is((select outcome from chat.admin_change(pg_temp.boss(), 'user', :ada, '{0,1}', '{"is_active": false}')), 'stale', 'another than was seen');
select ok((select is_active from chat.users where id = :ada), 'is not changed');
select is((select outcome from chat.admin_change(pg_temp.boss(), 'user', :ada, '{}', '{}')), 'stale', 'nothing that was seen');
select is(pg_temp.logged(), '', 'a refusal is not logged');
select etag as etag from chat.admin_item('user', :ada) \gset
select is((select outcome from chat.admin_change(pg_temp.boss(), 'user', :ada, array['x', :'etag'], '{"display_name": "Ada Lee", "email": "ada@example.org", "language": "de"}')),
          'done', 'what was seen');
select is((select row(display_name, email, is_active)::text from chat.users where id = :ada), '("Ada Lee",ada@example.org,t)', 'is changed, and nothing else');
select is((select language from chat.preferences where user_id = :ada), 'de', 'the language as well');
select is(pg_temp.logged(), 'change user ' || :ada || ' {"email": null, "language": null, "display_name": "A…"} -> {"email": "a…", "language": "de", "display_name": "A…"}',
          'the log has what differs, and of names and addresses no more than their first character');
select is((select outcome from chat.admin_change(pg_temp.boss(), 'user', :ada, array[:'etag'], '{"is_active": false}')), 'stale', 'what was seen before that is stale');
select is((select outcome || etag from chat.admin_change(pg_temp.boss(), 'user', :ada, '{*}', '{"email": "ada@example.org"}')),
          'done' || (select etag from chat.admin_item('user', :ada)), 'the same again');
select is(pg_temp.logged(), '', 'changes nothing, and is not logged');
select is((select item::json ->> 'is_active' from chat.admin_change(pg_temp.boss(), 'user', :ada, '{*}', '{"is_active": false, "email": null, "language": null}')),
          'false', 'the item is as it is afterwards');
select is((select row(email, is_active)::text from chat.users where id = :ada) || (select language is null from chat.preferences where user_id = :ada), '(,f)true', 'null takes away');
select is((select count(*)::int from chat.events where kind = 5 and user_id = :ada), 1, 'sockets of a user who is switched off are closed');

-- What others do meanwhile is no reason to refuse a change, and is not logged as one.
select pg_temp.logged() \gset x
select etag as etag from chat.admin_item('conversation', :talk) \gset
select pg_temp.say(:eve, :talk, 'four') as m4 \gset
select isnt((select etag from chat.admin_item('conversation', :talk)), :'etag', 'a conversation with another message has another ETag');
select is((select outcome from chat.admin_delete(pg_temp.boss(), 'conversation', :talk, array[:'etag'], null)), 'stale', 'for who would delete it');
select is((select outcome from chat.admin_change(pg_temp.boss(), 'conversation', :talk, array[:'etag'], '{"member_blocked": true}')), 'done',
          'but its member can be blocked');
select is(pg_temp.logged(), 'change conversation ' || :talk || ' {"member_blocked": false} -> {"member_blocked": true}', 'which alone is logged');
select is((select outcome from chat.admin_change(pg_temp.boss(), 'conversation', :talk, array[:'etag'], '{"member_blocked": false}')), 'stale', 'once');
select chat.admin_change(pg_temp.boss(), 'conversation', :talk, '{*}', '{"member_blocked": false}') \gset x
delete from chat.messages where id = :m4;
select chat.repair(:talk) \g /dev/null
select (chat.admin_create(pg_temp.boss(), 'church', '{"name": "Old Mill"}')).item::json ->> 'id' as mill \gset
select (chat.admin_create(pg_temp.boss(), 'staff', jsonb_build_object('church_id', :mill, 'user_id', :eve))).item::json ->> 'id' as place \gset
select is(regexp_replace(pg_temp.logged(), '^change .*?; ', ''),
          format('create church %1$s -> {"name": "Old Mill", "logo_url": null, "is_active": true}; create staff %2$s -> {"role": "staff", "user_id": %3$s, "church_id": %1$s}',
                 :mill, :place, :eve), 'what is made is logged as it is stored');
select is((select outcome from chat.admin_delete(pg_temp.boss(), 'church', :mill, '{*}', 'why')), 'done', 'a church is deleted');
select is(pg_temp.logged(), format('delete church %s {"name": "Old Mill", "staff": [{"role": "staff", "user_id": %s}], "logo_url": null, "is_active": true} -> why', :mill, :eve),
          'with its staff, whom the log names');
select is((select row(c.outcome, c.conversation is null)::text from chat.open_conversation(:eve, :mill) c), '(no_church,t)', 'and nobody opens a conversation with it');

-- Files in the database are removed with their attachments, to a limit.
insert into chat.file_parts (file, n, bytes) select md5('f' || f), n, '\x00' from generate_series(1, 3) f, generate_series(0, 99) n;
select chat.remove_files(array[md5('f1'), md5('f2'), md5('f3')]);
select is((select array_agg(n || '' order by f) from (select f, count(p.file) as n from generate_series(1, 3) f left join chat.file_parts p on p.file = md5('f' || f) group by f) n),
          '{0,0,100}', 'two of a hundred parts each; the third one is the sweep''s');

-- Conversations.
select is((select row(d.*)::text from chat.delete_conversations('{0}', 10) d), '(0,0,0,)', 'none');
select is((select row(d.*)::text from chat.delete_conversations(array[:talk], 2) d), '(0,2,0,)', 'too many messages for once: the oldest ones');
select is((select array_agg(content) from chat.messages where conversation_id = :talk), '{three}', 'are deleted');
select is((select string_agg(value, ' ') from chat.check(:talk)), null, 'and all is right');
select is((select row(d.*)::text from chat.delete_conversations(array[:talk], 2) d), format('(1,1,0,%s)', :talk), 'then the rest, although its numbers are higher');
select is_empty(format('select from chat.conversations where id = %s', :talk), 'nothing is left');
select is((select coalesce(sum(unread), 0) from chat.unread_of_churches where church_id = :abbey), 0::numeric, 'not in the church''s sums either');
select pg_temp.talk(pg_temp.person('Ben'), :abbey) as t1, pg_temp.talk(pg_temp.person('Cid'), :abbey) as t2 \gset
select pg_temp.say(:eve, :t1, 'a'), pg_temp.say(:eve, :t2, 'b') \gset x
select is((select row(d.*)::text from chat.delete_conversations(array[:t2, :t1], 1) d), format('(1,1,0,%s)', :t1), 'as many as fit, from the smallest id on');
select * from finish();
rollback;
