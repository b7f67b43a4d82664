-- The names and pictures of the church and of the member of conversation p.
\set church_name 'h.name'
\set church_logo_url 'h.logo_url'
\set member_name 'm.display_name'
\set member_avatar_url 'm.avatar_url'
