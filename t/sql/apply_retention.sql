begin;
\ir lib/people.sql
select only_row from chat.retention for update \gset
select plan(28);
create function pg_temp.apply(days integer, churches bigint[] default '{}', theirs integer[] default '{}', at_once integer default 100)
returns text language plpgsql as $$
declare
    r record;
    m bigint := 0;
    a bigint := 0;
    l bigint := 0;
begin
    loop -- on a slow machine a call does less
        select * into r from chat.apply_retention(days, churches, theirs, at_once);
        m := m + r.messages;
        a := a + r.attachments;
        l := l + r.audit_rows;
        exit when not r.has_more;
    end loop;
    return concat_ws(' ', r.outcome, m, a, l);
end $$;
create function pg_temp.again() returns void language sql as $$
    update chat.retention set begun_at = '-infinity', ended_at = '-infinity', up_to = 0
$$;
create function pg_temp.left_of(in_conversation bigint) returns text language sql as $$
    select string_agg(m.content, ' ' order by m.id) from chat.messages m where m.conversation_id = in_conversation
$$;
-- Of others there is nothing old.
select pg_temp.person('Ada') as ada, pg_temp.church('Abbey') as abbey, pg_temp.church('Chapel') as chapel, pg_temp.church('Minster') as minster \gset
select pg_temp.talk(:ada, :abbey) as talk, pg_temp.talk(:ada, :chapel) as walk, pg_temp.talk(:ada, :minster) as stroll \gset
select count(pg_temp.say(:ada, c, w)) from unnest(array[:talk, :walk, :stroll]::bigint[]) c cross join unnest(array['a', 'b', 'c', 'd', 'e']) w \gset
update chat.messages m set created_at = now() - (case m.seq when 1 then 100 when 2 then 50 when 3 then 20 when 4 then 5 else 0 end) * interval '1 day'
where m.conversation_id in (:talk, :walk, :stroll);
insert into chat.attachments (conversation_id, message_id, name, kind, content_type, size_bytes, sha256)
select m.conversation_id, m.id, 'x', 'other', 'text/plain', 1, sha256('') from chat.messages m where m.conversation_id = :talk and m.seq in (1, 4);
delete from chat.audit_log where created_at < now() - interval '1 day';
insert into chat.audit_log (username, action, object_kind, created_at)
values ('x', 'view', 'conversation', now() - interval '101 days'), ('x', 'view', 'conversation', now() - interval '20 days');
select count(*) as new_rows from chat.audit_log where created_at >= now() - interval '1 day' \gset
insert into chat.outbox (conversation_id, user_id, kind, state, due_at, done_at)
values (:talk, :ada, 'email', 'sent', now(), now() - interval '40 days'), (:talk, :ada, 'email', 'due', now() - interval '40 days', null),
       (:talk, :ada, 'push', 'dead', now(), now() - interval '10 days');

select pg_temp.again() \gset
select is(pg_temp.apply(null), 'done 0 0 0', 'without a period nothing is deleted');
select is(pg_temp.apply(30), 'done 0 0 0', 'a pass has just ended');
select pg_temp.again() \gset
select is(pg_temp.apply(90), 'done 3 1 1', 'what is older, with its files and what the audit log says of that time');
select is(pg_temp.left_of(:talk), 'b c d e', 'the rest stays');
select is((select array_agg(m.seq::int order by m.seq) from chat.messages m where m.conversation_id = :talk), '{2,3,4,5}', 'with its seq');
select is((select count(*) from chat.attachments where conversation_id = :talk), 1::bigint, 'its files, too');
select is((select count(*) from chat.audit_log where created_at < now() - interval '1 day'), 1::bigint, 'the audit log is as old');
select is((select count(*) from chat.outbox where conversation_id = :talk), 3::bigint, 'so may deliveries be');
select is_empty(format('select from chat.check() where object = ''conversation'' and id in (%s, %s, %s)', :talk, :walk, :stroll), 'counts follow');

select pg_temp.again() \gset
select is(pg_temp.apply(30, array[:chapel, :minster]::bigint[], '{10,0}'), 'done 3 0 0', 'a church may have another period, or none');
select is(pg_temp.left_of(:talk), 'c d e', 'the period of all');
select is(pg_temp.left_of(:walk), 'd e', 'a shorter one');
select is(pg_temp.left_of(:stroll), 'b c d e', 'for good');
select is((select string_agg(state, ' ' order by state) from chat.outbox where conversation_id = :talk), 'dead due', 'deliveries that ended before go; none that is due');
select pg_temp.again() \gset
select is(pg_temp.apply(null, array[:minster]::bigint[], '{10}'), 'done 2 0 0', 'a church alone');

-- In parts.
insert into chat.outbox (conversation_id, user_id, kind, state, due_at, done_at)
select :talk, :ada, 'email', w, now(), now() - interval '40 days' from unnest(array['sent', 'dropped', 'dead']) w, generate_series(1, 7);
select pg_temp.again() \gset
select is(pg_temp.apply(30, '{}', '{}', 3), 'done 0 0 0', 'more deliveries than one statement takes');
select is((select count(*) from chat.outbox where conversation_id = :talk and done_at < now() - interval '30 days'), 0::bigint, 'go, too');
select count(pg_temp.say(:ada, :talk, 'n' || n)) from generate_series(1, 9) n \gset
update chat.messages m set created_at = now() - interval '60 days' where m.conversation_id = :talk and m.seq between 3 and 12;
select pg_temp.again() \gset
select is(pg_temp.apply(30, '{}', '{}', 4), 'done 10 1 0', 'more than one statement takes');
select is(pg_temp.left_of(:talk), 'n8 n9', 'all of it');
select is((select (church_unread, last_seq)::text from chat.conversations where id = :talk), '(2,14)', 'and the counts');
update chat.messages m set created_at = now() - interval '60 days' where m.conversation_id = :talk;
select pg_temp.again() \gset
select is(pg_temp.apply(30, '{}', '{}', 1), 'done 2 0 0', 'everything');
select is((select (last_message_id, last_message_text, church_unread, last_seq)::text from chat.conversations where id = :talk), '(,,0,14)', 'the conversation stays, empty');
select is(pg_temp.apply(30), 'done 0 0 0', 'then the pass is over');
update chat.retention set ended_at = ended_at - interval '25 hours', begun_at = begun_at - interval '25 hours';
update chat.messages m set created_at = now() - interval '60 days' where m.conversation_id = :walk;
select is(pg_temp.apply(30), 'done 2 0 0', 'until the next day');
update chat.retention set ended_at = clock_timestamp() + interval '1 hour', begun_at = clock_timestamp() + interval '1 hour';
update chat.messages m set created_at = now() - interval '60 days' where m.conversation_id = :stroll;
select is(pg_temp.apply(30), 'done 2 0 0', 'or when the clock was put back');
select is_empty(format('select from chat.check() where object = ''conversation'' and id in (%s, %s, %s)', :talk, :walk, :stroll), 'and all is right');
-- Whoever may use the schema may call it: what has just been done stays in the audit log.
insert into chat.audit_log (username, action, object_kind, created_at) values
    ('x', 'view', 'conversation', now() - interval '25 hours'), ('x', 'view', 'conversation', now() - interval '23 hours');
select is(chat.prune_audit('infinity', 1000000), (select count(*) from chat.audit_log where created_at < now() - interval '1 day'), 'all of the audit log that is older than a day')
from (select 1) as o;
select is((select count(*) from chat.audit_log), :new_rows::bigint + 1, 'and nothing that is newer');
select * from finish();
rollback;
