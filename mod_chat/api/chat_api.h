/**
 * @file chat_api.h
 * The REST interface: the route table, and the hooks that lead a request through it.
 */
#ifndef MOD_CHAT_CHAT_API_H
#define MOD_CHAT_CHAT_API_H
#include <httpd.h>

#include "http/chat_route.h"

/** Every path of the interface; ended by a route without a method. */
extern const chat_route_t chat_api_routes[];

/*
 * The site around us has handlers, aliases, catch-all rewriting and error pages of its own.
 * Redirects and refusals of mod_rewrite and mod_alias count on our paths, too; apart from these
 * nothing answers there in our place, and we look at no other path.
 */

/** In translate_name, before mod_alias and mod_rewrite: remember what is ours. */
int chat_api_note(request_rec *r);

/** In translate_name, after them: OK for a path that is ours, as asked or as rewritten. */
int chat_api_translate(request_rec *r);

/** In map_to_storage, first: OK likewise, so that httpd asks no file system. */
int chat_api_map_to_storage(request_rec *r);

/** In header_parser, when sections count: no ErrorDocument takes our place. */
int chat_api_keep_errors(request_rec *r);

/** In type_checker, first: no file's type or handler does, nor FallbackResource. */
int chat_api_choose_handler(request_rec *r);

/**
 * In check_authn, first: mod_auth_form takes a login from any form that is sent to a path which it
 * protects, from those of foreign pages too, and answers 413 to one that is too long. The paths of
 * the interface take no forms: it is not to see them.
 */
int chat_api_hide_form(request_rec *r);

/** In fixups, when the user is known: as the client has sent it. */
int chat_api_show_form(request_rec *r);

/** In insert_error_filter: what httpd refuses on our paths becomes a problem, too; below admin/
 * a refusal by its authentication or authorisation becomes 404. */
void chat_api_insert_error_filter(request_rec *r);

/** The content handler. */
int chat_api_handle(request_rec *r);
#endif
