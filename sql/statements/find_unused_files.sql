-- Of names of files, those that no attachment has. None at all while there is no attachment: then the database may be
-- another one than that of the files.
-- Parameters: names, as '{a,b}'.
-- Read only.
select n.name
from unnest($1::text[]) n (name)
where (select true from chat.attachments a where a.file <> '' order by a.file limit 1)
  and (select true from chat.attachments a where a.file = n.name and a.file <> '') is null;
