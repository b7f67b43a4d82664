create or replace function chat.remove_files(files text[])
returns void
language plpgsql as $$
declare
    file text;
    slices integer := 4; -- of 16 MB each: what is left is the sweep's
begin
    foreach file in array files loop
        while slices > 0 loop
            slices := slices - 1;
            exit when not chat.remove_file(file);
        end loop;
    end loop;
end $$;

comment on function chat.remove_files(text[]) is
'Removes files in the database whose attachments were deleted in the same transaction: the first of them at once, and
all others by chat.sweep_files(). Arguments: their names. Locks: see chat.remove_file().';
