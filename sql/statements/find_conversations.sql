-- As list_conversations, those whose name, as the user sees it, contains a text, however either is written. The only
-- list that may have to read all conversations of the user, as names are not in the order of time. A row that was
-- written without its trigger has no folded_name.
-- Parameters: those of list_conversations, the text, whether only those with something unread.
-- Read only.
\set text '(select chat.fold_name($8::text))'
\set of_member 'and (c.member_unread > 0 or not $9::boolean) and (select strpos(coalesce(h.folded_name, chat.fold_name(h.name)), :text) > 0 from chat.churches h where h.id = c.church_id)'
\set of_church 'and (c.church_unread > 0 or not $9::boolean) and (select strpos(coalesce(m.folded_name, chat.fold_name(m.display_name)), :text) > 0 from chat.users m where m.id = c.member_id)'
\ir parts/list_conversations.sql
