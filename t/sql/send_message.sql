begin;
\ir lib/people.sql
select plan(38);
select pg_temp.person('Ada') as ada, pg_temp.person('Ben') as ben, pg_temp.church('Abbey') as abbey,
       pg_temp.church('Chapel') as chapel \gset
select pg_temp.staff(:abbey, 'Eve') as eve, pg_temp.staff(:chapel, 'Kim') as kim \gset
select pg_temp.talk(:ada, :abbey) as talk \gset

-- What a message is.
select is((select (outcome, (message).seq, (message).sender_id, (message).from_church,
                   (message).content, (message).client_id)::text
           from chat.send_message(:ada, :talk, 'good morning', 'k1')),
          format('(posted,1,%s,f,"good morning",k1)', :ada), 'a member can speak');
select is((select (outcome, (message).seq, (message).sender_id, (message).from_church)::text
           from chat.send_message(:eve, :talk, 'hello Ada')),
          format('(posted,2,%s,t)', :eve), 'staff answer for their church');
select is((select (church_unread, member_unread)::text from chat.conversations where id = :talk),
          '(1,1)', 'each side has one to read');
select ok((select read_at is null from chat.last_message(:talk)), 'a message begins unread');
select ok((select c.last_message_id = m.id and c.last_message_at = m.created_at
                  and c.updated_at = m.created_at and c.last_message_text = 'hello Ada'
                  and c.last_seq = m.seq
           from chat.conversations c, chat.last_message(c.id) m where c.id = :talk),
          'the conversation shows its last message and the time of it');

select is((select (p.outcome, (p.message).seq)::text
           from chat.send_message(:eve, :talk, 'and again', 'k9', 'links') p),
          '(posted,3)', 'with an id of the client and a flag');
select is((select (client_id, flag)::text from chat.last_message(:talk)), '(k9,links)', 'all of it');
select is((select (outcome, (message).seq)::text from chat.send_message(:eve, :talk, 'and again', 'k9')),
          '(repeated,3)', 'once');
select is((select outcome from chat.send_message(:ada, :talk, 'thank you')), 'posted', 'the member answers');
select is((select (c.member_unread, c.church_unread)::text from chat.conversations c where id = :talk),
          '(2,2)', 'both sides are counted');

-- Content comes back byte for byte.
select is((select (message).content from chat.send_message(:ada, :talk, E'  a\n\t"<ö>" 👋🏽 ')),
          E'  a\n\t"<ö>" 👋🏽 ', 'content is kept as it is');
select lives_ok(format('select chat.send_message(%s, %s, repeat(''ä'', 1000))', :ada, :talk),
                'long content is stored');
select is((select char_length(last_message_text) from chat.conversations where id = :talk), 140,
          'the conversation keeps 140 characters of it');
select is((select char_length(content) from chat.last_message(:talk)), 1000, 'the message all');
select throws_ok(format('select chat.send_message(%s, %s, '''')', :ada, :talk), '23514', null,
                 'nothing is no message');
select is((select last_seq from chat.conversations where id = :talk), 6::bigint,
          'a refused message takes no seq');

-- A client_id names a message once.
select pg_temp.place(:talk) as place \gset
select is((select (outcome, (message).seq, (message).content)::text
           from chat.send_message(:ada, :talk, 'something else', 'k1')),
          '(repeated,1,"good morning")', 'a client_id sent again gives the first message');
select is((select last_seq from chat.conversations where id = :talk), 6::bigint,
          'and stores nothing');
select is((select split_part(pg_temp.place(:talk), ' ', 1)), split_part(:'place', ' ', 1),
          'and leaves the conversation alone');
select is((select (outcome, (message).seq)::text
           from chat.send_message(:eve, :talk, 'my own', 'k1')), '(posted,7)',
          'it is the sender''s own: another may use the same');
select is((select outcome from chat.send_message(:ada, :talk, 'x', 'K1')), 'posted',
          'and counts letter by letter');
select pg_temp.talk(:ada, :chapel) as other_talk \gset
select is((select (outcome, (message).seq)::text
           from chat.send_message(:ada, :other_talk, 'there', 'k1')), '(posted,1)',
          'each conversation has its own, and its own seq');

-- Order.
select pg_temp.say(case n % 2 when 0 then :ada else :eve end, :talk, 'n' || n)
from generate_series(1, 40) n \g /dev/null
select ok((select count(*) = 48 and min(seq) = 1 and max(seq) = 48 and count(distinct seq) = 48
           from chat.messages where conversation_id = :talk), 'seq has no gap');
select ok((select bool_and(id > before_id and created_at >= before_at)
           from (select id, created_at, lag(id, 1, 0::bigint) over w as before_id,
                        lag(created_at, 1, '-infinity') over w as before_at
                 from chat.messages where conversation_id = :talk window w as (order by seq)) m),
          'ids and times grow with it');
update chat.conversations set updated_at = updated_at + interval '1 hour' where id = :talk;
select is((select (message).created_at from chat.send_message(:ada, :talk, 'after the clock was put back')),
          (select updated_at from chat.conversations where id = :talk),
          'time does not go back within a conversation');
select ok(pg_temp.counters_are_true(:talk), 'the counters equal a count');

-- Who may.
select is((select outcome from chat.send_message(:ben, :talk, 'x')), 'not_found', 'a stranger');
select is((select outcome from chat.send_message(:kim, :talk, 'x')), 'not_found',
          'staff of another church');
select is((select outcome from chat.send_message(:ada, 0, 'x')), 'not_found', 'no conversation');
delete from chat.church_staff where user_id = :eve;
select is((select outcome from chat.send_message(:eve, :talk, 'x')), 'not_found',
          'who is staff no more');
insert into chat.church_staff (church_id, user_id) values (:abbey, :eve), (:abbey, :ada);
select is((select (message).from_church from chat.send_message(:ada, :talk, 'me')), false,
          'a member who has become staff still speaks as member there');

update chat.conversations set member_blocked = true where id = :talk;
select is((select outcome from chat.send_message(:ada, :talk, 'x')), 'blocked',
          'a blocked member is refused');
select is((select outcome from chat.send_message(:ada, :talk, 'x', 'k1')), 'repeated',
          'but what was stored before is still theirs');
select is((select outcome from chat.send_message(:eve, :talk, 'x')), 'posted',
          'staff are not blocked');
update chat.churches set is_active = false where id = :abbey;
select is((select array_agg((chat.send_message(u, :talk, 'x')).outcome)
           from unnest(array[:ada, :eve]::bigint[]) u), '{church_inactive,church_inactive}',
          'nobody posts to an inactive church');
update chat.users set is_active = false where id = :eve;
select is((select outcome from chat.send_message(:eve, :talk, 'x')), 'user_inactive',
          'an inactive user is refused');
select is((select outcome from chat.send_message(0, :talk, 'x')), 'user_inactive',
          'and so is nobody');
select ok(pg_temp.counters_are_true(:talk), 'no refusal has touched the counters');
select * from finish();
rollback;
