/**
 * @file chat_api.h
 * The REST interface: the route table, and the hooks of httpd that dispatch a request to it.
 */
#ifndef MOD_CHAT_CHAT_API_H
#define MOD_CHAT_CHAT_API_H
#include <httpd.h>

#include "http/chat_route.h"

/** Every path of the interface; ended by a route without a method. */
extern const chat_route_t chat_api_routes[];

/*
 * A site may have handlers, aliases, rewrite rules and error documents that apply to all paths.
 * On the paths of the module, only redirects and refusals of mod_rewrite and mod_alias have an
 * effect; these hooks undo the rest. They change nothing on other paths.
 */

/** In translate_name, before mod_alias and mod_rewrite: claim the module's paths. */
int chat_api_claim(request_rec *r);

/** In translate_name, after them: OK for the module's paths, as sent or as rewritten. */
int chat_api_translate(request_rec *r);

/** In map_to_storage, first: OK for these, so that httpd does not access the file system. */
int chat_api_map_to_storage(request_rec *r);

/** In header_parser, when sections are merged: disable ErrorDocument on the module's paths. */
int chat_api_disable_error_documents(request_rec *r);

/** In type_checker, first: set the handler, so that no type, SetHandler or FallbackResource does.
 */
int chat_api_choose_handler(request_rec *r);

/**
 * In check_authn, first: hide a form body from mod_auth_form. It would accept a login in any form
 * sent to a path that it protects, also from pages of other sites, and answer 413 to a long one.
 * The REST interface does not use forms.
 */
int chat_api_hide_form(request_rec *r);

/** In fixups, when the user is known: restore Content-Type. */
int chat_api_show_form(request_rec *r);

/** In insert_error_filter: httpd's own errors on the module's paths become problem documents. Below
 * admin/, a refusal by authentication or authorisation becomes 404. */
void chat_api_insert_error_filter(request_rec *r);

/** The content handler. */
int chat_api_handle(request_rec *r);
#endif
