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

/** In insert_error_filter: what httpd refuses on our paths becomes a problem, too. */
void chat_api_insert_error_filter(request_rec *r);

/** The content handler. */
int chat_api_handle(request_rec *r);
#endif
