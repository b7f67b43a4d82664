-- People and churches to try the chat with. Loading it again changes nothing.
begin;

insert into chat.users (username, display_name) values
    ('alice', 'Alice Archer'),
    ('bob', 'Bob Baker'),
    ('carol', 'Carol Carter'),
    ('dave', 'Dave Dawson'),
    ('erin', 'Erin Ellis'),
    ('admin', 'Ada Adams')
on conflict (username) do nothing;

insert into chat.churches (id, name, logo_url) values
    (1, 'St. Mary''s Church', '/st-marys-logo.svg'),
    (2, 'Holy Trinity Parish', '/holy-trinity-logo.svg')
on conflict (id) do nothing;

-- The ids above were not drawn from the sequence; the next one must lie after them.
select setval('chat.churches_id_seq',
              greatest((select max(id) from chat.churches),
                       (select last_value from chat.churches_id_seq))) as next_after \g /dev/null

insert into chat.church_staff (church_id, user_id)
select roles.church_id, u.id
from (values (1, 'carol'), (1, 'dave'), (2, 'dave')) as roles (church_id, username)
join chat.users u on u.username = roles.username
on conflict (church_id, user_id) do nothing;

commit;
