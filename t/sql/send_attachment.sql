begin;
\ir lib/people.sql
select plan(45);
select pg_temp.person('Ada') as ada, pg_temp.person('Ben') as ben, pg_temp.church('Abbey') as abbey \gset
select pg_temp.staff(:abbey, 'Eve') as eve \gset
select pg_temp.talk(:ada, :abbey) as talk \gset
create function pg_temp.send(by_user bigint, talk bigint, content text, file text, client_id text default null,
                             size bigint default 5, quota bigint default null, of_quota text default null, name text default 'a b.txt', in_database boolean default false)
returns table (outcome text, message chat.messages) language sql as $$
    select * from chat.send_attachment(by_user, talk, content, client_id, null, md5(file), name, 'other', 'text/plain', size,
        sha256(file::bytea), null, null, of_quota, quota, '1 day', true, in_database)
$$;
create function pg_temp.store(of_file text, parts integer[]) returns void language sql as $$
    insert into chat.file_parts (file, n, bytes) select md5(of_file), p, decode(repeat('00', 5), 'hex') from unnest(parts) p
$$;

select is((select (outcome, (message).content, (message).has_attachment, (message).seq)::text from pg_temp.send(:ada, :talk, '', 'f1')),
          '(posted,"",t,1)', 'a file alone is a message');
select is((select last_message_text::text from chat.conversations where id = :talk), 'a b.txt', 'its name is what lists show');
select is((select version from chat.conversations where id = :talk), 2::bigint, 'one change of the conversation');
select is((select (a.name, a.size_bytes, a.file, a.quota_key)::text from chat.attachments a where conversation_id = :talk),
          format('("a b.txt",5,%s,"user %s")', md5('f1'), :ada), 'the attachment is there');
select is((select chat.attachment_of(m) from chat.last_message(:talk) m),
          (select a.id || E'\t5\t0\t0\tother\ttext/plain\ta b.txt' from chat.attachments a where conversation_id = :talk), 'as one column');
select is((select printable.name from chat.last_message(:talk) m, lateral (select chat.printable_name(m) as name) printable), 'Ada: a b.txt', 'and as a name');
select is_empty(format('select * from chat.check(%s)', :talk), 'nothing differs from what it is derived from');
select is((select (outcome, (message).content)::text from pg_temp.send(:eve, :talk, 'see', 'f2', 'k1')), '(posted,see)', 'with text, by staff');
select is((select last_message_text::text from chat.conversations where id = :talk), 'see', 'then lists show that');
select is((select (outcome, (message).seq)::text from pg_temp.send(:eve, :talk, 'again', 'f3', 'k1')), '(repeated,2)', 'once for each client_id');
select is((select count(*) from chat.attachments where conversation_id = :talk), 2::bigint, 'and the file that came again is not kept');
select is((select outcome from pg_temp.send(:ben, :talk, '', 'f4')), 'not_found', 'not by others');
select is((select count(*) from chat.attachments where file = md5('f4')), 0::bigint, 'which leaves nothing');

select is((select outcome from pg_temp.send(:ada, :talk, '', 'f5', null, 95, 100)), 'posted', 'as much as the quota has');
select is((select outcome from pg_temp.send(:ada, :talk, '', 'f6', 'k6', 1, 100)), 'quota', 'and no more');
select is((select outcome from pg_temp.send(:eve, :talk, '', 'f7', null, 90, 100)), 'posted', 'each user has one');
select is((select outcome from pg_temp.send(:eve, :talk, '', 'f8', 'k1', 90, 100)), 'repeated', 'what is there needs no more');
select is((select array_agg(outcome order by n) from generate_series(1, 3) n,
           lateral pg_temp.send(:ada, :talk, '', 'g' || n, null, 40, 100, 'together')), array['posted', 'posted', 'quota'], 'a key of its own');
update chat.attachments set created_at = created_at - interval '1 day' where quota_key = 'key together';
select is((select outcome from pg_temp.send(:ada, :talk, '', 'g4', null, 100, 100, 'together')), 'posted', 'when its time is over, all of it is there again');
select is(coalesce(current_setting('chat.follow', true), ''), '', 'triggers follow what comes after in the same transaction');

