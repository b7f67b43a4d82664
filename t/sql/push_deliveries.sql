begin;
\ir lib/people.sql
select no_plan();
select pg_temp.person('Ada') as ada, pg_temp.church('Abbey') as abbey \gset
select pg_temp.staff(:abbey, 'Eve') as eve \gset
select pg_temp.talk(:ada, :abbey) as talk \gset

create function pg_temp.save(by_user bigint, endpoint text, key_id text default 'k') returns bigint language sql as $$
    select subscription_id from chat.save_push_subscription(by_user, endpoint, 'p', 'a', key_id)
$$;
-- As the workers do it: what they take, "endpoint title body unread".
create function pg_temp.claim(has_content boolean default true) returns setof text language sql as $$
    select concat_ws(' ', p.endpoint, p.title, p.body, p.unread_count) from chat.claim_push('5 min', 'k', has_content) p
    where p.subscription_id is not null
$$;
create function pg_temp.claim_dropped() returns bigint language sql as $$
    select p.dropped from chat.claim_push('5 min', 'k', true) p where p.subscription_id is null
$$;
create function pg_temp.finish(outcomes text[], pauses integer[] default '{0,0,0}') returns void language sql as $$
    select chat.finish_push(o.conversation_id, o.id, (extract(epoch from o.due_at) * 1000000)::bigint,
                            (select array_agg(i order by i) from unnest(o.left_over) i), outcomes,
                            pauses[1:cardinality(outcomes)], 'said no')
    from chat.outbox o where o.state = 'due' and o.attempts > 0 and o.due_at > now()
$$;
create function pg_temp.outbox() returns text language sql as $$
    select concat_ws(' ', o.state, o.attempts, o.last_error, o.up_to, o.left_over::text)
    from chat.outbox o where o.kind = 'push' order by o.id desc limit 1
$$;
-- Due again, as with the passing of time.
create function pg_temp.pass() returns void language sql as $$
    update chat.push_subscriptions set retry_at = now() - interval '1 s' where retry_at is not null;
    update chat.outbox set due_at = now() where state = 'due'
$$;
create function pg_temp.due(of_user bigint, of_talk bigint) returns void language sql as $$
    insert into chat.outbox (conversation_id, user_id, kind, due_at) values (of_talk, of_user, 'push', now())
$$;

select is_empty('select pg_temp.claim()', 'nothing is due');
select pg_temp.say(:eve, :talk, 'hello') as m1 \gset
select pg_temp.due(:ada, :talk) \g /dev/null
select is(pg_temp.claim_dropped(), 1::bigint, 'a delivery without a browser');
select is(pg_temp.outbox(), 'dropped 0 no subscription ' || :m1, 'is dropped');

select pg_temp.save(:ada, 'e1') as e1, pg_temp.save(:ada, 'e2') as e2, pg_temp.save(:ada, 'old', 'k0') as e3 \gset
select pg_temp.due(:ada, :talk) \g /dev/null
select results_eq('select pg_temp.claim()', array['e1 Abbey hello 1', 'e2 Abbey hello 1'], 'one for each browser, with what it says');
select is((select count(*) from chat.push_subscriptions where id = :e3), 0::bigint, 'one of another key is deleted');
select is_empty('select pg_temp.claim()', 'nobody else takes it');
select pg_temp.finish('{sent,sent}') \g /dev/null
select is(pg_temp.outbox(), 'sent 1 ' || :m1, 'sent');
select ok((select bool_and(delivered_at is not null and refusals = 0 and retry_at is null) from chat.push_subscriptions),
          'which their subscriptions say, too');

-- One of two later.
select pg_temp.due(:ada, :talk) \g /dev/null
select pg_temp.claim(false) \g /dev/null
select pg_temp.finish('{sent,later}', '{0,300}') \g /dev/null
select is(pg_temp.outbox(), format('due 1 said no %s {%s}', :m1, :e2), 'the other one is left');
select ok((select retry_at - clock_timestamp() between interval '290 s' and interval '301 s' and refusals = 1
           from chat.push_subscriptions where id = :e2), 'for as long as its service wants');
select ok((select due_at = (select retry_at from chat.push_subscriptions where id = :e2) from chat.outbox where state = 'due'),
          'and the delivery');
