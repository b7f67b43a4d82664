/**
 * @file chat_sweeper.h
 * Removes the files of attachments that are not needed any more: a worker in each child, of which
 * the first that comes to it does the work of the host, once a day and when httpd starts. It is
 * connected to the database only meanwhile.
 */
#ifndef MOD_CHAT_CHAT_SWEEPER_H
#define MOD_CHAT_CHAT_SWEEPER_H
#include "notify/chat_worker.h"

/** In child_init: start one for each database whose servers have a ChatAttachmentDir. */
void chat_sweeper_child_init(server_rec *main_server, apr_pool_t *pchild);
#endif
