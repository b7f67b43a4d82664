-- One step for what belongs together, as a module of before accepts one step: text as readers see it, who a
-- user is, what is derived from messages, the life of the database, names that change, and what a message costs.

-- ==== Text ====
-- Text by what a reader sees of it: a cut never divides a character, names are cleaned of what cannot be
-- seen, are searched whatever way they are typed, and those that look like another's are marked. As the
-- module does it (core/chat_text.c, core/chat_excerpt.c); nothing here asks for the database's locale.

-- Sets of characters, for regular expressions. Those that Unicode's properties define, version 14, were
-- made with Perl's Unicode::UCD, as prop_invlist('GCB=Extend').
create function chat.characters(kind text) returns text language sql immutable strict parallel safe as $$
select case kind
    when 'white' then -- White_Space
                '\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000'
    when 'blank' then -- their glyph is empty
                '\u2800\U0001d159\U00016fe4'
    when 'control' then -- without white space
                '\u0001-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f'
    when 'idle' then -- nothing is seen of them, whatever stands beside them
                '\u00ad\u034f\u061c\u115f-\u1160\u17b4-\u17b5\u180e\u200b\u200e-\u200f\u202a-\u202e\u2060-\u206f'
                '\u3164\ufeff\uffa0\ufff0-\ufffb\U00013430-\U00013438\U0001bca0-\U0001bca3\U0001d173-\U0001d17a'
                '\U000e0000-\U000e001f\U000e0080-\U000e00ff\U000e01f0-\U000e0fff'
    when 'shaping' then -- joiners, variation selectors and tags: seen in what they make of others
                '\u180b-\u180d\u180f\u200c-\u200d\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef'
    when 'joinable' then -- a joiner may follow: scripts that it shapes, and emoji
                '\u0590-\u109f\u1700-\u1cff\u2190-\u2bff\ua800-\uabff\ufb1d-\ufdcf\ufe0f\ufe70-\ufefc\U00010a00-'
                '\U00011fff\U0001e900-\U0001faff'
    when 'variable' then -- a variation selector may follow
                '\u00a9\u00ae\u1820-\u18aa\u203c-\u27ff\u2801-\u2fff\u3001-\u3299\u3400-\u9fff\U0001f000-'
                '\U0001faff\U00020000-\U0003ffff'
    when 'extending' then -- Grapheme_Cluster_Break=Extend, SpacingMark, ZWJ
                '\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1-\u05c2\u05c4-\u05c5\u05c7\u0610-\u061a\u064b'
                '-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7-\u06e8\u06ea-\u06ed\u0711\u0730-\u074a\u07a6-'
                '\u07b0\u07eb-\u07f3\u07fd\u0816-\u0819\u081b-\u0823\u0825-\u0827\u0829-\u082d\u0859-\u085b\u0898'
                '-\u089f\u08ca-\u08e1\u08e3-\u0903\u093a-\u093c\u093e-\u094f\u0951-\u0957\u0962-\u0963\u0981-'
                '\u0983\u09bc\u09be-\u09c4\u09c7-\u09c8\u09cb-\u09cd\u09d7\u09e2-\u09e3\u09fe\u0a01-\u0a03\u0a3c'
                '\u0a3e-\u0a42\u0a47-\u0a48\u0a4b-\u0a4d\u0a51\u0a70-\u0a71\u0a75\u0a81-\u0a83\u0abc\u0abe-\u0ac5'
                '\u0ac7-\u0ac9\u0acb-\u0acd\u0ae2-\u0ae3\u0afa-\u0aff\u0b01-\u0b03\u0b3c\u0b3e-\u0b44\u0b47-'
                '\u0b48\u0b4b-\u0b4d\u0b55-\u0b57\u0b62-\u0b63\u0b82\u0bbe-\u0bc2\u0bc6-\u0bc8\u0bca-\u0bcd\u0bd7'
                '\u0c00-\u0c04\u0c3c\u0c3e-\u0c44\u0c46-\u0c48\u0c4a-\u0c4d\u0c55-\u0c56\u0c62-\u0c63\u0c81-'
                '\u0c83\u0cbc\u0cbe-\u0cc4\u0cc6-\u0cc8\u0cca-\u0ccd\u0cd5-\u0cd6\u0ce2-\u0ce3\u0d00-\u0d03\u0d3b'
                '-\u0d3c\u0d3e-\u0d44\u0d46-\u0d48\u0d4a-\u0d4d\u0d57\u0d62-\u0d63\u0d81-\u0d83\u0dca\u0dcf-'
                '\u0dd4\u0dd6\u0dd8-\u0ddf\u0df2-\u0df3\u0e31\u0e33-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb3-\u0ebc\u0ec8-'
                '\u0ecd\u0f18-\u0f19\u0f35\u0f37\u0f39\u0f3e-\u0f3f\u0f71-\u0f84\u0f86-\u0f87\u0f8d-\u0f97\u0f99-'
                '\u0fbc\u0fc6\u102d-\u1037\u1039-\u103e\u1056-\u1059\u105e-\u1060\u1071-\u1074\u1082\u1084-\u1086'
                '\u108d\u109d\u135d-\u135f\u1712-\u1715\u1732-\u1734\u1752-\u1753\u1772-\u1773\u17b4-\u17d3\u17dd'
                '\u180b-\u180d\u180f\u1885-\u1886\u18a9\u1920-\u192b\u1930-\u193b\u1a17-\u1a1b\u1a55-\u1a5e\u1a60'
                '\u1a62\u1a65-\u1a7c\u1a7f\u1ab0-\u1ace\u1b00-\u1b04\u1b34-\u1b44\u1b6b-\u1b73\u1b80-\u1b82\u1ba1'
                '-\u1bad\u1be6-\u1bf3\u1c24-\u1c37\u1cd0-\u1cd2\u1cd4-\u1ce8\u1ced\u1cf4\u1cf7-\u1cf9\u1dc0-'
                '\u1dff\u200c-\u200d\u20d0-\u20f0\u2cef-\u2cf1\u2d7f\u2de0-\u2dff\u302a-\u302f\u3099-\u309a\ua66f'
                '-\ua672\ua674-\ua67d\ua69e-\ua69f\ua6f0-\ua6f1\ua802\ua806\ua80b\ua823-\ua827\ua82c\ua880-\ua881'
                '\ua8b4-\ua8c5\ua8e0-\ua8f1\ua8ff\ua926-\ua92d\ua947-\ua953\ua980-\ua983\ua9b3-\ua9c0\ua9e5\uaa29'
                '-\uaa36\uaa43\uaa4c-\uaa4d\uaa7c\uaab0\uaab2-\uaab4\uaab7-\uaab8\uaabe-\uaabf\uaac1\uaaeb-\uaaef'
                '\uaaf5-\uaaf6\uabe3-\uabea\uabec-\uabed\ufb1e\ufe00-\ufe0f\ufe20-\ufe2f\uff9e-\uff9f\U000101fd'
                '\U000102e0\U00010376-\U0001037a\U00010a01-\U00010a03\U00010a05-\U00010a06\U00010a0c-\U00010a0f'
                '\U00010a38-\U00010a3a\U00010a3f\U00010ae5-\U00010ae6\U00010d24-\U00010d27\U00010eab-\U00010eac'
                '\U00010f46-\U00010f50\U00010f82-\U00010f85\U00011000-\U00011002\U00011038-\U00011046\U00011070'
                '\U00011073-\U00011074\U0001107f-\U00011082\U000110b0-\U000110ba\U000110c2\U00011100-\U00011102'
                '\U00011127-\U00011134\U00011145-\U00011146\U00011173\U00011180-\U00011182\U000111b3-\U000111c0'
                '\U000111c9-\U000111cc\U000111ce-\U000111cf\U0001122c-\U00011237\U0001123e\U000112df-\U000112ea'
                '\U00011300-\U00011303\U0001133b-\U0001133c\U0001133e-\U00011344\U00011347-\U00011348\U0001134b-'
                '\U0001134d\U00011357\U00011362-\U00011363\U00011366-\U0001136c\U00011370-\U00011374\U00011435-'
                '\U00011446\U0001145e\U000114b0-\U000114c3\U000115af-\U000115b5\U000115b8-\U000115c0\U000115dc-'
                '\U000115dd\U00011630-\U00011640\U000116ab-\U000116b7\U0001171d-\U0001171f\U00011722-\U0001172b'
                '\U0001182c-\U0001183a\U00011930-\U00011935\U00011937-\U00011938\U0001193b-\U0001193e\U00011940'
                '\U00011942-\U00011943\U000119d1-\U000119d7\U000119da-\U000119e0\U000119e4\U00011a01-\U00011a0a'
                '\U00011a33-\U00011a39\U00011a3b-\U00011a3e\U00011a47\U00011a51-\U00011a5b\U00011a8a-\U00011a99'
                '\U00011c2f-\U00011c36\U00011c38-\U00011c3f\U00011c92-\U00011ca7\U00011ca9-\U00011cb6\U00011d31-'
                '\U00011d36\U00011d3a\U00011d3c-\U00011d3d\U00011d3f-\U00011d45\U00011d47\U00011d8a-\U00011d8e'
                '\U00011d90-\U00011d91\U00011d93-\U00011d97\U00011ef3-\U00011ef6\U00016af0-\U00016af4\U00016b30-'
                '\U00016b36\U00016f4f\U00016f51-\U00016f87\U00016f8f-\U00016f92\U00016fe4\U00016ff0-\U00016ff1'
                '\U0001bc9d-\U0001bc9e\U0001cf00-\U0001cf2d\U0001cf30-\U0001cf46\U0001d165-\U0001d169\U0001d16d-'
                '\U0001d172\U0001d17b-\U0001d182\U0001d185-\U0001d18b\U0001d1aa-\U0001d1ad\U0001d242-\U0001d244'
                '\U0001da00-\U0001da36\U0001da3b-\U0001da6c\U0001da75\U0001da84\U0001da9b-\U0001da9f\U0001daa1-'
                '\U0001daaf\U0001e000-\U0001e006\U0001e008-\U0001e018\U0001e01b-\U0001e021\U0001e023-\U0001e024'
                '\U0001e026-\U0001e02a\U0001e130-\U0001e136\U0001e2ae\U0001e2ec-\U0001e2ef\U0001e8d0-\U0001e8d6'
                '\U0001e944-\U0001e94a\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f\U000e0100-\U000e01ef'
    when 'prepended' then -- Grapheme_Cluster_Break=Prepend
                '\u0600-\u0605\u06dd\u070f\u0890-\u0891\u08e2\u0d4e\U000110bd\U000110cd\U000111c2-\U000111c3'
                '\U0001193f\U00011941\U00011a3a\U00011a84-\U00011a89\U00011d46'
    when 'pictograph' then -- Extended_Pictographic
                '\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9-\u21aa\u231a-\u231b\u2328\u2388\u23cf'
                '\u23e9-\u23f3\u23f8-\u23fa\u24c2\u25aa-\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2605\u2607-\u2612'
                '\u2614-\u2685\u2690-\u2705\u2708-\u2712\u2714\u2716\u271d\u2721\u2728\u2733-\u2734\u2744\u2747'
                '\u274c\u274e\u2753-\u2755\u2757\u2763-\u2767\u2795-\u2797\u27a1\u27b0\u27bf\u2934-\u2935\u2b05-'
                '\u2b07\u2b1b-\u2b1c\u2b50\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001f0ff\U0001f10d-'
                '\U0001f10f\U0001f12f\U0001f16c-\U0001f171\U0001f17e-\U0001f17f\U0001f18e\U0001f191-\U0001f19a'
                '\U0001f1ad-\U0001f1e5\U0001f201-\U0001f20f\U0001f21a\U0001f22f\U0001f232-\U0001f23a\U0001f23c-'
                '\U0001f23f\U0001f249-\U0001f3fa\U0001f400-\U0001f53d\U0001f546-\U0001f64f\U0001f680-\U0001f6ff'
                '\U0001f774-\U0001f77f\U0001f7d5-\U0001f7ff\U0001f80c-\U0001f80f\U0001f848-\U0001f84f\U0001f85a-'
                '\U0001f85f\U0001f888-\U0001f88f\U0001f8ae-\U0001f8ff\U0001f90c-\U0001f93a\U0001f93c-\U0001f945'
                '\U0001f947-\U0001faff\U0001fc00-\U0001fffd'
    when 'virama' then -- Canonical_Combining_Class=9
                '\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d3b-\u0d3c\u0d4d\u0dca\u0e3a\u0eba\u0f84'
                '\u1039-\u103a\u1714-\u1715\u1734\u17d2\u1a60\u1b44\u1baa-\u1bab\u1bf2-\u1bf3\u2d7f\ua806\ua82c'
                '\ua8c4\ua953\ua9c0\uaaf6\uabed\U00010a3f\U00011046\U00011070\U0001107f\U000110b9\U00011133-'
                '\U00011134\U000111c0\U00011235\U000112ea\U0001134d\U00011442\U000114c2\U000115bf\U0001163f'
                '\U000116b6\U0001172b\U00011839\U0001193d-\U0001193e\U000119e0\U00011a34\U00011a47\U00011a99'
                '\U00011c3f\U00011d44-\U00011d45\U00011d97'
    when 'accent' then -- Canonical_Combining_Class neither 0, 8 nor 9
                '\u0300-\u034e\u0350-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1-\u05c2\u05c4-\u05c5\u05c7\u0610'
                '-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7-\u06e8\u06ea-\u06ed\u0711\u0730-'
                '\u074a\u07eb-\u07f3\u07fd\u0816-\u0819\u081b-\u0823\u0825-\u0827\u0829-\u082d\u0859-\u085b\u0898'
                '-\u089f\u08ca-\u08e1\u08e3-\u08ff\u093c\u0951-\u0954\u09bc\u09fe\u0a3c\u0abc\u0b3c\u0c3c\u0c55-'
                '\u0c56\u0cbc\u0e38-\u0e39\u0e48-\u0e4b\u0eb8-\u0eb9\u0ec8-\u0ecb\u0f18-\u0f19\u0f35\u0f37\u0f39'
                '\u0f71-\u0f72\u0f74\u0f7a-\u0f7d\u0f80\u0f82-\u0f83\u0f86-\u0f87\u0fc6\u1037\u108d\u135d-\u135f'
                '\u17dd\u18a9\u1939-\u193b\u1a17-\u1a18\u1a75-\u1a7c\u1a7f\u1ab0-\u1abd\u1abf-\u1ace\u1b34\u1b6b-'
                '\u1b73\u1be6\u1c37\u1cd0-\u1cd2\u1cd4-\u1ce0\u1ce2-\u1ce8\u1ced\u1cf4\u1cf8-\u1cf9\u1dc0-\u1dff'
                '\u20d0-\u20dc\u20e1\u20e5-\u20f0\u2cef-\u2cf1\u2de0-\u2dff\u302a-\u302f\ua66f\ua674-\ua67d\ua69e'
                '-\ua69f\ua6f0-\ua6f1\ua8e0-\ua8f1\ua92b-\ua92d\ua9b3\uaab0\uaab2-\uaab4\uaab7-\uaab8\uaabe-'
                '\uaabf\uaac1\ufb1e\ufe20-\ufe2f\U000101fd\U000102e0\U00010376-\U0001037a\U00010a0d\U00010a0f'
                '\U00010a38-\U00010a3a\U00010ae5-\U00010ae6\U00010d24-\U00010d27\U00010eab-\U00010eac\U00010f46-'
                '\U00010f50\U00010f82-\U00010f85\U000110ba\U00011100-\U00011102\U00011173\U000111ca\U00011236'
                '\U000112e9\U0001133b-\U0001133c\U00011366-\U0001136c\U00011370-\U00011374\U00011446\U0001145e'
                '\U000114c3\U000115c0\U000116b7\U0001183a\U00011943\U00011d42\U00016af0-\U00016af4\U00016b30-'
                '\U00016b36\U00016ff0-\U00016ff1\U0001bc9e\U0001d165-\U0001d169\U0001d16d-\U0001d172\U0001d17b-'
                '\U0001d182\U0001d185-\U0001d18b\U0001d1aa-\U0001d1ad\U0001d242-\U0001d244\U0001e000-\U0001e006'
                '\U0001e008-\U0001e018\U0001e01b-\U0001e021\U0001e023-\U0001e024\U0001e026-\U0001e02a\U0001e130-'
                '\U0001e136\U0001e2ae\U0001e2ec-\U0001e2ef\U0001e8d0-\U0001e8d6\U0001e944-\U0001e94a'
    end
