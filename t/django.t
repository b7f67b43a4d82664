use ChatTest;
use ChatTest::Httpd ();
use File::Temp qw(tempdir);

# README's SQL for a site with tables of its own, word for word, under the tables that Django makes and
# changes. Django has a role of its own, with no right to anything of the chat's.
my $python = '/usr/bin/python3';
qx{$python -c 'import django, psycopg2' 2>&1};
plan skip_all => 'python3-django and python3-psycopg2 are not there' if $?;
plan skip_all => 'nothing of this is the module\'s' if watched() > 1;

my $postgresql = ChatTest::PostgreSQL->new;
$postgresql->migrate;
chomp(my $admin = qx{STATE='$postgresql->{state}' conf/instance database-params admin});
my $db = ChatTest::db($admin);
my $httpd = ChatTest::Httpd->new(database => $postgresql->params);
ok $httpd->start, 'httpd starts' or diag $httpd->said;
my %here = (site => $httpd->url, statements => undef);

# ---- the site ----

my ($socket) = $admin =~ /host='([^']+)'/;
my $site = tempdir(CLEANUP => 1);
write_file('settings.py', <<"END");
SECRET_KEY = 'x'
USE_TZ = True
DEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'
INSTALLED_APPS = ['django.contrib.contenttypes', 'django.contrib.auth', 'parish']
PASSWORD_HASHERS = ['django.contrib.auth.hashers.MD5PasswordHasher']
DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'chat', 'USER': 'site',
                         'PASSWORD': 'site', 'HOST': '$socket'}}
END
write_file('parish/__init__.py', '');
write_file('parish/models.py', <<'END');
from django.conf import settings
from django.db import models

class Church(models.Model):
    name = models.CharField(max_length=200)
    logo = models.CharField(max_length=200, blank=True)
    manager = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)

    class Meta:
        db_table = 'church'
END
$db->do($_) for q{create role site login password 'site'}, 'grant usage, create on schema public to site';

sub write_file
{
    my ($name, $text) = @_;

    mkdir "$site/parish";
    open my $out, '>:encoding(UTF-8)', "$site/$name" or die "$name: $!";
    print {$out} $text;
    close $out;
}

sub run_django
{
    my (@command) = @_;

    local $ENV{DJANGO_SETTINGS_MODULE} = 'settings';
    local $ENV{PYTHONPATH} = $site;
    local $ENV{PYTHONDONTWRITEBYTECODE} = 1;
    open my $out, '-|', 'sh', '-c', 'exec "$@" 2>&1', 'sh', $python, @command or die "$python: $!";
    my $said = do { local $/; <$out> } // '';
    close $out;
    diag $said if $?;
    return !$?;
}

# What the site does, by its own models.
sub site_does
{
    my ($what, @lines) = @_;

    ok run_django('-c', join "\n", 'import django', 'django.setup()', 'from django.contrib.auth.models import User',
        'from parish.models import Church', @lines), $what;
}

sub user { return $db->selectrow_hashref('select * from chat.users where external_id = ?', undef, $_[0]) }
sub church_row { return $db->selectrow_hashref('select * from chat.churches where name = ?', undef, $_[0]) }

sub staff_at
{
    return join ' ', @{$db->selectcol_arrayref(q{select u.external_id || ':' || s.role from chat.church_staff s
        join chat.users u on u.id = s.user_id join chat.churches c on c.id = s.church_id where c.name = ? order by 1},
        undef, $_[0])};
}

sub sees { return get(stranger($_[0]), "conversations/$_[1]{id}/messages/", %here)->code }

ok run_django(qw(-m django makemigrations parish)) && run_django(qw(-m django migrate)), 'Django makes its tables';
site_does 'users and a church from before', split /\n/, <<'END';
early = User.objects.create_user('early', 'early@example.org', first_name='Earl', last_name='Grey')
User.objects.create_user('plain')
Church.objects.create(name='Old Minster', logo='/minster.png', manager=early)
END

# ---- README ----

my $readme = do { open my $in, '<:encoding(UTF-8)', ($0 =~ s{/?t/[^/]+$}{}r || '.') . '/README.md' or die $!; local $/; <$in> };
my ($section) = $readme =~ /^### Users and churches from the site's own tables\n(.*?)(?=^##)/ms;
my @blocks = $section =~ /^```sql\n(.*?)^```$/msg;
write_file('recipe.sql', join "\n", @blocks);
my $said = qx{psql -X -q -v ON_ERROR_STOP=1 '$admin' -f '$site/recipe.sql' 2>&1 >/dev/null};
is $?, 0, 'the SQL runs, word for word' or diag $said;

subtest 'what is there already' => sub {
    is_deeply [@{user('early')}{qw(username display_name email is_active)}], ['early', 'Earl Grey', 'early@example.org', 1], 'a user';
    is user('plain')->{display_name}, 'plain', 'one without a name';
    is church_row('Old Minster')->{logo_url}, '/minster.png', 'a church';
    is staff_at('Old Minster'), 'early:manager', 'and its manager';
};

