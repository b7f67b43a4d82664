-- People, churches and conversations to try the chat with. Loading it again changes nothing: the conversations are
-- written only where there is none yet. They end now, or when the setting chat.demo_now says (make pictures).
begin;

-- These six can log in to the demo (conf/instance). Their mails go no further than the demo's page /demo/mail/.
insert into chat.users (username, display_name, email) values
    ('alice', 'Alice Archer', 'alice@example.org'),
    ('bob', 'Bob Baker', 'bob@example.org'),
    ('carol', 'Carol Carter', 'carol@example.org'),
    ('dave', 'Dave Dawson', 'dave@example.org'),
    ('erin', 'Erin Ellis', 'erin@example.org'),
    ('admin', 'Ada Adams', 'admin@example.org')
on conflict (username) do update set email = excluded.email where users.email is null; -- of a demo before it had mail

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

select not exists (select from chat.conversations) as is_empty \gset
\if :is_empty

-- They only write; nobody logs in as one of them.
insert into chat.users (username, display_name) values
    ('greta', 'Greta Lindqvist'),
    ('hannes', 'Hannes Vogel'),
    ('imani', 'Imani Okafor'),
    ('jonas', 'Jonas Weber'),
    ('lucia', 'Lucia Romano'),
    ('marek', 'Marek Nowak'),
    ('nora', 'Nora Fischer'),
    ('oliver', 'Oliver Grant'),
    ('priya', 'Priya Nair')
on conflict (username) do nothing;

-- What they wrote. "at" is a time of day some days ago; with 0 days it is how long ago. For the order to be right at
-- any hour, what is "0 days" is within the last three hours, and what is older not later than 20:00.
create temporary table said (
    line serial, member text, church bigint, days int, at interval, sender text, is_read boolean, content text
) on commit drop;

insert into said (member, church, days, at, sender, is_read, content) values
-- A christening, from the first question to the day before. The last answer waits for Alice.
('alice', 1, 6, '09:12', 'alice', true, 'Good morning! Our daughter was born in spring, and we would love to have her christened at St. Mary’s. Where do we begin?'),
('alice', 1, 6, '09:40', 'carol', true, 'Good morning, Alice, and congratulations! 🎉 What is her name?'),
('alice', 1, 6, '09:43', 'alice', true, 'Thank you! She is called Matilda.'),
('alice', 1, 6, '09:58', 'carol', true, E'What a lovely name. We need three things:\n\n• a copy of her birth certificate\n• the names of two godparents\n• an evening for a talk with Father Thomas\n\nThe form is at https://www.example.org/christening'),
('alice', 1, 6, '10:05', 'alice', true, 'That is easier than I thought. May one of the godparents be Roman Catholic?'),
('alice', 1, 6, '10:21', 'carol', true, 'Of course, as long as they are baptised.'),
('alice', 1, 4, '19:47', 'alice', true, 'We have filled in the form. Would Thursday evening do for the talk?'),
('alice', 1, 3, '08:31', 'dave', true, 'Thursday at seven is fine, Father Thomas will come to you. Please put the kettle on. 😉'),
('alice', 1, 3, '08:33', 'alice', true, '☕'),
('alice', 1, 1, '17:20', 'alice', true, 'It was such a good talk, thank you. My brother asks whether he may take pictures during the service.'),
('alice', 1, 0, '00:24', 'carol', false, 'He is welcome to, without a flash and from the side aisle. See you on Sunday at ten! 🕊️'),

-- A long question and a short answer.
('bob', 1, 5, '14:02', 'bob', true, E'Hello, I sing in a small choir (eleven of us, no instruments), and the school where we rehearse is closed for repairs until the summer. Somebody told me that the parish hall is free on Tuesday evenings. We would need it from half past seven to nine, chairs but no tables, and if it can be heated a little, even better, as the tenors complain when it is cold, and when it is not.\n\nWe cannot pay much, but we would gladly sing at a service in return.'),
('bob', 1, 5, '15:30', 'carol', true, 'It is yours. A carol service in December, and we are even. 🎶'),
('bob', 1, 5, '15:34', 'bob', true, 'Done!'),

-- Somebody grieves.
('imani', 1, 5, '20:00', 'imani', true, 'My mother died last night. She was at St. Mary’s every Sunday until she could not walk any more. I do not know what to do first.'),
('imani', 1, 4, '07:55', 'carol', true, 'Dear Imani, I am so sorry. I knew your mother well, she sat in the third row and corrected my hymn numbers. You need not do anything first. May I ring you at eleven?'),
('imani', 1, 4, '08:20', 'imani', true, 'Yes please.'),
('imani', 1, 3, '16:12', 'imani', true, 'Thank you for yesterday. It helped more than I can say.'),
('imani', 1, 3, '16:40', 'carol', true, '❤️'),

-- In German.
('hannes', 1, 4, '11:15', 'hannes', true, 'Guten Tag! Wir sind am Wochenende zu Besuch. Gibt es am Samstag das Orgelkonzert, von dem ich gelesen habe?'),
('hannes', 1, 4, '11:32', 'carol', true, 'Guten Tag, Herr Vogel, ja: um 17:30 Uhr, Bach und Buxtehude. Der Eintritt ist frei.'),
('hannes', 1, 4, '11:36', 'hannes', true, 'Wunderbar. Müssen wir Plätze reservieren? Wir sind zu sechst, und meine Schwiegermutter hört nicht mehr gut.'),
('hannes', 1, 4, '11:50', 'carol', true, 'Nein, kommen Sie einfach etwas früher. Vorne links gibt es eine Hörschleife.'),
('hannes', 1, 1, '19:05', 'hannes', true, 'Es war großartig! Grüße an den Organisten. 👏'),

