/**
 * @file chat_api_cors.h
 * Answers that pages of a trusted origin may read: CORS, as the Fetch standard has it.
 *
 * For the origins of ChatTrustedOrigin and no other. A preflight carries no login, so it is
 * answered without one, unless the path is closed to everybody or to its address: that remains
 * Apache's say. Below admin/ there are no preflights: an answer without a login would tell that
 * something is there. Every answer on our paths gets the fields, also those that httpd makes; where
 * the site has set Access-Control-Allow-Origin by itself, its fields stay and ours are left out.
 */
#ifndef MOD_CHAT_CHAT_API_CORS_H
#define MOD_CHAT_CHAT_API_CORS_H
#include "http/chat_request.h"

/** Register the filter that sets the fields. */
void chat_api_cors_register_filter(void);

/** In insert_filter and insert_error_filter: put that filter in. */
void chat_api_cors_insert_filter(request_rec *r);

/** In access_checker_ex, after mod_authz_core, which declines when it needs a user: OK for a
 * preflight. */
int chat_api_cors_check_access(request_rec *r);
#endif
