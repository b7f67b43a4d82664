-- Removes parts of a file in the database that no attachment has, and says whether there are more.
-- Parameters: the file's name.
select chat.remove_file($1::text) as has_more;