my ($maria, $talk) = ('maria');
subtest 'a user is made and changed' => sub {
    site_does 'made', q{User.objects.create_user('maria', first_name='Maria')}, q{Church.objects.create(name='Chapel')};
    is user('maria')->{display_name}, 'Maria', 'is there';
    my $open = post(stranger($maria), 'conversations/', {church_id => church_row('Chapel')->{id}}, %here);
    is $open->code, 201, 'opens a conversation';
    $talk = $open->json->{conversation};
    is post(stranger($maria), "conversations/$talk->{id}/messages/", {content => 'between us'}, %here)->code, 201, 'and writes';
    site_does 'named', q{User.objects.filter(username='maria').update(last_name='Miller', email='maria@example.org')};
    is_deeply [@{user('maria')}{qw(display_name email)}], ['Maria Miller', 'maria@example.org'], 'is called so';
    my $place = join ' ', @{user('maria')}{qw(id)}, $db->selectrow_array(q{select ctid || ' ' || xmax from chat.users where external_id = 'maria'});
    site_does 'logs in', q{from django.contrib.auth.models import update_last_login},
        q{update_last_login(None, User.objects.get(username='maria'))}, q{User.objects.get(username='maria').save()};
    is join(' ', @{user('maria')}{qw(id)}, $db->selectrow_array(q{select ctid || ' ' || xmax from chat.users where external_id = 'maria'})),
        $place, 'which writes nothing, and locks nothing';
    site_does 'switched off', q{User.objects.filter(username='maria').update(is_active=False)};
    is sees($maria, $talk), 403, 'may not come in';
    site_does 'switched on', q{User.objects.filter(username='maria').update(is_active=True)};
    is sees($maria, $talk), 200, 'may';
};

subtest 'a user is renamed, and the name used again' => sub {
    my $id = user('maria')->{id};

    site_does 'renamed', q{u = User.objects.get(username='maria')}, q{u.username = 'mary'}, q{u.save()};
    is user('mary')->{id}, $id, 'is the same';
    is sees('mary', $talk), 200, 'and sees her conversation';
    site_does 'another of that name', q{User.objects.create_user('maria', first_name='Somebody', last_name='Else')};
    is sees($maria, $talk), 404, 'sees nothing of it';
    is get(stranger($maria), 'conversations/', %here)->json->{conversations}[0], undef, 'and has none';
    site_does 'two change names', q{a, b = User.objects.get(username='mary'), User.objects.get(username='maria')},
        q{a.username, b.username = 'tmp', 'mary'}, q{a.save(); b.save()}, q{a.username = 'maria'; a.save()};
    is sees($maria, $talk), 200, 'it goes with its owner';
    is sees('mary', $talk), 404, 'and not with the name';
};

subtest 'a user is deleted, and the name used again' => sub {
    my $id = user('maria')->{id};

    site_does 'deleted', q{User.objects.get(username='maria').delete()};
    my $row = $db->selectrow_hashref('select * from chat.users where id = ?', undef, $id);
    is_deeply [@$row{qw(external_id username is_active)}], [undef, undef, 0], 'is nobody any more';
    site_does 'made again', q{User.objects.create_user('maria')};
    is sees($maria, $talk), 404, 'who gets the name sees nothing';
    isnt user('maria')->{id}, $id, 'and is another';
    is $db->selectrow_array('select count(*) from chat.messages where sender_id = ?', undef, $id), 1, 'the messages stay';
};

subtest 'a church and its manager' => sub {
    site_does 'made', q{Church.objects.create(name='Priory', manager=User.objects.create_user('mona'))};
    is staff_at('Priory'), 'mona:manager', 'answers for it';
    my $church = church_row('Priory')->{id};
    my $open = post(stranger('plain'), 'conversations/', {church_id => $church}, %here)->json->{conversation};
    post(stranger('plain'), "conversations/$open->{id}/messages/", {content => 'hello'}, %here);
    is sees('mona', $open), 200, 'sees its conversations';
    site_does 'another manager', q{Church.objects.filter(name='Priory').update(manager=User.objects.create_user('nora'))};
    is staff_at('Priory'), 'nora:manager', 'answers for it now';
    is sees('mona', $open), 404, 'the first does not any more';
    $db->do(q{insert into chat.church_staff (church_id, user_id) select ?, id from chat.users where external_id = 'early'}, undef, $church);
    site_does 'no manager', q{Church.objects.filter(name='Priory').update(manager=None)};
    is staff_at('Priory'), 'early:staff', 'only who was added by hand';
    site_does 'renamed', q{Church.objects.filter(name='Priory').update(name='Abbey', logo='/abbey.png', manager=User.objects.get(username='nora'))};
    is_deeply [@{church_row('Abbey')}{qw(id logo_url)}], [$church, '/abbey.png'], 'is the same';
    site_does 'its manager renamed', q{User.objects.filter(username='nora').update(username='eleonora')};
    is sees('eleonora', $open), 200, 'goes on answering for it';
    site_does 'its manager deleted', q{User.objects.get(username='eleonora').delete()};
    is staff_at('Abbey'), 'early:staff', 'does not answer for it';
    site_does 'deleted', q{Church.objects.filter(name='Abbey').delete()};
    is post(stranger('plain'), "conversations/$open->{id}/messages/", {content => 'x'}, %here)->code, 403, 'receives nothing any more';
};

