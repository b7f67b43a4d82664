-- A part of a file in the database; whether the user may have it was checked by get_attachment.
-- Parameters: the file's name, the part's number from 0.
-- Read only.
select p.bytes
from chat.file_parts p
where p.file = $1::text and p.n = $2::integer;
