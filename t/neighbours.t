use ChatTest;
use ChatTest::Httpd ();
use ChatTest::WebSocket ();

# A site has handlers, catch-all pages, rewriting and error pages of its own. Whatever it sets for all of itself,
# the chat answers on its own paths, as ever; and everywhere else the site does.
my $page  = "<html>the site's page</html>\n";
my $rules = "RewriteEngine On\n    ";
my %sites = (
    plain           => '',
    # Pages for errors.
    error_pages     => join("\n", map {"ErrorDocument $_ /page.html"} 400 .. 405, 408, 413, 426, 500 .. 503),
    error_sections  => "<Location />\n" . join("\n", map {"ErrorDocument $_ /page.html"} 401, 403 .. 405, 503) . "\n</Location>",
    error_elsewhere => join("\n", map {"ErrorDocument $_ http://127.0.0.1:1/x"} 403 .. 405, 503),
    error_texts     => join("\n", map {"ErrorDocument $_ \"sorry\""} 401, 403 .. 405, 503),
    error_ours      => join("\n", map {"ErrorDocument $_ /api/conversations/unread/"} 401, 403 .. 405),
    # Catch-all pages.
    front_rewrite   => "$rules RewriteRule ^ /page.html [L]",
    front_end       => "$rules RewriteRule ^ /page.html [END]",
    front_passed    => "$rules RewriteRule ^ /page.html [PT,QSA]",
    front_condition => "$rules RewriteCond %{DOCUMENT_ROOT}%{REQUEST_URI} !-f\n    RewriteRule ^/(.*)\$ /page.html?path=\$1 [L,QSA]",
    front_proxied   => "$rules RewriteRule ^/(.*)\$ http://127.0.0.1:1/\$1 [P]",
    front_directory => "<Directory \"\@documentroot\@\">\nOptions +FollowSymLinks\n$rules RewriteRule ^ page.html [L]\n</Directory>",
    front_location  => "<Location />\nOptions +FollowSymLinks\n$rules RewriteRule ^ /page.html [L]\n</Location>",
    front_handler   => "$rules RewriteRule ^ - [H=server-status]",
    fallback        => 'FallbackResource /page.html',
    fallback_in     => "<Location />\nFallbackResource /page.html\n</Location>",
    fallback_dir    => "<Directory \"\@documentroot\@\">\nFallbackResource /page.html\n</Directory>",
    alias           => 'Alias / "@documentroot@/"',
    alias_api       => 'Alias /api "@documentroot@"',
    alias_ours      => 'AliasMatch "^/api/conversations/.*" "@documentroot@/page.html"',
    script_alias    => 'ScriptAlias /api/ "@documentroot@/"',
    proxy           => 'ProxyPass / http://127.0.0.1:1/',
    proxy_match     => 'ProxyPassMatch ^/(.*)$ http://127.0.0.1:1/$1',
    proxy_in        => "<Location />\nProxyPass http://127.0.0.1:1/\n</Location>",
    # Handlers and types.
    handler         => "<Location />\nSetHandler server-status\n</Location>",
    handler_proxy   => "<Location />\nSetHandler \"proxy:http://127.0.0.1:1/\"\n</Location>",
    handler_none    => "<Location />\nSetHandler None\n</Location>",
    forced          => "<Location />\nForceType text/html\nDefaultLanguage de\nAddDefaultCharset iso-8859-1\n</Location>",
    types           => "AddHandler server-status .json\nAddType text/html .json\nAddEncoding x-gzip .json\nAddLanguage de .json",
    views           => "<Location />\nOptions +MultiViews +Indexes\n</Location>",
    speling         => "CheckSpelling On",
    slash           => "DirectoryIndex page.html\nDirectorySlash On",
    # Filters and headers.
    includes        => "<Location />\nOptions +Includes\nSetOutputFilter INCLUDES\n</Location>",
    substitute      => "<Location />\nSetOutputFilter SUBSTITUTE\nSubstitute s/site/place/\n</Location>",
    headers         => "Header set Cache-Control \"public, max-age=3600\"\nHeader set Expires \"Thu, 01 Jan 2099 00:00:00 GMT\"",
    headers_always  => "Header always set Cache-Control \"public, max-age=3600\"\nHeader merge Cache-Control immutable",
    expires         => "ExpiresActive On\nExpiresDefault \"access plus 1 year\"",
    cached          => "CacheEnable socache /\nCacheSocache shmcb\nCacheIgnoreCacheControl On\nCacheStorePrivate On\nCacheDefaultExpire 3600",
    cached_late     => "CacheQuickHandler Off\nCacheEnable socache /\nCacheSocache shmcb",
    tracked         => 'CookieTracking On',
    no_etag         => 'FileETag None',
);
# Where the site passes all that is not ours to a server that is not there, or has no page for it.
my %elsewhere = (
    (map { $_ => 503 } qw(front_proxied proxy proxy_match proxy_in handler_proxy)),
    (map { $_ => 404 } qw(plain error_texts alias types views speling slash includes substitute headers headers_always expires
        cached cached_late tracked no_etag handler_none forced alias_ours error_sections script_alias)),
    error_elsewhere => 302, error_pages => 404, alias_api => 404, front_location => 500,
);
my @modules = qw(alias rewrite proxy proxy_http status mime negotiation speling include substitute filter expires cache
    cache_socache usertrack actions cgid);

