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

/** In translate_name: OK for a path that is ours, so that httpd asks no file system. */
int chat_api_translate(request_rec *r);

/** In map_to_storage: OK likewise. */
int chat_api_map_to_storage(request_rec *r);

/**
 * In check_authn, first: mod_auth_form takes a login from any form that is sent to a path which it
 * protects, from those of foreign pages too, and answers 413 to one that is too long. The paths of
 * the interface take no forms: it is not to see them.
 */
int chat_api_hide_form(request_rec *r);

/** In fixups, when the user is known: as the client has sent it. */
int chat_api_show_form(request_rec *r);

/** In insert_error_filter: what httpd refuses on our paths becomes a problem, too. */
void chat_api_insert_error_filter(request_rec *r);

/** The content handler. */
int chat_api_handle(request_rec *r);
#endif
