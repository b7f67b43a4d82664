-- Names and pictures may come from a site's own tables, past the module, which cleans what it writes.
-- Pages put them into HTML; so they are cleaned by whichever way they come in.

-- White space as single blanks; no control characters, no marks that turn the direction of text; for
-- characters that end an attribute or begin a tag their look-alikes. As the module does it.
create function chat.clean_name(name text) returns text
language sql immutable strict parallel safe as $$
select coalesce(nullif(btrim(translate(
    regexp_replace(
        regexp_replace(name, '[\s\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+', ' ', 'g'),
        '[\u0001-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]', '', 'g'),
    '<>"', U&'\2039\203A\2033')), ''), '?')
$$;
comment on function chat.clean_name(text) is
'A display name that a page can put into HTML without harm; "?" where nothing is left of it.';

-- A script is no picture; what could end an attribute is written as a URL writes it.
create function chat.clean_url(url text) returns text
language sql immutable strict parallel safe as $$
select case when url ~* '^\s*[a-z][a-z0-9+.-]*:' and url !~* '^https?://' then null
       else replace(replace(replace(replace(replace(replace(regexp_replace(
                btrim(url), '[\u0001-\u0020\u007f-\u009f]', '', 'g'),
                '"', '%22'), '''', '%27'), '<', '%3C'), '>', '%3E'), '`', '%60'), '\', '%5C') end
$$;
comment on function chat.clean_url(text) is
'The address of a picture: http, https or a path, harmless in an attribute; null otherwise.';

create function chat.clean_user() returns trigger language plpgsql as $$
begin
    new.display_name := chat.clean_name(new.display_name);
    new.avatar_url := chat.clean_url(new.avatar_url);
    return new;
end $$;
create trigger clean_user before insert or update of display_name, avatar_url on chat.users
    for each row execute function chat.clean_user();

create function chat.clean_church() returns trigger language plpgsql as $$
begin
    new.name := chat.clean_name(new.name);
    new.logo_url := chat.clean_url(new.logo_url);
    return new;
end $$;
create trigger clean_church before insert or update of name, logo_url on chat.churches
    for each row execute function chat.clean_church();

update chat.users set display_name = display_name
where display_name <> chat.clean_name(display_name)
   or avatar_url is distinct from chat.clean_url(avatar_url);
update chat.churches set name = name
where name <> chat.clean_name(name) or logo_url is distinct from chat.clean_url(logo_url);

comment on function chat.clean_user() is 'Trigger: cleans a user''s name and picture.';
comment on function chat.clean_church() is 'Trigger: cleans a church''s name and logo.';
