-- Each message had its words for a search once more in its row. No index had them, and no statement read them.
alter table chat.messages drop column if exists search
