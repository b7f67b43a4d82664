-- What is erased of a user, a part at a time, and what stays for others.
begin;
\ir lib/people.sql
select plan(40);
create function pg_temp.boss() returns chat.administrator language sql as $$ select row('boss', '192.0.2.1', 'r1')::chat.administrator $$;
create function pg_temp.erase(of_user bigint, why text default 'asked', after_id bigint default null) returns jsonb language sql as $$
    select jsonb_build_object('removed', e.removed::jsonb, 'has_more', e.has_more, 'after', e.next_after, 'id', e.audit_id)
    from chat.erase_user(pg_temp.boss(), of_user, why, after_id) e
$$;
-- How often a word is in a column of a table, of all that are there.
create function pg_temp.places(word text) returns setof text language plpgsql as $$
declare
    one record;
    n bigint;
begin
    for one in
        select a.attrelid::regclass as relation, a.attname,
               case when a.atttypid = 'bytea'::regtype then format('encode(%I, ''escape'')', a.attname) else format('%I::text', a.attname) end as value
        from pg_attribute a
        join pg_class c on c.oid = a.attrelid
        where c.relnamespace = 'chat'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
          and a.atttypid not in ('bigint'::regtype, 'integer'::regtype, 'smallint'::regtype, 'boolean'::regtype)
    loop
        execute format('select count(*) from %s where strpos(lower(%s), %L) > 0', one.relation, one.value, lower(word)) into n;
        if n > 0 then
            return next replace(one.relation::text, 'chat.', '') || '.' || one.attname;
        end if;
    end loop;
end $$;

select pg_temp.person('Zebulon') as her, pg_temp.person('Ben') as ben, pg_temp.church('Abbey') as abbey, pg_temp.church('Chapel') as chapel \gset
update chat.users set external_id = 'id-zebulon-1', username = 'zebulon', email = 'Zebulon@Example.org', avatar_url = 'https://example.org/zebulon.png' where id = :her;
select pg_temp.talk(:her, :abbey) as talk, pg_temp.talk(:ben, :chapel) as other \gset
select pg_temp.staff(:abbey, 'Eve') as eve \gset
select pg_temp.say(:her, :talk, 'quincunx of zebulon') as m1, pg_temp.say(:eve, :talk, 'quincunx yourself') as m2 \gset
insert into chat.church_staff (church_id, user_id) values (:chapel, :her);
insert into chat.file_parts (file, n, bytes, created_at) values (md5('mine'), 0, 'quincunx', now() - interval '1 day'), (md5('other'), 0, 'abc', now() - interval '1 day');
select pg_temp.say(:ben, :other, 'help') as m3 \gset
select (s.message).id as m4
from chat.send_attachment(:her, :talk, '', null, null, md5('mine'), 'quincunx.txt', 'other', 'text/plain', 8, sha256('a'), null, null, 'zebulon', null, null, true, true) s \gset
select (s.message).id as m5
from chat.send_attachment(:her, :other, 'an answer', null, null, md5('other'), 'b.txt', 'other', 'text/plain', 3, sha256('b'), null, null, 'zebulon', null, null, true, true) s \gset
insert into chat.preferences (user_id, language) values (:her, 'tlh');
insert into chat.push_subscriptions (user_id, endpoint, p256dh, auth) values (:her, 'https://push.example/zebulon', 'x', 'y');
insert into chat.mail_failures (address, failures, is_off, error) values ('zebulon@example.org', 1, true, 'no such user');
insert into chat.outbox (conversation_id, user_id, kind, due_at, last_error) values (:other, :her, 'email', now(), 'quincunx'), (:talk, :eve, 'email', now(), 'quincunx');
insert into chat.notification_marks (user_id, conversation_id, read_up_to, read_at) values (:her, :other, :m3, now());
insert into chat.waiting (conversation_id, church_side) values (:talk, true) on conflict do nothing;
select chat.index_messages('simple', now(), 100000) as x \gset
select coalesce(max(id), 0) as mark from chat.audit_log \gset
insert into chat.audit_log (username, address, action, object_kind, object_id, before, after, reason) values
    ('zebulon', '192.0.2.99', 'view', 'conversation', 1, null, null, null),
    ('boss', '192.0.2.1', 'change', 'user', :her, '{"username": "zebulon", "n": 5, "of": ["Zebulon", null, true, {"zebulon": "x"}]}', '{"q": "id-zebulon-1"}', 'Zebulon (ZEBULON@example.org) asked'),
    ('boss', '192.0.2.1', 'change', 'user', 0, '{"a": "zebulons"}', '[]', 'zebulon2 and Ben');
select is((select string_agg(p, ' ' order by p) from pg_temp.places('zebulon') p),
    'attachments.quota_key audit_log.after audit_log.before audit_log.reason audit_log.username mail_failures.address message_words.search messages.content push_subscriptions.endpoint '
    'users.avatar_url users.display_name users.email users.external_id users.folded_name users.name_look users.username', 'where the name is');
