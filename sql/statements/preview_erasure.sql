-- What of a user would be deleted; no row when there is no such user.
-- Parameters: the user.
-- Read only.
select w.objects, w.messages, w.attachments, w.at_least
from chat.users u
cross join lateral chat.admin_would(
    'conversation', 'delete',
    array(select c.id from chat.conversations c where c.member_id = u.id order by c.id limit 10001), null, null) w
where u.id = $1::bigint;
