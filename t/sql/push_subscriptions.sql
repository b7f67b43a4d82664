begin;
\ir lib/people.sql
select plan(24);
select pg_temp.person('Ada') as ada, pg_temp.person('Ben') as ben \gset

create function pg_temp.save(by_user bigint, endpoint text, key_id text default 'k1') returns text language sql as $$
    select outcome from chat.save_push_subscription(by_user, endpoint, 'p', 'a', key_id)
$$;
create function pg_temp.held(by_user bigint) returns text language sql as $$
    select coalesce(string_agg(s.endpoint, ' ' order by s.created_at, s.id), '')
    from chat.push_subscriptions s where s.user_id = by_user
$$;

select is(pg_temp.save(:ada, 'e1'), 'created', 'the first');
select is((select (user_id, endpoint, p256dh, auth, key_id, refusals)::text from chat.push_subscriptions
           where endpoint = 'e1'), format('(%s,e1,p,a,k1,0)', :ada), 'as it was given');
select id as e1, created_at as since from chat.push_subscriptions where endpoint = 'e1' \gset
update chat.push_subscriptions set refusals = 3, delivered_at = now() where id = :e1;
select pg_sleep(0.002) \g /dev/null
select is((select (outcome, subscription_id, saved_at)::text
           from chat.save_push_subscription(:ada, 'e1', 'p2', 'a2', 'k2')),
          format('(found,%s,"%s")', :e1, :'since'), 'again: the same one, since then');
select is((select (p256dh, auth, key_id, refusals)::text from chat.push_subscriptions where id = :e1),
          '(p2,a2,k2,0)', 'with the keys that are given now, and nothing held against it');
select ok((select delivered_at is not null from chat.push_subscriptions where id = :e1), 'what was delivered stays');

-- Moved to another user.
select is(pg_temp.save(:ben, 'e1'), 'created', 'it is new to another user');
select is(pg_temp.held(:ada) || '|' || pg_temp.held(:ben), '|e1', 'and the first one has it no more');
select ok((select delivered_at is null and created_at > :'since' from chat.push_subscriptions where endpoint = 'e1'),
          'nothing was delivered to the other user, who has it since now');

-- Sixteen at most.
select pg_temp.save(:ada, 'f' || n) from generate_series(1, 16) n \g /dev/null
select is((select count(*) from chat.push_subscriptions where user_id = :ada), 16::bigint, 'sixteen are kept');
select is(pg_temp.save(:ada, 'f3'), 'found', 'one of them again');
select is((select count(*) from chat.push_subscriptions where user_id = :ada), 16::bigint, 'replaces none');
select is(pg_temp.save(:ada, 'f17'), 'created', 'the seventeenth');
select is(pg_temp.held(:ada), (select string_agg('f' || n, ' ' order by n) from generate_series(2, 17) n),
          'replaces the oldest');
select is(pg_temp.save(:ada, 'e1'), 'created', 'one that comes from another user');
select is(pg_temp.held(:ada), (select string_agg('f' || n, ' ' order by n) from generate_series(3, 17) n) || ' e1',
          'as well');

-- Dropped.
select is((select (outcome, marked)::text from chat.drop_push_subscription(:ada, null, 'f5')), '(dropped,1)',
          'by its endpoint');
select is((select (outcome, marked)::text from chat.drop_push_subscription(:ada, null, 'f5')), '(dropped,0)', 'once');
select is((select (outcome, marked)::text from chat.drop_push_subscription(:ben, :e1, null)), '(dropped,0)',
          'not by somebody else');
select is((select (outcome, marked)::text from chat.drop_push_subscription(:ben, null, 'e1')), '(dropped,0)', 'however');
select is((select (outcome, marked)::text from chat.drop_push_subscription(:ada, :e1, null)), '(dropped,1)', 'by its id');

-- Who is not there.
update chat.users set is_active = false where id = :ada;
select is(pg_temp.save(:ada, 'g1'), 'user_inactive', 'not for who is not active');
select is((select (outcome, marked)::text from chat.drop_push_subscription(:ada, null, 'f6')), '(user_inactive,0)',
          'nor dropped by them');
select is(pg_temp.save(0, 'g1'), 'user_inactive', 'nor for nobody');
delete from chat.users where id = :ada;
select is((select count(*) from chat.push_subscriptions where user_id = :ada), 0::bigint, 'they go with their user');
select * from finish();
rollback;
