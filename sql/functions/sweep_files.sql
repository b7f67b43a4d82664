create or replace function chat.sweep_files(after_file text, min_age interval, out next_file text, out removed integer)
language plpgsql as $$
declare
    page constant integer := 100; -- looked at in one call
    unused text;
    last   record;
begin
    removed := 0;
    select p.file into unused
    from (select p.file, p.created_at from chat.file_parts p where p.n = 0 and p.file > after_file order by p.file limit page) p
    where p.created_at < clock_timestamp() - min_age
      and (select true from chat.attachments a where a.file = p.file and a.file <> '') is null
    order by p.file
    limit 1;
    if unused is null then
        select max(p.file) as file, count(*) as files into last
        from (select p.file from chat.file_parts p where p.n = 0 and p.file > after_file order by p.file limit page) p;
        if last.files = page then
            next_file := last.file;
        end if;
    elsif chat.remove_file(unused) then
        next_file := after_file;
    else
        removed := 1;
        next_file := unused;
    end if;
end $$;

comment on function chat.sweep_files(text, interval) is
'Removes files in the database that no attachment has, of those whose names follow one (empty: from the beginning).
Arguments: that name, the age of a file before which its message may still be on its way. Result: where to go on, null at
the end; how many files were removed, one at most. Locks: as chat.remove_file().';
