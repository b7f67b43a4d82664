/**
 * @file chat_httpd_conf.h
 * The directives of other modules in httpd's configuration: a search in the tree of directives
 * (ap_conftree).
 *
 * Threads: while httpd starts; read-only afterwards.
 */
#ifndef MOD_CHAT_CHAT_HTTPD_CONF_H
#define MOD_CHAT_CHAT_HTTPD_CONF_H
#include <httpd.h>

#include <http_config.h>

/** The arguments of the first directive of that name in any section; NULL: there is none. */
const char *chat_httpd_conf_args(const char *name);

/** Call `visit` with all directives of that name, which may be changed until httpd has processed
 * them; sections have names such as "<Location". */
typedef void chat_httpd_conf_visit_t(ap_directive_t *directive, void *data);
void chat_httpd_conf_walk(const char *name, chat_httpd_conf_visit_t *visit, void *data);

/** The arguments of the last directive of that name directly in a section; `section` NULL: outside
 * all sections. NULL: there is none. */
const char *chat_httpd_conf_args_in(const ap_directive_t *section, const char *name);

/** The arguments of a directive for this server: in its <VirtualHost>, otherwise outside all
 *  sections. NULL: there is none. */
const char *chat_httpd_conf_args_of(const server_rec *server, const char *name);

/** A server for a log line: "www.example.org (/etc/apache2/sites-enabled/www.conf:3)". */
const char *chat_httpd_conf_name_of(const server_rec *s, apr_pool_t *p);

/** The <VirtualHost> that contains a directive; NULL: none. */
const ap_directive_t *chat_httpd_conf_host_of(const ap_directive_t *directive);
#endif