for my $order ('before', 'after') {
    my $httpd = httpd($order);

    ok $httpd->start, "the chat loaded $order its neighbours: it starts" or diag $httpd->said;
    my $ada = member('Ada');
    for my $site (sort keys %sites) {
        subtest "$order: $site" => sub {
            # mod_include takes the ETag away, of whatever it looks at.
            my %at = (site => $httpd->url, statements => undef, headers => {Host => "$site.example"}, fresh => 1,
                $site eq 'includes' ? (contract => 0) : ());

            for my $round (1 .. 2) {
                my $list = get($ada, 'conversations/?limit=1', %at);
                is $list->code, 200, 'a list';
                is ref $list->json->{conversations}, 'ARRAY', 'of conversations';
                is $list->header('Cache-Control'), 'private, no-cache', 'for its reader alone';
                is $list->header('Expires'), undef, 'and no date says otherwise';
            }
            is get($ada, 'conversations/unread/', %at)->json->{unread_count}, 0, 'a number';
            is post($ada, 'conversations/', {church_id => 0}, %at)->code, 400, 'a refused POST';
            is get(undef, 'conversations/', %at)->json->{code}, 'login_required', 'nobody';
            is get($ada, 'conversations/null/', %at)->json->{code}, 'not_found', 'nothing';
            is ask($ada, DELETE => 'conversations/', %at)->json->{code}, 'method_not_allowed', 'no such method';
            is get($ada, 'conversations/?limit=0', %at)->code, 400, 'the query is the client\'s';
            is get($ada, 'conversations/ws/', %at)->code, 426, 'a status that few know';
            is ask($ada, HEAD => 'conversations/', %at)->code, 200, 'HEAD';
            is ask($ada, OPTIONS => 'conversations/', %at)->code, 204, 'OPTIONS';
            my $document = get(undef, 'conversations/openapi.json', %at);
            is $document->code, 200, 'the document';
            is $document->header('Content-Encoding'), undef, 'is not compressed';

            my $theirs = get($ada, '/page.html', %at, contract => 0);
            my $other  = get($ada, '/api/other/', %at, contract => 0);
            my $wanted = $elsewhere{$site} // 200;
            is $other->code, $wanted, "what is not ours is the site's: $wanted";
            isnt $other->type, 'application/problem+json', 'and refused by it';
            is $theirs->body, $page, 'its page' if $theirs->code == 200 && $site !~ /handler|front_|substitute/;
        };
    }
    for my $site (qw(front_rewrite fallback handler handler_proxy proxy alias error_pages)) {
        my $ws = ChatTest::Live->of($ada, plain => 1, site => $httpd->url, headers => {Host => "$site.example"});

        ok $ws->is_accepted && $ws->await('hello'), "$order: $site: a socket";
        $ws->leave;
    }
    is_deeply [$httpd->unexpected(qr/\[proxy\w*:error\]/, qr/AH00035|AH00124|AH01263|AH01276|AH0112[0-9]|AH01264/)], [], 'its log is quiet';
}

subtest 'what is meant for our paths counts' => sub {
    my $httpd = httpd('after',
        forbidden => "$rules RewriteRule ^/api/ - [F]", gone => "$rules RewriteRule ^/api/ - [G]",
        moved     => "$rules RewriteRule ^/(.*)\$ https://site.example/\$1 [R=302,L]",
        nicer     => "$rules RewriteRule ^/talks\$ /api/conversations/ [PT]\n    RewriteRule ^/api/conversations/mine\$ /api/conversations/unread/ [PT]",
        no_posts  => "<Location /api>\nAllowMethods GET\n</Location>",
        error_403 => "ErrorDocument 403 /page.html\n$rules RewriteRule ^/api/ - [F]",
    );
    my $ada = member('Ada');

    ok $httpd->start, 'it starts' or return diag $httpd->said;
    my %wanted = (forbidden => 403, gone => 410, moved => 302, error_403 => 403);
    for my $site (sort keys %wanted) {
        my $answer = get($ada, 'conversations/', site => $httpd->url, fresh => 1, statements => 0, contract => 0,
            headers => {Host => "$site.example"});
        is $answer->code, $wanted{$site}, "$site: $wanted{$site}";
        is $answer->type, 'application/problem+json', 'as a problem' if $wanted{$site} > 400;
    }
    my %at = (site => $httpd->url, fresh => 1, statements => undef, contract => 0);
    is ref +(get($ada, '/talks?limit=1', %at, headers => {Host => 'nicer.example'})->json // {})->{conversations}, 'ARRAY',
        'another address may lead to one of ours';
    is +(get($ada, 'conversations/mine', %at, headers => {Host => 'nicer.example'})->json // {})->{unread_count}, 0,
        'and one of ours to another';
    is post($ada, 'conversations/', {church_id => 1}, %at, headers => {Host => 'no_posts.example'})->code, 405,
        'a method that the site does not allow';
};

done_testing;

sub httpd
{
    my ($order, %more) = @_;
    my %hosts = %more ? %more : %sites;
    my $lines = join '', map {"LoadModule ${_}_module \@modules_dir\@/mod_$_.so\n"} @modules, 'allowmethods';
    my $usual = ChatTest::Httpd->usual . "CacheSocacheMaxSize 102400\nTypesConfig /dev/null\n";
    my $conf  = $usual . join '', map {"<VirtualHost *:\@port\@>\n    ServerName $_.example\n    $hosts{$_}\n</VirtualHost>\n"} sort keys %hosts;
    my $httpd = ChatTest::Httpd->new(conf => $order eq 'before' ? "$lines$conf" : $conf =~ s/\A/#neighbours\n/r);

    chmod 0644, $httpd->file('htdocs/page.html', $page);
    return $httpd if $order eq 'before';
    my $file = "$httpd->{home}/httpd.conf";
    open my $in, '<', $file or die "$file: $!";
    my $text = do { local $/; <$in> };
    $lines =~ s/\@modules_dir\@/ChatTest::Config->suite->{vars}{modules_dir}/ge;
    $text =~ s/^(?=LoadModule chat_module)/$lines/m or die 'chat_module is not loaded';
    $httpd->file('httpd.conf', $text);
    return $httpd;
}