-- In the database.
select pg_temp.store('d1', '{0,1,2}'), pg_temp.store('d2', '{0,1}'), pg_temp.store('d3', '{0}') \g /dev/null
select is((select outcome from pg_temp.send(:ada, :talk, '', 'd0', size => 15, in_database => true)), 'busy', 'no parts: not sent');
select is((select outcome from pg_temp.send(:ada, :talk, '', 'd2', size => 15, in_database => true)), 'busy', 'a part is missing: not sent');
select is((select (outcome, (message).content)::text from pg_temp.send(:eve, :talk, '', 'd0', 'k1', 15, in_database => true)), '(repeated,see)',
          'what is there needs no parts');
select is((select outcome from pg_temp.send(:ada, :talk, '', 'd0', 'k1', 15, in_database => true)), 'busy', 'but that of others is another message');
select is((select count(*) from chat.attachments where file = md5('d2')), 0::bigint, 'which leaves no attachment');
select is((select outcome from pg_temp.send(:ada, :talk, '', 'd1', size => 15, in_database => true)), 'posted', 'all are there');
select is((select in_database from chat.attachments where file = md5('d1')), true, 'and it says where');
select is((select in_database from chat.attachments where file = md5('f1')), false, 'others are in the directory');
select is(chat.remove_file(md5('d1')), false, 'the file of an attachment is not removed');
select is((select count(*) from chat.file_parts where file = md5('d1')), 3::bigint, 'no part of it');
select is(chat.remove_file(md5('d2')), false, 'another one is, at once');
select is((select count(*) from chat.file_parts where file = md5('d2')), 0::bigint, 'and nothing is left');
select pg_temp.store('d4', array(select generate_series(0, 99))) \g /dev/null
select is(chat.remove_file(md5('d4')), true, 'a large one in steps');
select is((select array[min(n), max(n)] from chat.file_parts where file = md5('d4')), array[0, 35], 'from its end');
update chat.file_parts set created_at = now() - interval '2 days' where file in (md5('d1'), md5('d4'));
create function pg_temp.sweep(out removed bigint, out steps bigint) language plpgsql as $$
declare at text := ''; step record;
begin
    removed := 0; steps := 0;
    while at is not null loop
        select * into step from chat.sweep_files(at, '1 day');
        at := step.next_file; removed := removed + step.removed; steps := steps + 1;
    end loop;
end $$;
select is((select removed from pg_temp.sweep()), 1::bigint, 'the sweep takes what is old and has no message');
select is((select array_agg(distinct file order by file) from chat.file_parts where file in (md5('d1'), md5('d3'), md5('d4'))),
          (select array_agg(f order by f) from unnest(array[md5('d1'), md5('d3')]) f), 'and leaves what has one, or is new');
delete from chat.messages where id = (select message_id from chat.attachments where file = md5('d1'));
select is((select removed from pg_temp.sweep()), 1::bigint, 'that of a deleted message goes, too');
select is((select count(*) from chat.file_parts where file = md5('d1')), 0::bigint, 'whole');
insert into chat.file_parts (file, n, bytes) select lpad(n::text, 32, '0'), 0, '\x00' from generate_series(1, 150) n;
insert into chat.file_parts (file, n, bytes, created_at) values (lpad('151', 32, '0'), 0, '\x00', now() - interval '2 days');
select is((select removed from pg_temp.sweep()), 1::bigint, 'one after more than are looked at at once');
select is((select count(*) from chat.file_parts where file like '00000000%'), 150::bigint, 'and no other');

-- What is shown has an end, and a message without text needs a file.
select lives_ok(format($$select pg_temp.send(%s, %s, '', 'f9', name => repeat('x', 200))$$, :ada, :talk), 'a long name');
select is((select char_length(last_message_text) from chat.conversations where id = :talk), 140, 'is cut in lists');
select throws_ok(format($$insert into chat.messages (conversation_id, seq, sender_id, from_church, content, created_at)
                          values (%s, 99, %s, false, '', now())$$, :talk, :ada), '23514', null, 'nothing at all is no message');

-- In the directory, what is not used is found by names.
\set find_unused_files `cat sql/statements/find_unused_files.sql`
prepare find_unused (text[]) as :find_unused_files
select results_eq(format('execute find_unused(array[%L, %L])', md5('f1'), md5('f4')), array[md5('f4')], 'a file that no attachment has is not used');
delete from chat.attachments;
select is_empty(format('execute find_unused(array[%L])', md5('f4')), 'where there is none at all, it may be that of another database');
select * from finish();
rollback;
