/**
 * @file chat_api_cors.h
 * CORS headers (Fetch standard) for pages of the origins in ChatTrustedOrigin.
 *
 * A preflight has no login, so it is answered without one, unless Require denies the path to
 * everybody or to the client's address. Below admin/ there are no preflights, as an answer without
 * a login would disclose that the path exists. All answers on the module's paths get the headers,
 * also httpd's own errors. If the site sets Access-Control-Allow-Origin itself, the module adds
 * none of them.
 */
#ifndef MOD_CHAT_CHAT_API_CORS_H
#define MOD_CHAT_CHAT_API_CORS_H
#include "http/chat_request.h"

/** Register the filter that sets the headers. */
void chat_api_cors_register_filter(void);

/** In insert_filter and insert_error_filter: insert that filter. */
void chat_api_cors_insert_filter(request_rec *r);

/** In access_checker_ex, after mod_authz_core, which declines if it needs a user: OK for a
 * preflight. */
int chat_api_cors_check_access(request_rec *r);
#endif
