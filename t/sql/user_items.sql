-- All that is kept of a user, section after section: every text of every table that is theirs.
begin;
\ir lib/people.sql
select plan(23);
create function pg_temp.boss() returns chat.administrator language sql as $$ select row('boss', '192.0.2.1', 'r1')::chat.administrator $$;
-- In parts of some rows, as an export is read.
create function pg_temp.all_of(of_user bigint, at_once integer) returns table (place bigint, item text, id bigint, key text) language plpgsql as $$
declare
    n bigint := 0;
    found integer;
begin
    loop
        found := 0;
        for item, id, key in select i.item, i.id, i.key from chat.user_items(of_user, at_once, id, key) i loop
            n := n + 1;
            found := found + 1;
            place := n;
            return next;
        end loop;
        exit when found < at_once;
    end loop;
end $$;
select pg_temp.person('Ada') as ada, pg_temp.church('Abbey') as abbey, pg_temp.church('Minster') as minster \gset
select pg_temp.talk(:ada, :abbey) as talk, pg_temp.person('Bob') as bob \gset
select pg_temp.talk(:bob, :minster) as other \gset
insert into chat.church_staff (church_id, user_id) values (:minster, :ada);
select pg_temp.say(:ada, :talk, 'one') as said, pg_temp.say(:bob, :other, 'not hers') as not_hers \gset
select pg_temp.say(:ada, :other, 'as staff') as as_staff \gset
insert into chat.attachments (conversation_id, message_id, name, kind, content_type, size_bytes, sha256, file, quota_key)
values (:talk, :said, 'a b.pdf', 'document', 'application/pdf', 7, sha256('x'), repeat('0', 32), 'user 7');
update chat.messages set has_attachment = true where id = :said;
update chat.users set email = 'zq-users-email' where id = :ada;
insert into chat.preferences (user_id) values (:ada) on conflict do nothing;
insert into chat.mail_failures (address, failures, is_off, error, failed_at) values ('zq-users-email', 1, false, 'x', now());
insert into chat.push_subscriptions (user_id, endpoint, p256dh, auth) values (:ada, 'https://push.example/secret', 'p', 'a');
insert into chat.outbox (conversation_id, user_id, kind, due_at) values (:talk, :ada, 'email', now());
insert into chat.notification_marks (user_id, conversation_id, read_up_to, read_at) values (:ada, :talk, :said, now())
on conflict do nothing;
insert into chat.count_versions (user_id) values (:ada) on conflict do nothing;
select chat.audit(pg_temp.boss(), 'patch', 'user', :ada, '{}', '{}', 'why') as logged \gset
select chat.audit(pg_temp.boss(), 'view', 'conversation', :talk, null, null, null) as viewed \gset
select chat.audit(row((select username from chat.users where id = :ada), '192.0.2.9', 'r2')::chat.administrator, 'view',
                  'conversation', :other, null, null, null) as did \gset
update chat.search_state set is_building = true;

select results_eq(format('select key, count(*)::integer from pg_temp.all_of(%s, 1000) group by key order by min(place)', :ada), $$values
    ('user', 1), ('preferences', 1), ('mail_failures', 1), ('staff', 1), ('conversations', 1), ('messages', 1),
    ('messages_as_staff', 1), ('notification_marks', 1), ('push_subscriptions', 1), ('deliveries', 1), ('audit', 2),
    ('audit_as_administrator', 1)$$, 'each section, in its order');
select results_eq(format('select key, id from pg_temp.all_of(%s, %s) order by place', :ada, n),
                  format('select key, id from pg_temp.all_of(%s, 1000) order by place', :ada), 'in parts of ' || n)
from generate_series(1, 3) n;
select is((select i.item::jsonb ->> 'attachment_path' from pg_temp.all_of(:ada, 100) i where i.key = 'messages'),
          'attachments/' || (select a.id from chat.attachments a where a.message_id = :said) || '/a%20b.pdf', 'where the file is');
select is((select array_agg(i.id) from pg_temp.all_of(:ada, 100) i where i.key = 'messages_as_staff'), array[:as_staff]::bigint[],
          'as staff, without the index of words');
update chat.search_state set is_building = false, indexed_at = now();
select is((select array_agg(i.id) from pg_temp.all_of(:ada, 100) i where i.key = 'messages_as_staff'), array[:as_staff]::bigint[],
          'with it, before it has them');
delete from chat.unindexed;
select chat.index_these(array[:other, :other], array[:not_hers, :as_staff], 'simple') \gset x
select is((select array_agg(i.id) from pg_temp.all_of(:ada, 100) i where i.key = 'messages_as_staff'), array[:as_staff]::bigint[], 'with it');
delete from chat.church_staff where user_id = :ada and church_id = :minster;
select is((select array_agg(i.id) from pg_temp.all_of(:ada, 100) i where i.key = 'messages_as_staff'), array[:as_staff]::bigint[],
          'also when they are not staff any more');
