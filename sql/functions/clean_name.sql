create or replace function chat.clean_name(name text, chars_max int) returns text
language plpgsql immutable strict parallel safe as $$
declare
    kept text := name;
    before text;
begin
    if name ~ '^[!#-&(-;=?-~]+( [!#-&(-;=?-~]+)*$' and char_length(name) <= chars_max then
        return name; -- the usual case
    end if;
    for pass in 1 .. 8 loop -- what is removed or cut off may leave a joiner at an end
        before := kept;
        kept := btrim(regexp_replace(
            kept, '[' || chat.characters('white') || chat.characters('blank') || ']+', ' ', 'g'));
        kept := regexp_replace(
            kept, '[' || chat.characters('control') || chat.characters('idle') || ']', '', 'g');
        kept := regexp_replace(
            kept, '(\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f)|[\U000e0020-\U000e007f]', '\1', 'g');
        kept := regexp_replace(
            kept, '(?<![' || chat.characters('variable') || '])'
                  '([\ufe00-\ufe0e\U000e0100-\U000e01ef\u180b-\u180d\u180f]|\ufe0f(?!\u20e3))', '', 'g');
        kept := regexp_replace(kept, '(?<![0-9#*])\ufe0f(?=\u20e3)', '', 'g');
        kept := regexp_replace(kept, '(?<![' || chat.characters('joinable') || '])[\u200c\u200d]', '', 'g');
        kept := regexp_replace(
            kept, '[\u200c\u200d](?=[ ' || chat.characters('shaping') || ']|$)', '', 'g');
        kept := btrim(regexp_replace(kept, ' +', ' ', 'g'));
        kept := translate(kept, '<>"''', U&'\2039\203A\2033\2019');
        kept := btrim(chat.cut_text(normalize(kept, NFC), chars_max));
        exit when kept = before;
    end loop;
    if kept ~ ('[^ ' || chat.characters('shaping') || ']') then
        return kept;
    end if;
    return '?';
end $$;
comment on function chat.clean_name(text, int) is
'The name without characters that are invisible or special in HTML, at most so many characters; "?" when nothing
visible is left. Arguments: the name, the limit.';