subtest 'the site\'s role runs nothing as somebody else' => sub {
    $db->do($_) for split /;\n\n/, <<'END';
create schema evil authorization site;

set role site;

create table evil.caught (who text, what text);

create table evil.users (like public.auth_user);

create function evil.note(what text) returns void language sql as
$$ insert into evil.caught values (current_user, what) $$;

create function evil.concat_ws(text, text, text) returns text language plpgsql as
$$ begin perform evil.note('concat_ws'); return 'caught'; end $$;

create function evil.btrim(text) returns text language plpgsql as
$$ begin perform evil.note('btrim'); return 'caught'; end $$;

create function evil.regexp_replace(text, text, text) returns text language plpgsql as
$$ begin perform evil.note('regexp_replace'); return 'caught'; end $$;

create function evil.same(text, text) returns boolean language plpgsql as
$$ begin perform evil.note('='); return true; end $$;

create operator evil.= (function = evil.same, leftarg = text, rightarg = text);

create operator evil.<> (function = evil.same, leftarg = text, rightarg = text);

create function evil.joined(text, text) returns text language plpgsql as
$$ begin perform evil.note('||'); return 'caught'; end $$;

create operator evil.|| (function = evil.joined, leftarg = text, rightarg = text);

reset role;

grant usage on schema evil to public;

grant all on evil.caught to public
END
    site_does 'with its own functions, operators and tables in front', split /\n/, <<'END';
from django.db import connection
User.objects.create_user('last')
ids = dict(User.objects.values_list('username', 'id'))
cursor = connection.cursor()
cursor.execute('create temporary table users (like public.auth_user)')
cursor.execute('set search_path = evil, pg_temp, pg_catalog, public')
cursor.execute("update public.auth_user set username = 'plainer', first_name = 'Jane' where id = %s", [ids['plain']])
cursor.execute("insert into public.church (name, logo, manager_id) values ('Grotto', '', %s)", [ids['plain']])
cursor.execute('delete from public.auth_user where id = %s', [ids['last']])
cursor.execute("select concat_ws('a'::text, 'b'::text, 'c'::text)")
END
    is user('plainer')->{display_name}, 'Jane', 'users follow all the same';
    is staff_at('Grotto'), 'plainer:manager', 'and churches';
    is_deeply $db->selectcol_arrayref(q{select who || ' ' || what from evil.caught where who <> 'site'}), [], 'nothing of it has run as another';
    is $db->selectrow_array(q{select count(*) from evil.caught where who = 'site'}), 1, 'only what the site itself called';
    is user('last'), undef, 'and who is gone is gone';
    ok !$db->selectrow_array(q{select has_schema_privilege('site', 'chat', 'usage') or pg_has_role('site', 'chat_site', 'member')}),
        'and the role has no right to the chat';
    ok !$db->selectrow_array(q{select has_table_privilege('chat_site', 'chat.messages', 'select')
        or has_table_privilege('chat_site', 'chat.conversations', 'select') or rolcanlogin or rolsuper
        from pg_roles where rolname = 'chat_site'}), 'nor does the owner of the functions see a message';
};

# Whoever may create something there could otherwise run it with the rights of the module's role.
subtest 'nor does the chat itself, for what is in the schema public' => sub {
    $db->do($_) for split /;\n\n/, <<'END';
create function public.caught(chat.number_of_unread, integer) returns boolean language plpgsql as
$$ begin perform evil.note('> as ' || session_user); return true; end $$;

create operator public.> (function = public.caught, leftarg = chat.number_of_unread, rightarg = integer)
END
    my $other = ChatTest::Httpd->new(database => $postgresql->params);
    ok $other->start, 'another httpd' or diag $other->said;
    my %there = (%here, site => $other->url);
    is get(stranger('plainer'), $_, %there)->code, 200, $_ for 'conversations/unread/', 'conversations/?unread=1', 'notifications/';
    is_deeply $db->selectcol_arrayref(q{select what from evil.caught where what like '>%'}), [], 'none of it has run';
    $other->stop;
};

ChatTest::forget_db($admin);
$httpd->stop;
$postgresql->stop;
done_testing;
