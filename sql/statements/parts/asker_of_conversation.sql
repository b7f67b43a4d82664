-- The user, and the conversation $2 as the user sees it; nulls if they may not.
with asker as (
    select u.*, c.id as conversation_id, c.member_id <> u.user_id as is_church_owner, c.member_id,
           c.member_blocked, m.display_name as member_name, m.avatar_url as member_avatar_url, c.church_id,
           h.name as church_name, h.logo_url as church_logo_url
    from chat.asker($1::text) u
    left join lateral (
        select c.id, c.member_id, c.church_id, c.member_blocked
        from chat.conversation_for(u.user_id, $2::bigint) c offset 0) c on true
    left join lateral (
        select h.name, h.logo_url from chat.churches h where h.id = c.church_id offset 0) h on true
    left join lateral (
        select m.display_name, m.avatar_url from chat.users m where m.id = c.member_id offset 0) m on true)
