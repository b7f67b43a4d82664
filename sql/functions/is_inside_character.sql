create or replace function chat.is_inside_character(content text, place int) returns boolean
language plpgsql immutable strict parallel safe as $$
declare
    before text := left(content, place);
    -- Grapheme_Cluster_Break=Control, CR, LF: a boundary on both sides
    control constant text :=
        '['
        '\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e-\u200f\u2028-\u202e\u2060-'
        '\u206f\ufeff\ufff0-\ufffb\U00013430-\U00013438\U0001bca0-\U0001bca3\U0001d173-\U0001d17a'
        '\U000e0000-\U000e001f\U000e0080-\U000e00ff\U000e01f0-\U000e0fff'
        ']';
    ahead text := substr(content, place + 1, 1);
begin
    if ahead ~ control or before ~ (control || '$') then
        return ahead = E'\n' and before ~ E'\r$';
    end if;
    return ahead ~ ('[' || chat.characters('extending') || ']')
        or before ~ ('[' || chat.characters('prepended') || ']$')
        or ahead ~ ('[' || chat.characters('pictograph') || ']')
           and before ~ ('[' || chat.characters('pictograph') || '][' || chat.characters('extending') || ']*\u200d$')
        or ahead ~ '[\U0001f1e6-\U0001f1ff]'
           and char_length(substring(before from '[\U0001f1e6-\U0001f1ff]*$')) % 2 = 1
        or ahead ~ '[\u0900-\u1cff\ua800-\uabff\U00010a00-\U00011fff]'
           and before ~ ('[' || chat.characters('virama') || '][\u200d' || chat.characters('accent') || ']*$')
        or ahead ~ '[\u1160-\u11ff\ud7b0-\ud7fb]' and before ~ '[\u1100-\u11ff\ua960-\ua97c\uac00-\ud7fb]$'
        or ahead ~ '[\u1100-\u115f\ua960-\ua97c\uac00-\ud7a3]' and before ~ '[\u1100-\u115f\ua960-\ua97c]$';
end $$;
comment on function chat.is_inside_character(text, int) is
'Whether a cut would divide a grapheme cluster, which a reader sees as one character (UAX #29). Arguments: the
text; the number of code points before the cut.';
