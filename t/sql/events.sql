begin;
\ir lib/people.sql
select plan(88);
select pg_temp.person('Ada') as ada, pg_temp.person('Ben') as ben, pg_temp.church('Abbey') as abbey,
       pg_temp.church('Closed') as closed \gset
select pg_temp.staff(:abbey, 'Eve') as eve, pg_temp.staff(:abbey, 'Ina') as ina \gset
update chat.churches set is_active = false where id = :closed;

-- What has been written since this was asked last: kind:conversation:message:user, in the order of
-- ids. Only this transaction's: others may be at work.
create temporary table asked (up_to bigint);
insert into asked values (0);
create function pg_temp.events() returns text language sql as $$
    with news as materialized (
        select e.* from chat.events e, asked a
        where e.id > a.up_to and e.xid = pg_current_xact_id()),
    now_asked as (
        update asked set up_to = (select max(id) from news) where exists (select from news))
    select coalesce(string_agg(format('%s:%s:%s:%s', kind, conversation_id, message_id, user_id), ' '
                               order by id), '')
    from news
$$;

-- The table.
select is((select relpersistence::text from pg_class where oid = 'chat.events'::regclass), 'u',
          'events are not logged');
select has_index('chat', 'events', 'events_by_transaction', array['xid'], 'a feed''s question has its index');
select col_not_null('chat', 'events', 'xid', 'each is numbered by its transaction');
select col_not_null('chat', 'events', 'kind', 'and has a kind');
select col_default_is('chat', 'events', 'xid', 'pg_current_xact_id()', 'of the one that writes it');
select is_empty($$select from pg_constraint where conrelid = 'chat.events'::regclass and contype = 'f'$$,
                'it locks no row of another table');
select is(pg_temp.events(), format('6::: 9:::%s 9:::%s', :eve, :ina),
          'that people and churches were changed is told, once, and who has become staff');

-- Opening a conversation.
select pg_temp.talk(:ada, :abbey) as talk \gset
select is(pg_temp.events(), format('3:%s::%s', :talk, :ada), 'a conversation that is made is told of');
select is((select outcome from chat.open_conversation(:ada, :abbey)), 'found', 'finding it');
select is(pg_temp.events(), '', 'is not');
select is((select array_agg((chat.open_conversation(u, c)).outcome)
           from (values (:ada::bigint, 0::bigint), (:ada, :closed), (0, :abbey)) x (u, c)),
          '{no_church,no_church,user_inactive}', 'a refusal');
select is(pg_temp.events(), '', 'is not either');

-- Posting.
select pg_temp.say(:ada, :talk) as m1 \gset
select is(pg_temp.events(), format('1:%s:%s:%s', :talk, :m1, :ada), 'what a member says');
select (message).id as m2 from chat.send_message(:eve, :talk, 'hello', 'k1', 'links') \gset
select is(pg_temp.events(), format('1:%s:%s:%s', :talk, :m2, :eve), 'what staff say, also when it is flagged');
select is((select (outcome, (message).id)::text from chat.send_message(:eve, :talk, 'hello', 'k1')),
          format('(repeated,%s)', :m2), 'what is said again');
select is(pg_temp.events(), '', 'is not told again');
select is((select array_agg((chat.send_message(u, c, 'x')).outcome)
           from (values (:ben::bigint, :talk::bigint), (:ada, 0), (0, :talk)) x (u, c)),
          '{not_found,not_found,user_inactive}', 'a message that is refused');