-- Today, and not yet answered.
('jonas', 1, 0, '00:52', 'jonas', false, 'Guten Morgen! Ist die Kirche heute Nachmittag offen? Ich möchte eine Kerze anzünden.'),
('greta', 1, 2, '12:10', 'greta', true, 'Is the toddler group still on Wednesdays?'),
('greta', 1, 2, '12:44', 'dave', true, 'It is, at half past nine in the hall. Bring socks, the floor is cold.'),
('greta', 1, 0, '00:09', 'greta', false, 'We came today, and it was wonderful 🥰'),
('greta', 1, 0, '00:08', 'greta', false, 'My son left a small blue elephant behind. Has anybody seen it? 🐘💙'),

-- Holy Trinity: a wedding.
('lucia', 2, 6, '18:30', 'lucia', true, 'Buongiorno! Paolo and I are getting married 💍 Is the second Saturday of June still free?'),
('lucia', 2, 5, '09:05', 'dave', true, 'Congratulations to both of you! It is free at eleven and at three.'),
('lucia', 2, 5, '09:17', 'lucia', true, 'Three, please. Paolo is never ready before noon.'),
('lucia', 2, 5, '09:20', 'dave', true, 'I have written it down, in ink. For the music please write to the choir: music@example.org'),
('lucia', 2, 2, '13:45', 'lucia', true, 'Grazie mille!'),

-- A class wants to climb the tower.
('marek', 2, 1, '10:26', 'marek', true, 'Good morning, may I bring a class up the tower? 24 children, ten years old.'),
('marek', 2, 1, '11:02', 'dave', true, 'Gladly, in two groups, as the stairs are narrow. Fridays at ten are quiet.'),
('marek', 2, 0, '01:35', 'marek', false, 'Friday it is. Do we pay at the door? And is it true that there are owls? 🦉'),

-- Short, and with nothing but emoji.
('nora', 2, 3, '15:01', 'nora', true, 'Vielen Dank für die schöne Andacht gestern!'),
('nora', 2, 3, '15:20', 'dave', true, 'Danke, das gebe ich gern weiter.'),
('nora', 2, 3, '15:21', 'nora', true, '🙏✨'),
('oliver', 2, 4, '16:48', 'oliver', true, 'Lost my umbrella, black, wooden handle. Pew 12?'),
('oliver', 2, 4, '17:10', 'dave', true, 'Pew 11. It is at the sacristy.'),
('oliver', 2, 4, '17:11', 'oliver', true, 'Thanks!'),

-- A youth orchestra is made ready, day after day.
('priya', 2, 6, '10:15', 'priya', true, 'Hi Dave, the youth orchestra needs a place for its summer concert. Would Holy Trinity have us?'),
('priya', 2, 6, '10:42', 'dave', true, 'I was hoping that you would ask. How many are you?'),
('priya', 2, 6, '10:44', 'priya', true, '46, and two harps.'),
('priya', 2, 6, '10:45', 'dave', true, 'Two?'),
('priya', 2, 6, '10:45', 'priya', true, 'Twins. 🤷'),
('priya', 2, 6, '10:51', 'dave', true, 'Then we shall take the altar steps for the strings, and the harps go by the font.'),
('priya', 2, 5, '16:20', 'priya', true, 'We need about sixty chairs without arms. Cellists.'),
('priya', 2, 5, '16:33', 'dave', true, 'There are fifty in the crypt. I shall ask St. Mary’s for the other ten.'),
('priya', 2, 5, '16:35', 'priya', true, 'You are an angel.'),
('priya', 2, 5, '16:36', 'dave', true, 'A verger. The angels are the ones with the trumpets.'),
('priya', 2, 3, '18:02', 'priya', true, 'Programme, first draft: Grieg, Holst, and something that the percussion section wrote themselves. It lasts four minutes and nobody knows yet how loud it is.'),
('priya', 2, 3, '18:15', 'dave', true, 'The tower has stood since 1412. We shall risk it.'),
('priya', 2, 2, '09:30', 'priya', true, 'When may we rehearse?'),
('priya', 2, 2, '09:52', 'dave', true, 'Mondays and Thursdays after five. The key is with the sexton; he likes to be asked about the bells.'),
('priya', 2, 2, '09:53', 'priya', true, 'What should we ask?'),
('priya', 2, 2, '09:54', 'dave', true, 'Anything. Take a chair.'),
('priya', 2, 1, '17:41', 'priya', true, 'We did. Forty minutes! The children want to learn change ringing now.'),
('priya', 2, 0, '02:10', 'dave', true, 'He has not been so happy in years. 🔔');

create temporary table moments on commit drop as
select s.*, case when s.days = 0 then t.now - s.at
                 else date_trunc('day', t.now) - make_interval(days => s.days) + s.at end as moment
from said s, coalesce(nullif(current_setting('chat.demo_now', true), '')::timestamptz, now()) as t (now);

-- In the order of their first lines, so that Alice's is the first.
insert into chat.conversations (member_id, church_id, created_at, updated_at)
select u.id, m.church, min(m.moment), min(m.moment)
from moments m join chat.users u on u.username = m.member
group by u.id, m.church order by min(m.line);

-- One after the other, as they were said. The triggers keep what conversations and churches derive of them.
insert into chat.messages (conversation_id, seq, sender_id, from_church, content, created_at, read_at)
select c.id, row_number() over (partition by c.id order by m.moment, m.line), s.id, m.sender <> m.member, m.content,
       m.moment, case when m.is_read then m.moment + interval '5 minutes' end
from moments m
join chat.users u on u.username = m.member
join chat.conversations c on c.member_id = u.id and c.church_id = m.church
join chat.users s on s.username = m.sender
order by m.moment, m.line;

\endif

commit;
