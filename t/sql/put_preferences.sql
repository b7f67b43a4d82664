begin;
\ir lib/people.sql
select no_plan();
select pg_temp.person('Ada') as ada, pg_temp.person('Ben') as ben, pg_temp.church('Abbey') as abbey \gset
select pg_temp.staff(:abbey, 'Eve') as eve \gset
create function pg_temp.put(by_user bigint, email text default null, push boolean default null, digest_at time default null,
    changes_quiet boolean default false, quiet_from time default null, quiet_to time default null,
    time_zone text default null, language text default null)
returns text language sql as $$
    select concat_ws(' ', p.outcome, p.email, p.push, p.digest_at, p.quiet_from, p.quiet_to, p.time_zone, p.language)
    from chat.put_preferences(by_user, null, $2, $3, $4, $5, $6, $7, $8, $9) p
$$;
set timezone = 'Asia/Tokyo';

-- What holds, and what is changed.
select is((select p::text from chat.user_preferences(:ada, null) p), '(,t,07:00,,,Asia/Tokyo,,f,f)', 'without a choice');
select is((select p.is_staff from chat.user_preferences(:eve, null) p), true, 'of staff');
select is(pg_temp.put(:ada, email => 'digest', changes_quiet => true, quiet_from => '22:00', quiet_to => '07:00'),
          'saved digest t 07:00 22:00 07:00 Asia/Tokyo', 'some');
select is(pg_temp.put(:ada, push => false, digest_at => '06:30', time_zone => 'Europe/Berlin', language => 'de'),
          'saved digest f 06:30 22:00 07:00 Europe/Berlin de', 'the others stay');
select is(pg_temp.put(:ada, changes_quiet => true), 'saved digest f 06:30 Europe/Berlin de', 'quiet hours can end');
select is((select p.is_refused from chat.user_preferences(:ada, 'Ada@example.org') p), false, 'an address that nobody refused');
insert into chat.mail_failures (address, failures, is_off, error) values ('ada@example.org', 3, true, '550');
select is((select p.is_refused from chat.user_preferences(:ada, 'Ada@example.org') p), true, 'one that a server refused');
select is((select r.outcome || ' ' || r.is_refused from chat.retry_mail(:ada, 'Ben@example.org') r), 'done false', 'another address');
select is((select count(*) from chat.mail_failures), 1::bigint, 'is not that one');
select is((select r.outcome || ' ' || r.is_refused from chat.retry_mail(:ada, 'Ada@example.org') r), 'done false', 'tried again');
select is_empty('select from chat.mail_failures', 'nothing is remembered');
select is((select r.outcome from chat.retry_mail(:ada, null) r), 'done', 'without an address there is nothing to do');

-- What is refused.
select is(pg_temp.put(:ada, email => 'off', time_zone => 'Moon/Tycho'), 'no_time_zone digest f 06:30 Europe/Berlin de',
          'a time zone that nobody knows: nothing changes');
select is(pg_temp.put(:ada, time_zone => 'GMT+3'), 'no_time_zone digest f 06:30 Europe/Berlin de',
          'an offset as POSIX writes it is not a name');
update chat.users set is_active = false where id = :ada;
select is(pg_temp.put(:ada, email => 'off'), 'user_inactive digest f 06:30 Europe/Berlin de', 'an inactive user');
insert into chat.mail_failures (address, failures, is_off, error) values ('ada@example.org', 3, true, '550');
select is((select r.outcome || ' ' || r.is_refused from chat.retry_mail(:ada, 'ada@example.org') r), 'user_inactive true', 'nor tries again');
select is(pg_temp.put(0, email => 'off'), 'user_inactive t 07:00 Asia/Tokyo', 'an unknown one');
select is_empty(format('select from chat.preferences where user_id <> %s', :ada), 'nothing else was written');
select * from finish();
rollback;
