/**
 * @file chat_upload_dir.h
 * Checks ChatAttachmentDir while httpd starts.
 *
 * Threads: before the children start.
 */
#ifndef MOD_CHAT_CHAT_UPLOAD_DIR_H
#define MOD_CHAT_CHAT_UPLOAD_DIR_H
#include <httpd.h>

/** APR_EINVAL, and logged: for some server it is not a directory, is not owned by the user that
 * httpd's children run as, or is in a DocumentRoot, from where httpd would serve all files; or it
 * is not set, and ChatAttachmentStore is database. */
apr_status_t chat_upload_dir_check(server_rec *main_server, apr_pool_t *p);
#endif