insert into chat.church_staff (church_id, user_id) values (:minster, :ada);
select pg_temp.staff(:abbey, 'Eve') as eve \gset
select pg_temp.say(:eve, :talk, 'not hers, either') as answer \gset
select ok(not exists (select from pg_temp.all_of(:ada, 100) i where i.item like '%not hers%'), 'what others wrote is not there');
select ok(not exists (select from pg_temp.all_of(:ada, 100) i where i.key = 'audit' and i.item ~ 'boss|192.0.2.1'), 'nor who administrators are');
delete from chat.messages where id = :answer;
select ok(not exists (select from pg_temp.all_of(:ada, 100) i where i.item like '%secret%'), 'nor is what a push needs');
select is_empty('select * from chat.user_items(0, 10, null, null)', 'nobody');

-- A word of its own in each column of text of each table that has rows of the user: it is in the export.
create temporary table theirs as
select a.attrelid::regclass as relation, a.attname as name, a.atttypid = 'jsonb'::regtype as is_json,
       format('zq-%s-%s', c.relname, a.attname) as word, false as is_set,
       case c.relname when 'users' then 'id = $1'
                      when 'mail_failures' then 'address = ''zq-users-email'''
                      when 'audit_log' then 'object_kind = ''user'' and object_id = $1'
                      when 'attachments' then 'message_id in (select m.id from chat.messages m where m.sender_id = $1)'
                      else (select format('%I = $1', k.attname) from pg_attribute k
                            where k.attrelid = a.attrelid and k.attname in ('user_id', 'member_id', 'sender_id')) end as condition
from pg_attribute a
join pg_class c on c.oid = a.attrelid
where c.relnamespace = 'chat'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
  and a.atttypid in ('text'::regtype, 'jsonb'::regtype) and a.attgenerated = '';
delete from theirs where condition is null; -- of nobody
create function pg_temp.set_words(of_user bigint) returns setof text language plpgsql as $$
declare
    one record;
    n bigint;
begin
    for one in select * from theirs loop
        begin
            execute format('update %s set %I = %L where %s', one.relation, one.name,
                           case when one.is_json then to_jsonb(one.word)::text else one.word end, one.condition) using of_user;
            get diagnostics n = row_count;
            if n = 0 then
                return next one.relation || ' has no row here';
            end if;
            execute format('select count(*) from %s where %I::text like %L and %s', one.relation, one.name, '%' || one.word || '%',
                           one.condition) into n using of_user;
            update theirs t set is_set = n > 0 where t.word = one.word;
        exception when check_violation or foreign_key_violation then -- a word of a list, or an address of its own form
        end;
    end loop;
end $$;
delete from theirs where word in ('zq-mail_failures-address', 'zq-audit_log-object_kind'); -- by which they are found
select is_empty(format('select pg_temp.set_words(%s)', :ada), 'every table that has a user has one here');
select set_eq('select word from theirs where not is_set', $$values ('zq-church_staff-role'), ('zq-preferences-email'), ('zq-outbox-kind'),
    ('zq-outbox-state'), ('zq-attachments-file'), ('zq-attachments-kind')$$, 'what cannot be any text: a word of a list, or a hash');
select set_eq(format('select t.word from theirs t where t.is_set and not exists (
    select from pg_temp.all_of(%s, 100) i where strpos(i.item, t.word) > 0)', :ada),
    $$values ('zq-push_subscriptions-endpoint'), ('zq-push_subscriptions-p256dh'), ('zq-push_subscriptions-auth'), -- secrets
             ('zq-users-folded_name'), ('zq-users-name_look'), ('zq-attachments-quota_key'), -- made of the name
             ('zq-audit_log-username'), ('zq-audit_log-address'), ('zq-audit_log-request_id')$$, -- of administrators
    'every text of every table is in the export, but for these');
select cmp_ok((select count(*) from theirs where is_set), '>', 20::bigint, 'of many');

-- As the export has it, with its row of the audit log.
create function pg_temp.export(of_user bigint, rows_max integer, after_id bigint default null, after_key text default null)
returns table (item text, id bigint, key text) language sql as $$
    select * from chat.admin_export('person', jsonb_build_object('user_id', of_user::text), 'id', rows_max, 1000000, after_id, after_key,
                                    pg_temp.boss(), 'json')
$$;
select is((select array_agg(e.item is null order by e.item is null) from pg_temp.export(:ada, 2) e), array[false, false, true], 'a part, and that there are more');
select is((select count(*) from chat.audit_log a where a.action = 'export' and a.object_kind = 'user' and a.object_id = :ada), 1::bigint, 'one row of the audit log');
select is((select count(*) from pg_temp.export(:ada, 100, :ada, 'user') e), (select count(*) - 1 from pg_temp.all_of(:ada, 100)), 'all the rest');
select is((select count(*) from chat.audit_log a where a.action = 'export' and a.object_kind = 'user' and a.object_id = :ada), 1::bigint, 'and no other');
select is_empty('select * from pg_temp.export(0, 10)', 'nobody');
select is((select count(*) from chat.audit_log a where a.action = 'export' and a.object_id = 0), 0::bigint, 'is not logged');
select * from finish();
rollback;
