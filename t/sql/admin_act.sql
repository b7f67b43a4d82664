-- What administrators do to many objects: how much at once, what a dry run says of it, what the audit log has.
begin;
\ir lib/people.sql
select plan(39);
create function pg_temp.boss() returns chat.administrator language sql as $$ select row('boss', '192.0.2.1', 'r1')::chat.administrator $$;
create function pg_temp.act(kind text, action text, ids bigint[], after_id bigint default null) returns text language sql as $$
    select concat_ws(' ', a.done, a.skipped, a.has_more, coalesce(a.next_after::text, 'null')) from chat.admin_act(pg_temp.boss(), kind, action, ids, null, after_id, null) a
$$;
create function pg_temp.would(kind text, action text, ids bigint[], filters jsonb default null, after_id bigint default null) returns text language sql as $$
    select concat_ws(' ', w.objects, w.messages, w.attachments, w.at_least) from chat.admin_would(kind, action, ids, filters, after_id) w
$$;
-- What the audit log has of an object, the newest first: what was done, and to which.
create function pg_temp.history(kind text, of_id bigint) returns text language sql as $$
    select coalesce(string_agg(concat_ws(' ', l.action, l.after ->> 'done', l.after ->> 'ids'), '; ' order by i.id desc), '')
    from chat.admin_items('audit', jsonb_build_object('object_kind', kind, 'object_id', of_id), '-id', 100, null, null) i join chat.audit_log l on l.id = i.id
$$;
select pg_temp.person('Ada') as ada, pg_temp.person('Ben') as ben, pg_temp.person('Cid') as cid, pg_temp.church('Abbey') as abbey \gset
select pg_temp.staff(:abbey, 'Eve') as eve, pg_temp.talk(:ada, :abbey) as t1, pg_temp.talk(:ben, :abbey) as t2, pg_temp.talk(:cid, :abbey) as t3 \gset
select pg_temp.say(:ada, :t1, 'one') as m1, pg_temp.say(:eve, :t1, 'two') as m2, pg_temp.say(:ben, :t2, 'three') as m3 \gset
select array[:t1, :t2, :t3]::bigint[] as talks, array[:m1, :m2, :m3]::bigint[] as messages \gset

-- A dry run counts what would be changed, and no more.
select chat.block_member(:eve, :t2, true) \gset x
update chat.messages set flag = 'links' where id = :m2;
update chat.messages set has_attachment = true where id = :m3;
insert into chat.attachments (conversation_id, message_id, name, kind, content_type, size_bytes, sha256)
values (:t2, :m3, 'x', 'other', 'text/plain', 1, sha256('')) returning id as file \gset
select is(pg_temp.would('conversation', 'delete', :'talks'), '3 3 1 f', 'conversations with all in them');
select is(pg_temp.would('conversation', 'delete', :'talks', null, :t1), '2 1 1 f', 'after one of them');
select is(pg_temp.would('conversation', 'mark_read', :'talks'), '2 3 0 f', 'messages that are unread');
select is(pg_temp.would('conversation', 'block', :'talks'), '2 0 0 f', 'members that are not blocked');
select is(pg_temp.would('conversation', 'unblock', :'talks'), '1 0 0 f', 'members that are');
select is(pg_temp.would('message', 'delete', :'messages'), '3 3 1 f', 'messages with their files');
select is(pg_temp.would('message', 'unflag', :'messages'), '1 1 0 f', 'messages that are flagged');
select is(pg_temp.would('message', 'unflag', null, jsonb_build_object('conversation_id', :t2)), '0 0 0 f', 'of those that a filter finds');
select is(pg_temp.would('message', 'delete', null, jsonb_build_object('conversation_id', :t1), :m2), '1 1 0 f', 'after one of them, on the way from the newest');
select is(chat.admin_ids('message', jsonb_build_object('conversation_id', :t1), null, 1), array[:m2]::bigint[], 'the newest first');
select is(pg_temp.would('attachment', 'delete', array[:file]), '1 0 1 f', 'files');
with sent as (
    insert into chat.outbox (conversation_id, user_id, kind, state, due_at, done_at)
    values (:t1, :eve, 'email', 'dead', now(), now()), (:t1, :eve, 'email', 'dead', now(), now()), (:t1, :eve, 'push', 'sent', now(), now()),
           (:t2, :eve, 'email', 'dropped', now(), now()), (:t2, :eve, 'email', 'due', 'infinity', null)
    returning id)
select array_agg(id order by id) as sent from sent \gset
select is(pg_temp.would('delivery', 'retry', :'sent'), '1 0 0 f', 'the last failed one of a reader, unless one is due');
select is(pg_temp.would('delivery', 'drop', :'sent'), '3 0 0 f', 'what is due or has failed');
select is(pg_temp.act('delivery', 'retry', :'sent'), '1 4 f null', 'which is done');
select is(pg_temp.history('delivery', (:'sent'::bigint[])[2]), 'retry 1 ' || to_jsonb(:'sent'::bigint[])::text, 'and in the history of each');
select is((select array_agg(state order by id) from chat.outbox where id = any (:'sent')), '{dead,due,sent,dropped,due}', 'to these');

