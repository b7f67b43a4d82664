begin;
select plan(13);

select is(chat.clean_name('Ada  Lovelace'), 'Ada Lovelace', 'a run of blanks is one');
select is(chat.clean_name(E' \tAda\r\n'), 'Ada', 'the ends are trimmed');
select is(chat.clean_name(E'"><img src=x onerror=harm()>'), U&'\2033\203A\2039img src=x onerror=harm()\203A',
          'what ends an attribute or begins a tag becomes its look-alike');
select is(chat.clean_name(U&'Ada\202Egpj.exe\200F'), 'Adagpj.exe', 'marks that turn the text are gone');
select is(chat.clean_name(E'A\u0001d\u007fa'), 'Ada', 'control characters are gone');
select is(chat.clean_name(U&'\3000\00A0'), '?', 'nothing left is a question mark');
select is(chat.clean_name(chat.clean_name('<"> x')), chat.clean_name('<"> x'), 'twice is as once');
select is(chat.clean_url('https://a.example/x.png?a=1'), 'https://a.example/x.png?a=1', 'an address stays');
select is(chat.clean_url('logos/a b.png'), 'logos/ab.png', 'a path loses its blanks');
select is(chat.clean_url(' JavaScript:alert(1)'), null, 'a script is no picture');
select is(chat.clean_url('/x" onerror="y'), '/x%22onerror=%22y', 'quotes are written as a URL writes them');

insert into chat.users (username, display_name) values ('mallory', '<b>Mallory</b>');
select is((select display_name from chat.users where username = 'mallory'), U&'\2039b\203AMallory\2039/b\203A',
          'a user is cleaned, whoever writes the row');
insert into chat.churches (name) values ('"Church"');
select is((select count(*)::int from chat.churches where name = '"Church"'), 0, 'so is a church');

select * from finish();
rollback;
