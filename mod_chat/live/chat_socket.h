/**
 * @file chat_socket.h
 * GET conversations/ws/: a user's socket, from the handshake to the end.
 *
 * The worker checks the handshake as any request, and hands the connection to the hub. There the
 * socket is known by its user and address; news of the feed go out to it, and what its client says
 * goes to a helper thread (chat_command.h), one frame after the other. While a frame is worked on
 * and another waits, nothing is read: the client has to wait.
 *
 * A client that comes, or was told to resync, will want to resume: for CHAT_SOCKET_HOLD_MS live
 * messages are held back for it, so that they come behind what it missed, and once.
 * Bounded: the queue of each socket (CHAT_SOCKET_QUEUE_BYTES_MAX), the frames that wait (what one
 * reading gave), messages held back (CHAT_SOCKET_HELD_MAX), conversations whose typing ends with
 * the socket (CHAT_SOCKET_TYPED_MAX, another one ends the oldest's). Threads: as each function
 * says.
 */
#ifndef MOD_CHAT_CHAT_SOCKET_H
#define MOD_CHAT_CHAT_SOCKET_H
#include <httpd.h>

#include "live/chat_mailbox.h"

#define CHAT_SOCKET_PROTOCOL "chat.v1"
#define CHAT_SOCKET_QUEUE_BYTES_MAX 262144
#define CHAT_SOCKET_HOLD_MS 500
#define CHAT_SOCKET_HELD_MAX 512
#define CHAT_SOCKET_TYPED_MAX 4   /**< conversations in which one types at once */
#define CHAT_SOCKET_HELPERS_MAX 8 /**< threads for commands in each child */

/** The content handler: DECLINED for anything but such a handshake. */
int chat_socket_handle(request_rec *r);

/** In child_init. */
apr_status_t chat_socket_child_init(server_rec *s, apr_pool_t *pchild);

/** At the child's end, before the hub's: wait until no command runs any more. */
void chat_socket_join(void);

/** On the hub's thread: chat_news_t, from a feed. */
void chat_socket_open_news(chat_letter_t *letter);
#endif
