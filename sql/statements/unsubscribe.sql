-- Ends mail to a user, if the address is still the one that the link was made for.
-- Parameters: user_id, chat.address_hash() of the address.
insert into chat.preferences (user_id, email)
select u.id, 'off' from chat.users u where u.id = $1::bigint and chat.address_hash(u.email) = $2::text
on conflict (user_id) do update set email = 'off', updated_at = now()
returning user_id;