select is(pg_temp.events(), '', 'is not told');
select throws_ok(format('select chat.send_message(%s, %s, '''')', :ada, :talk), '23514', null,
                 'nor one that the table does not take');
select is(pg_temp.events(), '', 'of which nothing stays');
update chat.churches set is_active = false where id = :abbey;
select is((select outcome from chat.send_message(:ada, :talk, 'x')), 'church_inactive', 'to an inactive church');
update chat.churches set is_active = true where id = :abbey;
update chat.conversations set member_blocked = true where id = :talk;
select is((select outcome from chat.send_message(:ada, :talk, 'x')), 'blocked', 'by a blocked member');
select is((select outcome from chat.open_conversation(:ada, :abbey)), 'blocked', 'who opens it, too');
update chat.conversations set member_blocked = false where id = :talk;
select is(pg_temp.events(), '', 'nothing was told, not of what was written without the functions either');

-- Reading all, or up to a message.
select pg_temp.say(:ada, :talk) as m3 \gset
select pg_temp.say(:ada, :talk) as m4 \gset
select pg_temp.say(:eve, :talk) as m5 \gset
select is(pg_temp.events(), format('1:%1$s:%2$s:%3$s 1:%1$s:%4$s:%3$s 1:%1$s:%5$s:%6$s',
                                   :talk, :m3, :ada, :m4, :m5, :eve), 'each message has its own, in order');
select is((select marked from chat.mark_read(:eve, :talk, :m2)), 1::bigint, 'reading up to a message');
select is(pg_temp.events(), format('2:%s:%s:%s', :talk, :m1, :eve), 'tells of the newest that was marked');
select is((select marked from chat.mark_read(:eve, :talk, :m2)), 0::bigint, 'reading it again');
select is(pg_temp.events(), '', 'tells nothing');
select is((select marked from chat.mark_read(:eve, :talk)), 2::bigint, 'reading several at once');
select is(pg_temp.events(), format('2:%s:%s:%s', :talk, :m4, :eve), 'is one event');
select is((select marked from chat.mark_read(:ina, :talk)), 0::bigint, 'what a colleague has read');
select is(pg_temp.events(), '', 'is not read again');
select is((select marked from chat.mark_read(:ada, :talk, :m1)), 0::bigint, 'up to where nothing is unread');
select is(pg_temp.events(), '', 'is nothing');
select is((select array_agg((chat.mark_read(u, c)).outcome)
           from (values (:ben::bigint, :talk::bigint), (:ada, 0), (0, :talk)) x (u, c)),
          '{not_found,not_found,user_inactive}', 'nor is a refusal');
select is(pg_temp.events(), '', 'to anybody');

-- Reading one.
select is((select marked from chat.mark_message_read(:ada, :talk, :m5)), 1::bigint, 'reading one message');
select is(pg_temp.events(), format('2:%s:%s:%s', :talk, :m5, :ada), 'is told with it');
select is((select array_agg((r).outcome || (r).marked) from (
               select chat.mark_message_read(u, :talk, m) as r
               from (values (:ada::bigint, :m5::bigint), (:ada, :m1), (:eve, :m5), (:eve, :m4)) x (u, m)) y),
          '{read0,read0,read0,read0}', 'again, of one''s own side, or read before');
select is(pg_temp.events(), '', 'is not');
select is((select array_agg((chat.mark_message_read(u, c, m)).outcome)
           from (values (:ben::bigint, :talk::bigint, :m2::bigint), (:ada, 0, :m2), (:ada, :talk, 0),
                        (0, :talk, :m2)) x (u, c, m)),
          '{not_found,not_found,not_found,user_inactive}', 'nor is a refusal');
select is(pg_temp.events(), '', 'to anybody');
select is((select marked from chat.mark_read(:ada, :talk)), 1::bigint, 'the rest of it');
select is(pg_temp.events(), format('2:%s:%s:%s', :talk, :m2, :ada), 'is told as always');

-- Blocking.
select is(chat.block_member(:eve, :talk, true), 'done', 'a member is blocked');
select is(pg_temp.events(), format('4:%s::%s', :talk, :eve), 'which is told');
select is(chat.block_member(:ina, :talk, true), 'done', 'once more');
select is(pg_temp.events(), '', 'which is not');
select is(chat.block_member(:ina, :talk, false), 'done', 'and let in');
select is(pg_temp.events(), format('4:%s::%s', :talk, :ina), 'which is');
select is(chat.block_member(:ina, :talk, false), 'done', 'also twice');
select is(pg_temp.events(), '', 'which is not');
select is((select array_agg(chat.block_member(u, c, true))
           from (values (:ada::bigint, :talk::bigint), (:ben, :talk), (:eve, 0), (0, :talk)) x (u, c)),
          '{not_staff,not_found,not_found,user_inactive}', 'refusals');
select is(pg_temp.events(), '', 'are silent');

-- What nobody need hear of.
select isnt((select id from chat.ensure_user('new ' || gen_random_uuid(), 'New', '/new.png', null)), null,
            'a new user');
select username as ben_name from chat.users where id = :ben \gset
select is((select display_name from chat.ensure_user(:'ben_name', 'Benjamin', null, null)), 'Benjamin', 'a new name');
select is(chat.unread_count(:ada, :talk), 0::bigint, 'a count');
select is((select id from chat.last_message(:talk)), :m5::bigint, 'a look at the last message');
select is(pg_temp.events(), '', 'are silent, too');

-- Who may hear of what: found out when it is told, but what their clients show is theirs no more.
insert into chat.church_staff (church_id, user_id) values (:abbey, :ben);
select is(pg_temp.events(), format('9:::%s', :ben), 'who becomes staff is told');
update chat.church_staff set role = role where user_id = :ben;
select is(pg_temp.events(), '', 'but not of a change that leaves them with the same church');
delete from chat.church_staff where user_id = :ben;
select is(pg_temp.events(), format('9:::%s', :ben), 'and who is not staff any more');

-- Deactivating, whoever does it.
update chat.users set display_name = 'Benny', email = 'ben@example.org' where id = :ben;
update chat.users set is_active = is_active where id = :ben;
select is(pg_temp.events(), '', 'other changes of a user are not told');
update chat.users set is_active = false where id = :ben;
select is(pg_temp.events(), format('5:::%s', :ben), 'the end is');
update chat.users set is_active = false where id = :ben;
update chat.users set is_active = true where id = :ben;
select is(pg_temp.events(), '', 'once, and not that they are back');
insert into chat.users (username, display_name, is_active) values ('gone ' || gen_random_uuid(), 'Gone', false);
select is(pg_temp.events(), '', 'who never was active has no end');
insert into chat.users as u (username, display_name)
    select username, 'again' from chat.users where id = :ben
    on conflict (username) do update set is_active = false;
select is(pg_temp.events(), format('5:::%s', :ben), 'an insert that becomes an update tells as well');
update chat.users set is_active = false, display_name = 'x' where id in (:ada, :eve, :ina);
select is((select array_agg(event order by event) from string_to_table(pg_temp.events(), ' ') event),
          (select array_agg(format('5:::%s', u) order by format('5:::%s', u)) from unnest(array[:ada, :eve, :ina]) u)
          || format('8:%s::', :talk),
          'several at once are told one by one, and where a member has another name');
select is((select array_agg((chat.send_message(u, :talk, 'x')).outcome) from unnest(array[:ada, :eve]::bigint[]) u),
          '{user_inactive,user_inactive}', 'and what they do');
select is(pg_temp.events(), '', 'is not');
update chat.users set is_active = true where id in (:ada, :eve, :ina);

-- An event goes with its transaction, and is numbered by it.
savepoint before_it;
select pg_temp.say(:ada, :talk) \g /dev/null
select isnt(pg_temp.events(), '', 'an event');
rollback to savepoint before_it;
select is(pg_temp.events(), '', 'goes when its transaction goes back');
select is((select count(*) from chat.events e where e.message_id > :m5 and e.xid = pg_current_xact_id()), 0::bigint,
          'with its message');
savepoint another;
select pg_temp.say(:ada, :talk) as m6 \gset
release savepoint another;
select pg_temp.say(:ada, :talk) as m7 \gset
select is((select array_agg(e.xid::text order by id) from chat.events e where e.message_id in (:m6, :m7)),
          array[pg_current_xact_id()::text, pg_current_xact_id()::text],
          'what a part of a transaction writes has the number of the whole, which snapshots know');
select ok((select bool_and(e.id > before_id and e.created_at >= before_at) from (
               select id, created_at, lag(id, 1, 0::bigint) over w as before_id,
                      lag(created_at, 1, '-infinity') over w as before_at
               from chat.events where conversation_id = :talk and kind = 1
               window w as (order by message_id)) e),
          'of one conversation, ids and times grow with the messages');
select ok((select max(created_at) > now() from chat.events where conversation_id = :talk),
          'the time is that of the event, not of the transaction''s begin');

-- What a feed asks for: what its last snapshot did not show. Numbers of transactions as they may stand.
create function pg_temp.unseen(last pg_snapshot) returns setof bigint language sql as $$
    select e.message_id from chat.events e where e.kind = 99
    and (e.xid >= pg_snapshot_xmax(last) or e.xid = any (array(select pg_snapshot_xip(last))))
$$;
create function pg_temp.unseen_list(last text) returns text language sql as $$
    select string_agg(n::text, ' ' order by n) from pg_temp.unseen(last::pg_snapshot) n
$$;
insert into chat.events (xid, kind, message_id) select n::text::xid8, 99, n from generate_series(5, 24) n;
select is(pg_temp.unseen_list('10:10:'), '10 11 12 13 14 15 16 17 18 19 20 21 22 23 24',
          'with nobody at work: what began since');
select is(pg_temp.unseen_list('10:20:10,12,19'), '10 12 19 20 21 22 23 24', 'and what was at work then');
select is(pg_temp.unseen_list('5:25:5,24'), '5 24', 'of all that was, the first and the last');
select is(pg_temp.unseen_list('25:25:'), null, 'nothing');
select is(pg_temp.unseen_list('4294967301:4294967301:'), null, 'nor do numbers begin anew after 32 bits');
insert into chat.events (xid, kind, message_id) values ('4294967306', 99, 4294967306);
select is(pg_temp.unseen_list('4294967301:4294967301:'), '4294967306', 'they go on');

-- Transactions that begin one by one and commit in any order, some never, seen by one snapshot after
-- the other: each event that was committed by the last one is told by exactly one of them.
create temporary table history as
    select n as xid, n as begun, n + 1 + floor(random() ^ 3 * 60)::int as ended, random() < 0.8 as commits
    from generate_series(100, 299) n;
create temporary table looks as
    select row_number() over (order by at) as look, at, format('%s:%s:%s',
        coalesce((select min(xid) from history where begun < at and ended >= at), at), at,
        (select string_agg(xid::text, ',' order by xid) from history where begun < at and ended >= at))::pg_snapshot
        as snapshot
    from (select distinct 100 + floor(random() * 260)::int as at from generate_series(1, 60)
          union select 100 union select 400) x;
delete from chat.events where kind = 99;
insert into chat.events (xid, kind, message_id) select xid::text::xid8, 99, xid from history where commits;
create temporary table told as
    select t.look, n as xid from looks t join looks l on l.look = t.look - 1, pg_temp.unseen(l.snapshot) n
    where pg_visible_in_snapshot(n::text::xid8, t.snapshot);
select ok((select count(*) > 100 from history where commits), 'much has happened');
select results_eq('select xid::bigint from told order by xid', 'select xid::bigint from history where commits order by xid',
                  'each event is told exactly once');
select is_empty('select from told t join history h using (xid) join looks l using (look) where h.ended >= l.at',
                'and not before its commit');

-- Taking old ones away: what is a minute old is of no use.
insert into chat.events (kind, message_id, created_at)
    select 98, n, clock_timestamp() - n * interval '1 second' from generate_series(10, 120, 10) n where n not in (50, 60);
select lives_ok($$with gone as (delete from chat.events e where e.ctid in (select o.ctid
    from chat.events o where o.created_at < clock_timestamp() - interval '1 minute' and o.kind = 98
    limit 10000 for update skip locked) returning 1) select count(*) from gone$$,
                'the role of the module may take them away');
select is((select array_agg(message_id order by id) from chat.events where kind = 98), '{10,20,30,40}', 'the young stay');
select * from finish();
rollback;
