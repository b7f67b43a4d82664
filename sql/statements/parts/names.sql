-- For conversation_columns.sql: the church is h, the member m.
\set church_name 'h.name'
\set church_logo_url 'h.logo_url'
\set member_name 'm.display_name'
\set member_avatar_url 'm.avatar_url'
