/**
 * @file chat_httpd_conf.h
 * What httpd's configuration says to other modules, as it is written there.
 *
 * Threads: while httpd starts, and constant afterwards.
 */
#ifndef MOD_CHAT_CHAT_HTTPD_CONF_H
#define MOD_CHAT_CHAT_HTTPD_CONF_H
#include <httpd.h>

#include <http_config.h>

/** The arguments of the first directive of that name, wherever it stands; NULL: there is none. */
const char *chat_httpd_conf_args(const char *name);

/** Visit the arguments of all directives of that name; sections are called "<Location". */
typedef void chat_httpd_conf_visit_t(void *data, const char *args);
void chat_httpd_conf_each(const char *name, chat_httpd_conf_visit_t *visit, void *data);

/** The same for the directives themselves, which may be changed until httpd has carried them out.
 */
void chat_httpd_conf_walk(const char *name, void (*see)(ap_directive_t *directive, void *data),
                          void *data);

/** The arguments of the last directive of that name directly in a section; NULL as the section:
 * outside of all; NULL as the result: there is none. */
const char *chat_httpd_conf_args_in(const ap_directive_t *section, const char *name);

/** The arguments of a directive for this server: from its <VirtualHost>, else from outside of all;
 *  NULL: there is none. */
const char *chat_httpd_conf_args_of(const server_rec *server, const char *name);

/** The <VirtualHost> that a directive is in; NULL: none. */
const ap_directive_t *chat_httpd_conf_host_of(const ap_directive_t *directive);
#endif
