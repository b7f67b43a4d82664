/**
 * @file chat_room.h
 * How many WebSockets there may be, so that plain HTTP always has room beside them.
 *
 * A child of the event MPM takes ThreadsPerChild + AsyncRequestWorkerFactor x idle threads
 * connections, suspended ones among them; at its limit it accepts nothing at all. So by default
 * half of what an idle child takes may be WebSockets, and then it still accepts while half of its
 * threads work; what is configured may be three quarters of it, and then while a quarter works.
 */
#ifndef MOD_CHAT_CHAT_ROOM_H
#define MOD_CHAT_CHAT_ROOM_H
#include <httpd.h>

/** In pre_config: WebSockets over HTTP/2 are not offered where there is a chat. */
void chat_room_pre_config(void);

/** In check_config: warn of what a configuration has that leaves no room, or cannot work. */
void chat_room_check_config(server_rec *main_server);

/** In post_config: put the numbers into the main server's configuration, and log them. */
apr_status_t chat_room_post_config(server_rec *main_server, apr_pool_t *pconf);
#endif
