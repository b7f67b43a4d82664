begin;
\ir lib/people.sql
select plan(21);
select pg_temp.person('Ada') as ada, pg_temp.person('Ben') as ben, pg_temp.church('Abbey') as abbey \gset
select pg_temp.staff(:abbey, 'Eve') as eve \gset
select pg_temp.talk(:ada, :abbey) as talk \gset
create function pg_temp.send(by_user bigint, talk bigint, content text, file text, client_id text default null,
                             size bigint default 5, quota bigint default null, of_quota text default null, name text default 'a b.txt')
returns table (outcome text, message chat.messages) language sql as $$
    select * from chat.send_attachment(by_user, talk, content, client_id, null, md5(file), name, 'other', 'text/plain', size,
        sha256(file::bytea), null, null, of_quota, quota, '1 day', true)
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

-- What is shown has an end, and a message without text needs a file.
select lives_ok(format($$select pg_temp.send(%s, %s, '', 'f9', name => repeat('x', 200))$$, :ada, :talk), 'a long name');
select is((select char_length(last_message_text) from chat.conversations where id = :talk), 140, 'is cut in lists');
select throws_ok(format($$insert into chat.messages (conversation_id, seq, sender_id, from_church, content, created_at)
                          values (%s, 99, %s, false, '', now())$$, :talk, :ada), '23514', null, 'nothing at all is no message');
select * from finish();
rollback;