select is((select string_agg(p, ' ' order by p) from pg_temp.places('quincunx') p),
    'attachments.name conversations.last_message_text file_parts.bytes message_words.search messages.content outbox.last_error', 'where what was written is');

select is(pg_temp.erase(0), '{"removed": null, "has_more": null, "after": null, "id": null}', 'nobody');
select count(*) as before from chat.audit_log \gset
select pg_temp.erase(:her, 'Zebulon wants it, not zebulon2') as answer \gset
select is((:'answer'::jsonb - 'id') #- '{removed,audit_log}', '{"removed": {"conversations": 1, "messages": 3, "attachments": 1, "outbox": 1,
    "notification_marks": 1, "push_subscriptions": 1, "preferences": 1, "mail_failures": 1, "church_staff": 1, "users": 1}, "has_more": false, "after": null}', 'all in one call');
select is(:'answer'::jsonb #>> '{removed,audit_log}', '2', 'two rows of the log have lost a name');
select is_empty($$select * from pg_temp.places('zebulon') p where p not in ('audit_log.after', 'audit_log.before', 'audit_log.reason')$$, 'the name is nowhere');
select is((select string_agg(concat_ws(' ', username, address, object_id, before, after, reason), '; ' order by id) from chat.audit_log where id <> (:'answer'::jsonb ->> 'id')::bigint and id > :mark),
    format('Erased user %1$s 1; boss 192.0.2.1 %1$s {"n": 5, "of": ["Erased user %1$s", null, true, {"zebulon": "x"}], "username": "Erased user %1$s"} {"q": "Erased user %1$s"} '
           'Erased user %1$s (Erased user %1$s) asked; boss 192.0.2.1 0 {"a": "zebulons"} [] zebulon2 and Ben', :her),
    'the log has the pseudonym, and neither parts of words nor names of members change');
select is((select row(username, action, object_kind, object_id, reason, after = :'answer'::jsonb -> 'removed')::text from chat.audit_log where id = (:'answer'::jsonb ->> 'id')::bigint),
    format('(boss,erase,user,%1$s,"Erased user %1$s wants it, not zebulon2",t)', :her), 'this as well, in its own row');
select is((select count(*) from chat.audit_log), :before::bigint + 1, 'no row is gone');
select is((select string_agg(p, ' ') from pg_temp.places('quincunx') p), 'file_parts.bytes', 'nothing of what was written either, but for the file');
select is((select array_agg(s.removed) from chat.sweep_files(repeat('0', 32), '1 hour') s), '{1}', 'which is the sweep''s');
select is_empty($$select pg_temp.places('quincunx')$$, 'and then is gone');
select is((select row(external_id, username, display_name, email, avatar_url, is_active)::text from chat.users where id = :her),
    format('(,,"Erased user %s",,,f)', :her), 'the user is a row without a name');
select is((select string_agg(content, ' ' order by id) from chat.messages where conversation_id = :other and sender_id in (:ben, :her)), 'help an answer', 'what was written as staff stays');
select is((select quota_key from chat.attachments where conversation_id = :other), 'user ' || :her, 'with its file');
select is((select string_agg(octet_length(bytes)::text, ',') from chat.file_parts where file = md5('other')), '3', 'all of it');
select ok((select count(*) > 0 from chat.events where kind = 5 and user_id = :her), 'sockets are closed');
select ok((select count(*) > 0 from chat.events where kind = 11 and conversation_id = :talk), 'and staff hear of the conversation');
select is((select count(*) from chat.users where id = :ben and is_active and username like 'Ben %'), 1::bigint, 'others are as they were');
select is((select string_agg(value, ' ') from chat.check(:other)), null, 'and all is right');
select is(pg_temp.erase(:her) -> 'removed', '{"conversations": 0, "messages": 0, "attachments": 0, "outbox": 0, "notification_marks": 0, "push_subscriptions": 0,
    "preferences": 0, "mail_failures": 0, "church_staff": 0, "audit_log": 0, "users": 0}', 'again, nothing is left');
select is((select (u).id = :her from chat.ensure_user('id-zebulon-1', 'zebulon', 'Zebulon', null, null, null) u), false, 'who logs in by that name is another one');

-- An address that somebody else has as well; an administrator who is erased.
select pg_temp.person('Cid') as cid \gset
update chat.users set email = 'both@example.org' where id in (:cid, :ben);
insert into chat.mail_failures (address, failures, is_off, error) values ('both@example.org', 1, true, 'no');
update chat.users set username = 'boss', external_id = 'boss' where id = :cid;
select is(pg_temp.erase(:cid) #>> '{removed,mail_failures}', '0', 'the failures of an address that another one has stay');
select is((select row(username, address)::text from chat.audit_log order by id desc limit 1), format('("Erased user %s",)', :cid), 'who erases themself has no name in the log');
select is_empty($$select from chat.audit_log where username = 'boss'$$, 'in no row');

-- Who is called as an administrator is, or has the same address, takes nothing from the administrator's rows.
select pg_temp.person('Max') as max \gset
update chat.users set username = 'u-max', external_id = 'id-max', display_name = 'Root', email = 'root@example.org' where id = :max;
update chat.attachments set quota_key = 'key Root' where conversation_id = :other;
select max(id) as mark from chat.audit_log \gset
insert into chat.audit_log (username, address, action, object_kind, object_id, before, reason) values
    ('Root', '192.0.2.7', 'change', 'user', :ben, '{"a": "root"}', 'the root of it, u-max, root@example.org'),
    ('root@example.org', '192.0.2.8', 'change', 'user', :ben, null, null),
    ('Root', '192.0.2.7', 'change', 'user', :max, '{"a": "root"}', 'the root of it'),
    ('u-max', '192.0.2.9', 'change', 'user', :ben, '{"a": "root"}', 'the root of it');
select (chat.erase_user(row('Root', '192.0.2.7', 'r1')::chat.administrator, :max, 'Root and u-max', null)).audit_id as max_log \gset
select is((select string_agg(concat_ws(' ', username, address), '; ' order by id) from chat.audit_log where id > :mark and id < :max_log),
    format('Root 192.0.2.7; root@example.org 192.0.2.8; Root 192.0.2.7; Erased user %s', :max), 'only what the user has done has lost its name');
select is((select concat_ws(' ', username, address, reason) from chat.audit_log where id = :max_log), format('Root 192.0.2.7 Erased user %1$s and Erased user %1$s', :max), 'so the row of the erasure');
select is((select concat_ws(' ', before, reason) from chat.audit_log where id > :mark order by id limit 1),
    format('{"a": "root"} the root of it, Erased user %1$s, Erased user %1$s', :max), 'a display name stays in rows about others');
select is((select concat_ws(' ', before, reason) from chat.audit_log where id > :mark order by id limit 1 offset 2),
    format('{"a": "Erased user %1$s"} the Erased user %1$s of it', :max), 'not in rows about the user');
select is((select concat_ws(' ', before, reason) from chat.audit_log where id > :mark order by id limit 1 offset 3),
    format('{"a": "Erased user %1$s"} the Erased user %1$s of it', :max), 'nor in rows that the user has written');
select is((select quota_key from chat.attachments where conversation_id = :other), 'key Root', 'and files of another one count for that one');

-- More than fits: conversations first, then the log; the name goes last.
select pg_temp.person('Dora') as dora \gset
select pg_temp.talk(:dora, :abbey) as many \gset
insert into chat.messages (conversation_id, seq, sender_id, from_church, content, created_at) select :many, n, :dora, false, 'x', now() from generate_series(1, 5001) n;
update chat.conversations set last_seq = 5001 where id = :many;
insert into chat.audit_log (username, action, object_kind, object_id, reason) select 'x', 'y', 'user', :dora, 'Dora' from generate_series(1, 10001);
select pg_temp.erase(:dora) as answer \gset
select is((:'answer'::jsonb -> 'has_more')::text || (:'answer'::jsonb #>> '{removed,messages}') || (:'answer'::jsonb #>> '{removed,audit_log}'), 'true50000', 'a part of the messages');
select is((select row(display_name, is_active)::text from chat.users where id = :dora), '(Dora,f)', 'switched off at once, and still to be found');
select pg_temp.erase(:dora) as answer \gset
select ok((:'answer'::jsonb -> 'has_more')::boolean and (:'answer'::jsonb -> 'after')::bigint > 0, 'then a part of the log');
select pg_temp.erase(:dora, 'Dora', (:'answer'::jsonb -> 'after')::bigint) as answer \gset
select is((:'answer'::jsonb -> 'has_more')::text || (:'answer'::jsonb #>> '{removed,users}'), 'false1', 'and then the rest');
select is_empty($$select pg_temp.places('dora')$$, 'nothing has the name');

-- Names as they are written.
select is((select chat.erase_names(t, n, chat.pattern_of_names(n), 'X') from (values ('a.b (axb), A.B! 17 und Zoë Müller; zoë-müller', '{a.b,17,Zoë Müller}'::text[])) v (t, n)),
    'X (axb), X! 17 und X; zoë-müller', 'signs are themselves, and numbers are not names within a text');
select is(chat.erase_names('17', '{17}', chat.pattern_of_names('{17}'), 'X'), 'X', 'but are alone');
select is(chat.erase_names('田中さん', '{田中}', chat.pattern_of_names('{田中}'), 'X'), 'Xさん', 'not all scripts write blanks');
select is(chat.erase_names('a\b [c] d', '{"a\\b [c]"}', chat.pattern_of_names('{"a\\b [c]"}'), 'X'), 'X d', 'nor is anything an expression');
select * from finish();
rollback;
