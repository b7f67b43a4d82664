/**
 * @file chat_room.h
 * Is there room for as many WebSockets as ChatWebSocketMax says: open files, and connections that
 * the MPM takes?
 */
#ifndef MOD_CHAT_CHAT_ROOM_H
#define MOD_CHAT_CHAT_ROOM_H
#include <httpd.h>

/** In post_config: log what is too little, and what to set. A default that does not fit is no fault
 * of anybody's, and told at level info only. */
void chat_room_check(server_rec *main_server);
#endif
