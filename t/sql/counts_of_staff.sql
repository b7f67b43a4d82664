begin;
\ir lib/people.sql
select plan(5);
select pg_temp.person('Ada') as ada, pg_temp.church('Abbey') as abbey, pg_temp.church('Chapel') as chapel \gset
select pg_temp.staff(:abbey, 'Eve') as eve, pg_temp.talk(:ada, :abbey) as talk, pg_temp.talk(:ada, :chapel) as elsewhere \gset
insert into chat.church_staff (church_id, user_id) values (:chapel, :eve);

select pg_temp.say(:ada, :talk), pg_temp.say(:ada, :talk), pg_temp.say(:ada, :elsewhere) \g /dev/null
select is((chat.counts_of_staff(:eve))[1:2], '{3,2}', 'what was written to all churches of a staff member');
select is(chat.counts_of_staff(:ada), '{0,0,0}', 'nothing for who is no staff');
select chat.mark_read(:eve, :talk) \g /dev/null
select is((chat.counts_of_staff(:eve))[1:2], '{1,1}', 'without what was read');

-- Staff who write to their own church are its member there: their colleagues have to answer.
select pg_temp.staff(:abbey, 'Fay') as fay, pg_temp.talk(:eve, :abbey) as own \gset
select pg_temp.say(:eve, :own) \g /dev/null
select is((chat.counts_of_staff(:eve))[1:2], '{1,1}', 'what they wrote themselves is not to be read by them');
select is((chat.counts_of_staff(:fay))[1:2], '{1,1}', 'but by their colleagues');
select * from finish();
rollback;