$$;
comment on function chat.characters(text) is
'A set of characters, to stand between [ and ] in a regular expression. Arguments: its name.';

-- Whether a reader sees one character on both sides of the place after so many (UAX #29). A letter after a
-- virama stays with it, as later versions of Unicode have it.
create function chat.is_inside_character(content text, place int) returns boolean
language plpgsql immutable strict parallel safe as $$
declare
    before text := left(content, place);
    ahead text := substr(content, place + 1, 1);
begin
    return ahead ~ ('[' || chat.characters('extending') || ']') and before !~ '[\u0001-\u001f\u007f-\u009f]$'
        or before ~ ('[' || chat.characters('prepended') || ']$') and ahead !~ '[\u0001-\u001f\u007f-\u009f]'
        or ahead = E'\n' and before ~ E'\r$'
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
'Whether a cut would divide what a reader sees as one character. Arguments: the text; after how many code
points the cut would be.';

create function chat.cut_text(content text, chars_max int) returns text
language plpgsql immutable strict parallel safe as $$
declare
    place int := chars_max;
    near text := left(content, chars_max + 1);
begin
    if char_length(content) <= chars_max then
        return content;
    end if;
    while place > 0 and chat.is_inside_character(near, place) loop
        place := place - 1;
    end loop;
    return left(near, case when place > 0 then place else chars_max end);
end $$;
comment on function chat.cut_text(text, int) is
'The beginning of a text, cut between what a reader sees as characters; inside the first only where that
alone is too long. Arguments: the text, at most how many code points.';

-- What closes the isolates and embeddings that a text leaves open (UAX #9).
create function chat.bidi_closers(content text) returns text
language plpgsql immutable strict parallel safe as $$
declare
    closers text := '';
    mark text;
    was_open int;
begin
    if content !~ '[\u202a\u202b\u202d\u202e\u2066-\u2068]' then
        return '';
    end if;
    for mark in select m[1] from regexp_matches(content, '[\u202a-\u202e\u2066-\u2069]', 'g') m loop
        if mark ~ '[\u2066-\u2068]' then
            closers := U&'\2069' || closers;
        elsif mark = U&'\202C' then
            closers := regexp_replace(closers, '^\u202c', '');
        elsif mark = U&'\2069' then
            was_open := strpos(closers, U&'\2069');
            closers := substr(closers, was_open + 1);
        else
            closers := U&'\202C' || closers;
        end if;
    end loop;
    return closers;
end $$;
comment on function chat.bidi_closers(text) is
'What has to follow a text so that none of its bidirectional isolates and embeddings stays open.';

create function chat.excerpt_of(content text, chars_max int default 140) returns text
language plpgsql immutable strict parallel safe as $$
declare
    cut text := content;
    closers text := '';
    budget int := chars_max;
begin
    if left(content, chars_max + 1) ~ '^[ -~]*$' then
        return left(content, chars_max); -- as many are
    end if;
    while char_length(content) > chars_max and budget > 0 loop
        cut := chat.cut_text(left(content, chars_max + 1), budget);
        closers := chat.bidi_closers(cut);
        exit when char_length(cut) + char_length(closers) <= chars_max;
        budget := budget - 1;
    end loop;
    return cut || closers;
end $$;
comment on function chat.excerpt_of(text, int) is
'What lists show of a message: at most so many characters, cut between what a reader sees as characters, with
what the cut left open closed. As chat_excerpt() of the module.';

create function chat.clean_name(name text, chars_max int) returns text
language plpgsql immutable strict parallel safe as $$
declare
    kept text := name;
    before text;
begin
    if name ~ '^[!#-&(-;=?-~]+( [!#-&(-;=?-~]+)*$' and char_length(name) <= chars_max then
        return name; -- as most are
    end if;
    for pass in 1 .. 8 loop -- what is taken away or cut off may leave a joiner at an end
        before := kept;
        kept := btrim(regexp_replace(
            kept, '[' || chat.characters('white') || chat.characters('blank') || ']+', ' ', 'g'));
        kept := regexp_replace(
            kept, '[' || chat.characters('control') || chat.characters('idle') || ']', '', 'g');
        kept := regexp_replace(kept, '(?<![' || chat.characters('joinable') || '])[\u200c\u200d]', '', 'g');
        kept := regexp_replace(
            kept, '[\u200c\u200d](?=[ ' || chat.characters('shaping') || ']|$)', '', 'g');
        kept := regexp_replace(
            kept, '(?<![' || chat.characters('variable') || '])'
                  '([\ufe00-\ufe0e\U000e0100-\U000e01ef\u180b-\u180d\u180f]|\ufe0f(?!\u20e3))', '', 'g');
        kept := regexp_replace(kept, '(?<![0-9#*])\ufe0f(?=\u20e3)', '', 'g');
        kept := regexp_replace(
            kept, '(\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f)|[\U000e0020-\U000e007f]', '\1', 'g');
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
'A name that a page can put into HTML without harm, and of which nothing is hidden: at most so many
characters; "?" where nothing of it can be seen.';

create or replace function chat.clean_name(name text) returns text
language sql immutable strict parallel safe as $$
select chat.clean_name(name, 100)
$$;

-- Browsers drop control characters and white space before they look for a scheme, and take \ for /.
create or replace function chat.clean_url(url text) returns text
language sql immutable strict parallel safe as $$
select case when u.url = '' or octet_length(u.url) > 2048
                 or u.url ~ '^[/\\]{2}'
                 or (u.url ~ '^[A-Za-z][A-Za-z0-9+.-]*:' and u.url !~ '^[Hh][Tt][Tt][Pp][Ss]?://[^/\\?#]') then null
       else replace(replace(replace(replace(replace(replace(
                u.url, '"', '%22'), '''', '%27'), '<', '%3C'), '>', '%3E'), '`', '%60'), '\', '%5C') end
from (select regexp_replace(clean_url.url, '[\u0001-\u0020\u007f-\u009f]', '', 'g') as url) u
$$;
comment on function chat.clean_url(text) is
'The address of a picture: http or https with a host, or a path of the site, harmless in an attribute; null
otherwise, also for //host.';

-- ---- Names, as they are searched and compared ------------------------------------------------------------

create function chat.fold_name(name text) returns text
language sql immutable strict parallel safe as $$
select case when name ~ '^[!-_a-~]+( [!-_a-~]+)*$' then lower(name collate "und-x-icu") else btrim(regexp_replace(translate(replace(replace(replace(replace(
    regexp_replace(
        lower(regexp_replace(
                  normalize(name, NFKD),
                  '[' || chat.characters('control') || chat.characters('idle') || chat.characters('shaping') || ']',
                  '', 'g') collate "und-x-icu"),
        '[' || chat.characters('accent') || ']', '', 'g'),
    U&'\00DF', 'ss'), U&'\00E6', 'ae'), U&'\0153', 'oe'), U&'\00FE', 'th'),
    -- dotless i, l, o, d, eth, h, t with a stroke, final sigma; Arabic and Persian yeh and kaf, teh
    -- marbuta; quotes and their look-alikes; dashes; and, into nothing, the Arabic tatweel
    U&'\0131\0142\00F8\0111\00F0\0127\0167\03C2\0649\06CC\06A9\0629\2019\2018\02BC\0060\00B4\2032\2039\203A\2033\201C\201D\2010\2011\2012\2013\2014\2212\0640',
    U&'ilodd' || U&'ht\03C3\064A\064A\0643\0647' || '''''''''''''<>"""------'),
    '[' || chat.characters('white') || chat.characters('blank') || ']+', ' ', 'g')) end
$$;
comment on function chat.fold_name(text) is
'A name as it is searched: without regard to case, accents, compatibility forms, invisible characters, kinds
of quotes and dashes, and runs of white space. The same in each database, whatever its locale. Of two names
one contains the other when this is so of what this function gives.';

create function chat.name_look(name text) returns text
language sql immutable strict parallel safe as $$
select replace(replace(translate(translate(regexp_replace(
    chat.fold_name(name), '[\u0020-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u2010-\u206f\u3001-\u303f]', '', 'g'),
        U&'\0185\018D\01A8\01BD\01C0\021D\0223\0251\025C\0261\0263\0269\026A\026F\0280\028B\028F\0292'
        '\029D\03B1\03B2\03B3\03B5\03B6\03B7\03B9\03BA\03BC\03BD\03BF\03C1\03C3\03C4\03C5\03C7\03DD'
        '\03E9\03F3\03FB\0430\0431\0432\0433\0435\0437\043A\043C\043D\043E\0440\0441\0442\0443\0445'
        '\044C\0455\0456\0458\0461\0475\04AF\04BB\04BD\04CF\04E1\0501\050D\051B\051D\0561\0563\0566'
        '\0570\0578\057C\057D\057F\0581\0584\0585\05D5\05D8\05DF\05E1\0627\0647\0661\0665\0667\06BE'
        '\06C1\06D5\06F1\06F5\06F7\07C0\07CA\0966\09E6\09EA\09ED\0A66\0A67\0A6A\0AE6\0B20\0B66\0B68'
        '\0BE6\0C66\0CE6\0D20\0D66\0D6D\0E50\0ED0\101D\1040\10E7\10FF\1200\12D0\13FB\13FC\142F\144C'
        '\146D\146F\1472\148D\14AA\14BF\1541\157C\157D\1587\15AF\15B4\15C5\15DE\15EA\15F0\15F7\16B7'
        '\16C1\16D5\16D6\1D04\1D0F\1D11\1D1C\1D20\1D21\1D22\1D26\1D83\1D8C\1E9D\1EFF\2C85\2C8F\2C93'
        '\2C95\2C99\2C9B\2C9F\2CA3\2CA5\2CA7\2CA9\2CAD\2CCB\2CCD\2CD1\2CD3\2D38\2D39\2D4F\2D54\2D55'
        '\2D5D\A4D0\A4D1\A4D2\A4D3\A4D4\A4D6\A4D7\A4D9\A4DA\A4DC\A4DD\A4DF\A4E0\A4E1\A4E2\A4E3\A4E6'
        '\A4E7\A4EA\A4EB\A4EC\A4EE\A4F0\A4F2\A4F3\A4F4\A645\A647\A6DF\A731\A75B\A76B\A76F\A799\A79F'
        '\A7B5\AB32\AB35\AB3D\AB47\AB48\AB4E\AB52\AB53\AB5A\AB70\AB71\AB72\AB75\AB79\AB7A\AB7B\AB7C'
        '\AB81\AB83\AB87\AB8B\AB8D\AB90\AB92\AB93\AB9E\AB9F\ABA2\ABA4\ABA5\ABA9\ABAA\ABAE\ABAF\ABB2'
        '\ABB6\ABB7\ABBE\+010282\+010286\+010287\+01028A\+010290\+010292\+010295\+010296\+010297'
        '\+0102A0\+0102A1\+0102A2\+0102A5\+0102AB\+0102B0\+0102B1\+0102B2\+0102B4\+0102CF\+010301'
        '\+010302\+010309\+010311\+010315\+010317\+01031A\+01042C\+01043D\+010443\+010448\+0104DC'
        '\+0104EA\+0104F6\+0104FA\+010513\+010516\+010518\+01051C\+01051D\+010525\+010526\+010527'
        '\+0114D0\+011706\+01170A\+01170E\+01170F\+0118C0\+0118C1\+0118C2\+0118C3\+0118C4\+0118C6'
        '\+0118C8\+0118C9\+0118CA\+0118CC\+0118CE\+0118CF\+0118D2\+0118D5\+0118D6\+0118D7\+0118D8'
        '\+0118DB\+0118DC\+0118E0\+0118E5\+0118E6\+0118E9\+016F08\+016F0A\+016F16\+016F28\+016F35'
        '\+016F3A\+016F3B\+016F40\+016F42\+016F43',
        'bg25l38a3gyiiwruy3jabyezhikmvopotuxf2jma6bre3kmhopctyxbsijwv'
        'yhel3dgqwwqqhnnusgfolvlololovooolovoloo89o98ooo9ooooo9ooooyo'
        'uogbvupdbjl2xhxrbfaddmbxlkmcoouvwzrgyfyrhlkmnopctyx93l6veloq'
        'xbpddtgkjczfmnlsrvhwxyaelou2ivs239fubeforruuxydrtiyajerwmhyg'
        'hz4brwsvslcpkd6beflxopstabcfomtyxhbclmtx8oclsrou7nokcvflxovw'
        'wwvsfiyeoz39e4lo9ou5yozwcvtllrs3auy'),
    'i1|0', 'lllo'), 'rn', 'm'), 'vv', 'w')
$$;
comment on function chat.name_look(text) is
'What a name looks like: letters and digits of any script that are taken for each other are one (UTS #39,
those that look like one of ASCII), and nothing else counts. Two names with the same look can be confused.';

alter table chat.users add column folded_name text, add column name_look text;
alter table chat.churches add column folded_name text, add column name_look text;
comment on column chat.users.folded_name is 'chat.fold_name(display_name); kept by a trigger';
comment on column chat.users.name_look is 'chat.name_look() of the name without its mark; kept by a trigger';
comment on column chat.churches.folded_name is 'chat.fold_name(name); kept by a trigger';
comment on column chat.churches.name_look is 'chat.name_look(name); kept by a trigger';

-- A member can bear a church's name, or write a staff member's with other letters, and staff would take
-- them for it. Such a name is marked; a namesake who writes it with the same letters is none of these.
create function chat.has_borrowed_name(of_user bigint, name text, look text) returns boolean
language sql stable parallel safe as $$
select look <> ''
   and not exists (select from chat.church_staff s where s.user_id = of_user)
   and (exists (select from chat.churches h where h.name_look = look)
        or exists (select from chat.users u
                   where u.name_look = look and u.id <> of_user and u.folded_name <> chat.fold_name(name)
                     and exists (select from chat.church_staff s where s.user_id = u.id)))
$$;
comment on function chat.has_borrowed_name(bigint, text, text) is
'Whether a user who is staff of no church would pass by this name for a church, or for one of its staff
whose name is written otherwise. Arguments: the user, the name, its look. Locks: none.';

create or replace function chat.clean_user() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
    new.display_name := chat.clean_name(regexp_replace(new.display_name, '( \(member\))+$', ''));
    new.name_look := chat.name_look(new.display_name);
    if chat.has_borrowed_name(new.id, new.display_name, new.name_look) then
        new.display_name := chat.clean_name(new.display_name, 100 - 9) || ' (member)';
    end if;
    new.folded_name := chat.fold_name(new.display_name);
    new.avatar_url := chat.clean_url(new.avatar_url);
    return new;
end $$;
comment on function chat.clean_user() is
'Trigger: cleans a user''s name and picture, marks a name that could pass for a church''s or staff''s with
" (member)", and keeps what the name is searched by.';

create or replace function chat.clean_church() returns trigger language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    new.name := chat.clean_name(new.name, 200);
    new.folded_name := chat.fold_name(new.name);
    new.name_look := chat.name_look(new.name);
    new.logo_url := chat.clean_url(new.logo_url);
    return new;
end $$;
comment on function chat.clean_church() is
'Trigger: cleans a church''s name and logo, and keeps what the name is searched by.';

-- A long lock is not needed for it: requests read these rows, and seldom write them.
update chat.churches set name = name;
create index churches_by_look on chat.churches (name_look);
update chat.users set display_name = display_name;
create index users_by_look on chat.users (name_look);
-- Each user's was looked at before all of staff had a look.
update chat.users u set display_name = display_name
where exists (select from chat.users o join chat.church_staff s on s.user_id = o.id
              where o.name_look = u.name_look and o.folded_name <> u.folded_name);

-- Whose name looks like this is looked at anew, when it becomes a church's, or a user becomes staff.
create function chat.mark_borrowed_names() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_table_name = 'churches' then
        update chat.users u set display_name = u.display_name
        where u.name_look in (case when tg_op <> 'INSERT' then old.name_look end,
                              case when tg_op <> 'DELETE' then new.name_look end);
    elsif tg_table_name = 'users' then
        if exists (select from chat.church_staff s where s.user_id = new.id) then
            update chat.users u set display_name = u.display_name
            where u.name_look in (old.name_look, new.name_look) and u.id <> new.id;
        end if;
    else
        update chat.users u set display_name = u.display_name
        where u.name_look in (select o.name_look from chat.users o
                              where o.id = case when tg_op = 'DELETE' then old.user_id else new.user_id end);
    end if;
    return null;
end $$;
comment on function chat.mark_borrowed_names() is
'Trigger: marks users whose names look like one that is a church''s or staff''s now, and takes the mark from
those for whom that is over. Locks: these users'' rows.';
create trigger mark_borrowed_names after insert or delete or update of name on chat.churches
    for each row execute function chat.mark_borrowed_names();
create trigger mark_borrowed_names after insert or delete or update of user_id on chat.church_staff
    for each row execute function chat.mark_borrowed_names();
create trigger mark_borrowed_names after update of display_name on chat.users
    for each row when (old.folded_name is distinct from new.folded_name)
    execute function chat.mark_borrowed_names();

-- ==== Who a user is ====
-- Who a user is, apart from what they are called: names change, and are used again by others.

-- What Apache's authentication identifies the user by, for good: ChatUserId, or the name. Every statement
-- finds its asker by it. Null: nobody is that user any more (chat.retire_user).
alter table chat.users add column external_id text;
update chat.users set external_id = username;
alter table chat.users
    add constraint users_external_id_key unique (external_id),
    add constraint users_external_id_check check (external_id <> '' and octet_length(external_id) <= 1024),
    -- What they are called now. Null: somebody else has taken that name.
    alter column username drop not null;

-- For whatever inserts users without knowing of it, a module or triggers of before among them.
create function chat.identify_user() returns trigger language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    new.external_id := new.username;
    return new;
end $$;
comment on function chat.identify_user() is
'Trigger: a new user is identified by the name, unless it is said by what else.';
create trigger identify_user before insert on chat.users
    for each row when (new.external_id is null) execute function chat.identify_user();

-- Sockets end with the right to be here: of a user who is deactivated, and of one whom another login
-- identifies now. With the rights of its owner, for a site may let another user feed this table. NOTIFY,
-- as nobody else tells of a change by SQL, and who takes a name must not be shown for a second what
-- was kept for who had it.
create or replace function chat.tell_deactivated() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into chat.events (kind, user_id) values (5, new.id);
    perform pg_notify('chat_bell', '');
    return null;
end $$;
comment on function chat.tell_deactivated() is
'Trigger: tells the feeds of a user who was deactivated, or is identified by something else now.';
drop trigger tell_deactivated on chat.users;
create trigger tell_deactivated after update of is_active, external_id on chat.users
    for each row when ((old.is_active and not new.is_active) or old.external_id <> new.external_id
                       or (old.external_id is not null and new.external_id is null))
    execute function chat.tell_deactivated();
drop trigger tell_renamed on chat.users;
create trigger tell_renamed after update on chat.users
    for each row when ((old.external_id, old.username, old.display_name, old.avatar_url, old.is_active)
                       is distinct from
                       (new.external_id, new.username, new.display_name, new.avatar_url, new.is_active))
    execute function chat.tell_people();

-- ==== What is derived ====
-- Counts and excerpts are derived from messages. The functions keep them as they write; what anybody else
-- changes, by SQL and in any table, triggers follow.

-- What follows messages and counts of churches comes with the functions (follow_messages and others), in the
-- transaction that exchanges them: with the functions of before, messages would count twice.

-- Who moves by SQL tells nobody; who deletes or blocks leaves lists with what is not so any more.
create function chat.tell_conversation() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into chat.events (kind, conversation_id) values (3, new.id);
    return null;
end $$;
comment on function chat.tell_conversation() is
'Trigger: tells the feeds of a conversation that was changed by SQL.';
create trigger tell_blocked after update of member_blocked on chat.conversations
    for each row when (old.member_blocked <> new.member_blocked
                       and current_setting('chat.follow', true) is distinct from 'off')
    execute function chat.tell_people();
create trigger tell_moved after update of church_id, member_id on chat.conversations
    for each row when (old.church_id <> new.church_id or old.member_id <> new.member_id)
    execute function chat.tell_conversation();
create trigger tell_moved_people after update of church_id, member_id on chat.conversations
    for each row when (old.church_id <> new.church_id or old.member_id <> new.member_id)
    execute function chat.tell_people();
create trigger tell_removed after delete on chat.conversations
    for each row execute function chat.tell_people();

-- TRUNCATE calls no row's triggers.
create function chat.forget_sums() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from chat.unread_of_churches;
    delete from chat.notification_marks;
    return null;
end $$;
comment on function chat.forget_sums() is 'Trigger: without conversations nothing is unread.';
create trigger forget_sums after truncate on chat.conversations
    for each statement execute function chat.forget_sums();
create trigger tell_truncated after truncate on chat.conversations
    for each statement execute function chat.tell_people();
create trigger tell_truncated after truncate on chat.users
    for each statement execute function chat.tell_people();
create trigger tell_truncated after truncate on chat.churches
    for each statement execute function chat.tell_people();
create trigger tell_truncated after truncate on chat.church_staff
    for each statement execute function chat.tell_people();

-- Excerpts that were cut inside of a character.
update chat.conversations c set last_message_text = chat.excerpt_of(m.content)
from chat.messages m
where char_length(c.last_message_text) = 140 and m.conversation_id = c.id and m.id = c.last_message_id
  and c.last_message_text <> chat.excerpt_of(m.content);

-- ==== The life of the database ====
-- Clients remember where they were: the last seq of a conversation, a page's cursor, the newest change seen.
-- After a backup was restored, or an older copy took over, such a position may name what does not exist, or
-- something else. The epoch names the life of the database, so that a position of another life is seen.

-- One row. What the epoch is made of, besides this row: chat.current_epoch().
create table chat.epoch (
    only_row   boolean primary key default true check (only_row),
    id         text not null default gen_random_uuid()::text,
    renewed_at timestamptz not null default clock_timestamp()
);
comment on table chat.epoch is 'part of what chat.current_epoch() is made of; see chat.renew_epoch()';
insert into chat.epoch default values;

-- Data that is restored into existing tables (pg_restore --data-only) comes by INSERT or COPY.
create function chat.make_epoch_new() returns trigger language plpgsql as $$
begin
    new.id := gen_random_uuid()::text;
    new.renewed_at := clock_timestamp();
    return new;
end $$;
comment on function chat.make_epoch_new() is 'Trigger: a row of chat.epoch that comes from elsewhere gets a new id.';
create trigger make_epoch_new before insert on chat.epoch
    for each row execute function chat.make_epoch_new();

-- When transactions began, as far as it matters: a transaction whose number is above that of a moment began
-- to write after it. So a bound is known for updated_at in what was not committed yet (chat.since).
-- A few rows a minute while there are writers, kept for a day.
create table chat.moments (
    xid    xid8 primary key,
    -- The oldest transaction that had not ended.
    oldest xid8 not null,
    at     timestamptz not null
);
create index moments_by_time on chat.moments (at);
comment on table chat.moments is 'see chat.note_moment() and chat.since()';
insert into chat.moments (xid, oldest, at)
select pg_current_xact_id(), pg_snapshot_xmin(pg_current_snapshot()), now();

-- ==== Names that change ====
-- A name or a picture that changes stands in the conversations of others, who are to see the new one.

-- In chat.events a new kind, 8: in a conversation the name or picture of its member or its church is another
-- one. For the newest conversations, at most as many in each statement; lists that are read anew have all.
-- With the rights of its owner, for a site may let another user feed these tables.
create function chat.tell_names() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_table_name = 'users' then
        insert into chat.events (kind, conversation_id)
        select 8, c.id
        from new_rows n join old_rows o on o.id = n.id
        cross join lateral (
            select c.id from chat.conversations c
            where c.member_id = n.id order by c.updated_at desc, c.id desc limit 50) c
        where (o.display_name, o.avatar_url) is distinct from (n.display_name, n.avatar_url)
        limit 500;
    else
        insert into chat.events (kind, conversation_id)
        select 8, c.id
        from new_rows n join old_rows o on o.id = n.id
        cross join lateral (
            select c.id from chat.conversations c
            where c.church_id = n.id order by c.updated_at desc, c.id desc limit 200) c
        where (o.name, o.logo_url) is distinct from (n.name, n.logo_url)
        limit 500;
    end if;
    return null;
end $$;
comment on function chat.tell_names() is
'Trigger: tells the feeds in which conversations a name or a picture is another one. Locks: none.';

create trigger tell_names after update on chat.users
    referencing old table as old_rows new table as new_rows
    for each statement execute function chat.tell_names();
create trigger tell_names after update on chat.churches
    referencing old table as old_rows new table as new_rows
    for each statement execute function chat.tell_names();
