create or replace function chat.remove_file(of_file text)
returns boolean
language plpgsql as $$
declare
    slice constant integer := 64; -- 16 MB: far less than statement_timeout takes
begin
    -- chat.send_attachment() locks it too. What was committed meanwhile is seen by the statements that follow.
    perform from chat.file_parts p where p.file = of_file and p.n = 0 for update;
    if exists (select from chat.attachments a where a.file = of_file and a.file <> '') then
        return false;
    end if;
    -- From the end: as long as there is a first part, the others are found by it.
    delete from chat.file_parts p
    where p.file = of_file
      and p.n > (select max(l.n) from chat.file_parts l where l.file = of_file) - slice;
    return exists (select from chat.file_parts p where p.file = of_file);
end $$;

comment on function chat.remove_file(text) is
'Removes the last 64 parts of a file in the database, unless an attachment has it.
Arguments: its name. Result: whether there are more to remove. Locks: the row of its first part.';