update chat.outbox set due_at = now() where state = 'due';
select is_empty('select pg_temp.claim()', 'what is due too early is put off');
select is(pg_temp.outbox(), format('due 1 said no %s {%s}', :m1, :e2), 'which is not an attempt');
select pg_temp.pass() \g /dev/null
select results_eq('select pg_temp.claim(false)', array['e2 Abbey 1'], 'then only the other one gets it; the message is not told');
select pg_temp.finish('{sent}') \g /dev/null
select is(pg_temp.outbox(), 'sent 2 ' || :m1, 'and all is well');

-- A browser whose service is away keeps nothing newer from the others.
select pg_temp.due(:ada, :talk) \g /dev/null
select pg_temp.claim() \g /dev/null
select pg_temp.finish('{sent,later}', '{0,3600}') \g /dev/null
create function pg_temp.decide(of_user bigint, of_talk bigint) returns boolean language sql as $$
    select chat.decide_delivery(of_talk, of_user, true, now(), 'push', '0', '0', null, null, null, 'UTC') is not null
$$;
select pg_temp.decide(:ada, :talk) \g /dev/null
select is(pg_temp.outbox(), format('due 1 said no %s {%s}', :m1, :e2), 'while there is nothing newer, it waits for it');
select pg_temp.say(:eve, :talk, 'and') as m2 \gset
select pg_temp.decide(:ada, :talk) \g /dev/null
select results_eq('select pg_temp.claim()', array['e1 Abbey and 1'], 'the others get what is newer');
select is((select count(*) from chat.outbox where state = 'due'), 1::bigint, 'by the same delivery');
select pg_temp.finish('{sent,released}', '{0,12}') \g /dev/null
select ok((select retry_at > clock_timestamp() + interval '59 min' from chat.push_subscriptions where id = :e2),
          'what its service has asked for holds');
select pg_temp.pass() \g /dev/null
select results_eq('select pg_temp.claim()', array['e2 Abbey and 1'], 'which gets it later');
select pg_temp.finish('{later}', '{0}') \g /dev/null
select pg_temp.say(:eve, :talk, 'more') as m3 \gset
select pg_temp.pass() \g /dev/null
select results_eq('select pg_temp.claim()', array['e2 Abbey and 1'], 'also after a further failure');
select pg_temp.finish('{sent}') \g /dev/null
delete from chat.messages where id in (:m2, :m3);

-- Pauses double.
select pg_temp.due(:ada, :talk) \g /dev/null
select pg_temp.claim() \g /dev/null
select pg_temp.finish('{sent,later}') \g /dev/null
select pg_temp.pass() \g /dev/null
select pg_temp.claim() \g /dev/null
select pg_temp.finish('{later}') \g /dev/null
select ok((select retry_at - clock_timestamp() between interval '115 s' and interval '121 s' from chat.push_subscriptions where id = :e2),
          'two minutes after the second');
update chat.push_subscriptions set refusals = 30 where id = :e2;
select pg_temp.pass() \g /dev/null
select pg_temp.claim() \g /dev/null
select pg_temp.finish('{later}') \g /dev/null
select ok((select retry_at - clock_timestamp() <= interval '24 hours' from chat.push_subscriptions where id = :e2), 'a day at most');
update chat.outbox set attempts = 6 where state = 'due';
select pg_temp.pass() \g /dev/null
select pg_temp.claim() \g /dev/null
select pg_temp.finish('{later}') \g /dev/null
select is(pg_temp.outbox(), format('dead 7 said no %s {%s}', :m1, :e2), 'seven times, and not for ever');

-- Refused and gone.
update chat.push_subscriptions set refusals = 0, retry_at = null;
select pg_temp.due(:ada, :talk) \g /dev/null
select pg_temp.claim() \g /dev/null
select pg_temp.finish('{refused,gone}') \g /dev/null
select is(pg_temp.outbox(), 'dead 1 said no ' || :m1, 'refused for good');
select is((select string_agg(endpoint || refusals, ' ') from chat.push_subscriptions), 'e11', 'what is gone is deleted, what refuses is counted');
update chat.push_subscriptions set refusals = 19;
select pg_temp.due(:ada, :talk) \g /dev/null
select pg_temp.claim() \g /dev/null
select pg_temp.finish('{refused}') \g /dev/null
select is((select refusals from chat.push_subscriptions), 20, 'twenty times, but a success this week');
update chat.push_subscriptions set delivered_at = now() - interval '8 days';
select pg_temp.due(:ada, :talk) \g /dev/null
select pg_temp.claim() \g /dev/null
select pg_temp.finish('{refused}') \g /dev/null
select is_empty('select from chat.push_subscriptions', 'without one it is deleted');

