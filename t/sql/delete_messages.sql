begin;
\ir lib/people.sql
select plan(29);
select pg_temp.person('Ada') as ada, pg_temp.person('Ben') as ben, pg_temp.church('Abbey') as abbey \gset
select pg_temp.staff(:abbey, 'Eve') as eve \gset
select pg_temp.talk(:ada, :abbey) as talk, pg_temp.talk(:ben, :abbey) as other \gset
-- last_seq is that of a message which is not there any more; all else is what it is derived from.
create function pg_temp.wrong(in_conversation bigint) returns setof text language sql as $$
    select value || ': ' || kept || ', not ' || derived from chat.check(in_conversation)
$$;
create function pg_temp.say_file(by_user bigint, in_conversation bigint, content text, name text) returns bigint language plpgsql as $$
declare
    number bigint;
begin
    select (message).id into number from chat.send_message(by_user, in_conversation, 'text');
    update chat.messages m set has_attachment = true, content = say_file.content where m.id = number;
    insert into chat.attachments (conversation_id, message_id, name, kind, content_type, size_bytes, sha256)
    values (in_conversation, number, name, 'other', 'text/plain', 3, sha256('x'));
    perform from chat.repair(in_conversation);
    return number;
end $$;
select pg_temp.say(:ada, :talk, 'one') as m1, pg_temp.say(:eve, :talk, 'two') as m2, pg_temp.say(:ada, :talk, 'three') as m3,
       pg_temp.say_file(:eve, :talk, '', 'plan.txt') as m4, pg_temp.say(:ada, :talk, 'five') as m5,
       pg_temp.say(:ben, :other, 'hello') as h1, pg_temp.say(:eve, :other, 'good day') as h2 \gset
select count(*) from (select chat.index_messages('simple', now(), 200) from generate_series(1, 3)) i \gset
select updated_at as updated_at, version as version from chat.conversations where id = :talk \gset
delete from chat.events;

select is((select d::text from chat.delete_messages(array[:talk, :talk, :other], array[:m1, :m1 + 1000000, :m2]) d), '(1,0,1)',
          'a message; one that is not there and one of another conversation are left out');
select is_empty(format('select pg_temp.wrong(%s)', :talk), 'what was first is gone, and nothing else differs');
select is((select array_agg(concat_ws(' ', kind, conversation_id, ids::text) order by id) from chat.events),
          array['3 ' || :talk, format('10 %s {%s}', :talk, :m1)], 'feeds are told');
select is((select (last_seq, last_message_id, church_unread, member_unread)::text from chat.conversations where id = :talk),
          format('(5,%s,2,2)', :m5), 'one unread message less');
select is((select version from chat.conversations where id = :talk), :version::bigint + 1, 'another version');
select is((select updated_at from chat.conversations where id = :talk), :'updated_at'::timestamptz, 'it keeps its place in lists');
select is((select sum(unread) from chat.unread_of_churches where church_id = :abbey), 3::numeric, 'and so has the church');
select is_empty(format('select from chat.message_words where id = %s', :m1), 'its words are gone');

select is((select d::text from chat.delete_messages(array[:talk], array[:m5]) d), '(1,0,1)', 'the last one');
select is_empty(format('select pg_temp.wrong(%s)', :talk), 'nothing differs');
select is((select (last_seq, last_message_id, last_message_text, last_from_church)::text from chat.conversations where id = :talk),
          format('(5,%s,plan.txt,t)', :m4), 'the one before is the last one: a file, shown by its name');
select is((select church_newest_unread_id from chat.conversations where id = :talk), :m3::bigint, 'the newest unread one is another');
select is((select (message).seq::bigint from chat.send_message(:ada, :talk, 'six')), 6::bigint, 'no seq is given again');
select max(id) as m6 from chat.messages where conversation_id = :talk \gset

select is((select d::text from chat.delete_messages(array[:talk, :other], array[:m4, :h1]) d), '(2,1,2)', 'of two conversations, one with a file');
select is_empty(format('select from chat.attachments where conversation_id = %s', :talk), 'the file belongs to nobody');
select is_empty(format('select pg_temp.wrong(%s) union all select pg_temp.wrong(%s)', :talk, :other), 'nothing differs in both');
select is((select member_newest_unread_id from chat.conversations where id = :talk), :m2::bigint, 'the member has one of before to read');
select is((select church_unread from chat.conversations where id = :other)::int, 0, 'nothing of the other is unread');
select is((select church_unread_since from chat.conversations where id = :other), null, 'since never');

select is((select d::text from chat.delete_messages(array[:talk, :talk, :talk], array[:m2, :m3, :m6]) d), '(3,0,1)', 'all that is left');
select is_empty(format('select pg_temp.wrong(%s)', :talk), 'nothing differs');
select is((select (last_seq, last_message_id, last_message_text, last_message_at, church_unread, member_unread)::text
           from chat.conversations where id = :talk), '(6,,,,0,0)', 'an empty conversation');
select is((select (message).seq::bigint from chat.send_message(:ada, :talk, 'seven')), 7::bigint, 'which goes on where it was');
select is_empty(format('select pg_temp.wrong(%s)', :talk), 'and is right');
delete from chat.events;
select is((select d::text from chat.delete_messages(array[:talk], array[:m2]) d), '(0,0,0)', 'again there is nothing to delete');
select is_empty('select from chat.events', 'and nobody is told');
select is((select d::text from chat.delete_messages('{}', '{}') d), '(0,0,0)', 'nothing of nothing');
select is(current_setting('chat.follow', true), '', 'triggers follow others again');
select is_empty(format('select from chat.check() where id in (%s, %s) and object = ''conversation''', :talk, :other), 'all is as it should be');
select * from finish();
rollback;