-- Marked as read: as many as fit, from the smallest id on.
update chat.conversations set member_unread = 3000 where id in (:t1, :t2);
update chat.conversations set member_unread = 6000 where id = :t3;
select is(pg_temp.act('conversation', 'mark_read', :'talks'), '1 0 t ' || :t1, 'of three with too many together one');
select is(pg_temp.act('conversation', 'mark_read', :'talks', :t1), '1 0 t ' || :t2, 'then another');
select is(pg_temp.act('conversation', 'mark_read', :'talks', :t2), '1 0 f null', 'and one that alone has too many');
select is((select sum(member_unread + church_unread) from chat.conversations where id = any (:'talks')), 0::bigint, 'nothing is unread');
select is((select count(*) from chat.messages where conversation_id = any (:'talks') and read_at is null), 0::bigint, 'in any message');
select is(pg_temp.history('conversation', c.id), format('mark_read 1 [%s]', c.id), 'the log says of each only the part that it was in')
from (values (:t1), (:t2), (:t3)) c (id);

-- A conversation that alone has too many messages is deleted in parts: has_more says so, although after does not change.
insert into chat.messages (conversation_id, seq, sender_id, from_church, content, created_at) select :t2, n, :ben, false, 'x', now() from generate_series(2, 5002) n;
update chat.conversations set last_seq = 5002 where id = :t2;
select is(pg_temp.act('conversation', 'delete', array[:t2, :t3]::bigint[]), '0 0 t null', 'a part of its messages');
select is(pg_temp.act('conversation', 'delete', array[:t2, :t3]::bigint[], :t1), '1 0 t ' || :t2, 'then the rest');
select is(pg_temp.act('conversation', 'delete', array[:t2, :t3]::bigint[], :t2), '1 0 f null', 'then the next one');
select is_empty(format('select from chat.conversations where id in (%s, %s)', :t2, :t3), 'both are gone');
select is(pg_temp.history('conversation', :t2), format('delete 1 [%1$s]; delete 0 [%1$s]; mark_read 1 [%1$s]', :t2), 'the log has both parts of it');
select is(pg_temp.history('conversation', :t3), format('delete 1 [%1$s]; mark_read 1 [%1$s]', :t3), 'and of the next one only its own');

-- What filters have found is in the log by its ids, and so in the history of each; other objects have the same ids.
select pg_temp.talk(:ada, pg_temp.church('Barn')) as t4 \gset
select count(pg_temp.say(:ada, :t4, 'x ' || n)) from generate_series(1, 3) n \gset x
select array_agg(id order by id) as found, max(id) as last from chat.messages where conversation_id = :t4 \gset
select a.done, a.audit_id from chat.admin_act(pg_temp.boss(), 'message', 'delete', null, jsonb_build_object('conversation_id', :t4, 'unread', true), null, 'r') a \gset by_filter_
select is(:by_filter_done, 3, 'of a filter three');
select is((select array(select jsonb_array_elements_text(after -> 'ids')::bigint order by 1) from chat.audit_log where id = :by_filter_audit_id), :'found'::bigint[], 'the log has their ids');
select is((select after -> 'filter' from chat.audit_log where id = :by_filter_audit_id), jsonb_build_object('conversation_id', :t4, 'unread', true), 'beside the filter');
select is((select array_agg(i.id) from chat.admin_items('audit', jsonb_build_object('object_kind', 'message', 'object_id', :last), '-id', 9, null, null) i),
          array[:by_filter_audit_id]::bigint[], 'and each of them its history');
select is((select array_agg(i.id) from chat.admin_items('audit', jsonb_build_object('object_kind', 'conversation', 'object_id', :last), '-id', 9, null, null) i
           where i.id = :by_filter_audit_id), null, 'not a conversation of the same id');
select is((select c.count from chat.admin_count('audit', jsonb_build_object('object_kind', 'message', 'object_id', :last), 'year', 10) c), 1::bigint, 'so it is counted');

select count(*) from chat.admin_export('user', '{"q": "x"}', 'id', 1, 1, null, null, pg_temp.boss(), 'csv') \gset x
select is((select after -> 'filter' from chat.audit_log where action = 'export' order by id desc limit 1), '{"q": "x"}', 'an export says its filter as an action does');

-- A part of an export that is limited by its bytes does not read the rest.
set local enable_seqscan = off;
set local enable_sort = off;
insert into chat.users (username, display_name) select 'many-' || n || gen_random_uuid(), 'Many' from generate_series(1, 3000) n;
select pg_stat_get_xact_tuples_fetched('chat.users_pkey'::regclass) as fetched \gset
select count(*) from chat.admin_export('user', '{}', '-id', 2000, 1000, null, null, pg_temp.boss(), 'csv') \gset part_
select cmp_ok(:part_count, '<', 20, 'some rows fit');
select cmp_ok(pg_stat_get_xact_tuples_fetched('chat.users_pkey'::regclass) - :fetched, '<', 200::bigint, 'and not many more are read');
select * from finish();
rollback;