-- A claim that has passed to somebody else.
select pg_temp.save(:ada, 'e4') as e4 \gset
select pg_temp.due(:ada, :talk) \g /dev/null
select pg_temp.claim() \g /dev/null
select chat.finish_push(:talk, (select max(id) from chat.outbox), 7, array[:e4], '{sent}', '{0}', null) \g /dev/null
select is(pg_temp.outbox(), format('due 1 %s {%s}', :m1, :e4), 'ends nothing');
select pg_temp.finish('{released}') \g /dev/null
select is(pg_temp.outbox(), format('due 0 said no {%s}', :e4), 'what was not tried is due again, without an attempt');
select is((select due_at <= clock_timestamp() from chat.outbox where state = 'due'), true, 'at once');
select pg_temp.claim() \g /dev/null
select pg_temp.finish('{released}', '{30}') \g /dev/null
select is(pg_temp.outbox(), format('due 0 said no {%s}', :e4), 'what was put off');
select ok((select due_at - clock_timestamp() between interval '20 s' and interval '31 s' from chat.outbox where state = 'due'), 'comes later');
select is((select refusals from chat.push_subscriptions where id = :e4), 0, 'and its service has not refused');
update chat.outbox set attempts = 6 where state = 'due';
select pg_temp.pass() \g /dev/null
select pg_temp.claim() \g /dev/null
select pg_temp.finish('{released}', '{30}') \g /dev/null
select is(pg_temp.outbox(), format('due 6 said no {%s}', :e4), 'also what has its last attempt');

-- Read meanwhile.
select chat.mark_read(:ada, :talk) \g /dev/null
select pg_temp.pass() \g /dev/null
select is(pg_temp.claim_dropped(), 1::bigint, 'what was read');
select is((select state from chat.outbox order by id desc limit 1), 'dropped', 'is not told any more');

-- A test.
select pg_temp.save(:ada, 'e5'), pg_temp.save(:eve, 'e6'), pg_temp.save(:ada, 'e7', 'k0') \g /dev/null
select is((select (outcome, marked)::text from chat.test_push(:ada)), '(done,3)', 'for each of the user''s');
select results_eq('select pg_temp.claim()', array['e4'], 'one after the other');
select results_eq('select pg_temp.claim()', array['e5'], 'once');
select is_empty('select pg_temp.claim()', 'and none for others, or by another key');
select is((select string_agg(endpoint, ' ' order by endpoint) from chat.push_subscriptions), 'e4 e5 e6', 'which is deleted');
select s.id as e5 from chat.push_subscriptions s where s.endpoint = 'e5' \gset
select chat.finish_push(null, null, null, array[:e5], '{released}', '{0}', null) \g /dev/null
select results_eq('select pg_temp.claim()', array['e5'], 'what was not tried comes again');
select chat.finish_push(null, null, null, array[:e5], '{released}', '{30}', null) \g /dev/null
select is_empty('select pg_temp.claim()', 'what was put off does not at once');
select ok((select test_at between clock_timestamp() + interval '20 s' and clock_timestamp() + interval '31 s' and retry_at is null
           from chat.push_subscriptions where id = :e5), 'but later');
update chat.push_subscriptions set test_at = null;
select chat.finish_push(null, null, null, array[:e4], '{gone}', '{0}', null) \g /dev/null
select is((select string_agg(endpoint, ' ' order by endpoint) from chat.push_subscriptions), 'e5 e6', 'what became of it is recorded');
update chat.users set is_active = false where id = :ada;
select is((select (outcome, marked)::text from chat.test_push(:ada)), '(user_inactive,0)', 'not for who is not active');
select * from finish();
rollback;
