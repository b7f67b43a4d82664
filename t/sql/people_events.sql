begin;
\ir lib/people.sql
select plan(20);
select pg_temp.person('Ada') as ada, pg_temp.person('Ben') as ben, pg_temp.church('Abbey') as abbey \gset
select pg_temp.staff(:abbey, 'Eve') as eve \gset

-- Whether this transaction has told since this was asked last that names or staff were changed.
create function pg_temp.is_told() returns boolean language sql as $$
    with told as (delete from chat.events where xid = pg_current_xact_id() and kind = 6 returning 1)
    select count(*) = 1 from told
$$;

select ok(pg_temp.is_told(), 'a new staff member is told of');
select pg_temp.person('Cid') as cid, pg_temp.church('Nave') as nave \gset
select ok(not pg_temp.is_told(), 'new users and churches stand in no list yet');
update chat.users set display_name = 'Ada B.' where id = :ada;
select ok(pg_temp.is_told(), 'another name');
update chat.users set avatar_url = '/a.png' where id in (:ada, :ben);
select ok(pg_temp.is_told(), 'another picture: once, however many');
update chat.users set email = 'ada@example.org', display_name = display_name where id = :ada;
select ok(not pg_temp.is_told(), 'what nobody sees is not told');
update chat.users set is_active = false where id = :ben;
select ok(pg_temp.is_told(), 'a deactivated user');
update chat.churches set name = 'Abbey Church' where id = :abbey;
select ok(pg_temp.is_told(), 'another name of a church');
update chat.churches set logo_url = '/l.png' where id = :abbey;
select ok(pg_temp.is_told(), 'another logo');
update chat.churches set created_at = now() where id = :abbey;
select ok(not pg_temp.is_told(), 'nothing else of it');
update chat.churches set is_active = false where id = :abbey;
select ok(pg_temp.is_told(), 'a church that is switched off');
insert into chat.church_staff (church_id, user_id) values (:abbey, :cid);
select ok(pg_temp.is_told(), 'one more of the staff');
delete from chat.church_staff where church_id = :abbey and user_id = :cid;
select ok(pg_temp.is_told(), 'one less');
delete from chat.users where id = :cid;
select ok(pg_temp.is_told(), 'a user who is deleted');
delete from chat.churches where id = :nave;
select ok(pg_temp.is_told(), 'a church that is deleted');

-- Where somebody reads the name.
select pg_temp.person('Zed') as zed, pg_temp.church('Chapel') as chapel \gset
select pg_temp.talk(:zed, :chapel) as talk \gset
create function pg_temp.named() returns text language sql as $$
    with told as (delete from chat.events where xid = pg_current_xact_id() and kind = 8 returning conversation_id)
    select coalesce(string_agg(conversation_id::text, ' ' order by conversation_id), '') from told
$$;
select pg_temp.named() \g /dev/null
update chat.users set display_name = 'Ada C.' where id = :zed;
select is(pg_temp.named(), :'talk', 'the name of a member is told where it stands');
update chat.users set avatar_url = '/c.png' where id = :zed;
select is(pg_temp.named(), :'talk', 'so is a picture');
update chat.users set email = 'c@example.org', display_name = display_name where id = :zed;
select is(pg_temp.named(), '', 'nothing else is');
update chat.churches set name = 'Minster' where id = :chapel;
select is(pg_temp.named(), :'talk', 'so is the name of a church');
update chat.churches set is_active = is_active where id = :chapel;
select is(pg_temp.named(), '', 'nothing else');
insert into chat.users (username, display_name) select 'many ' || n, 'Many' from generate_series(1, 600) n;
insert into chat.conversations (member_id, church_id) select id, :chapel from chat.users where username like 'many %';
update chat.users set display_name = 'Many more' where username like 'many %';
select is((select count(*) from string_to_table(pg_temp.named(), ' ')), 500::bigint, 'of very many at once, some');
select * from finish();
rollback;
