/**
 * @file chat_api_metrics.h
 * SetHandler chat-metrics: counters and gauges of all children as OpenMetrics text; and the section
 * "Chat" of mod_status.
 */
#ifndef MOD_CHAT_CHAT_API_METRICS_H
#define MOD_CHAT_CHAT_API_METRICS_H
#include <httpd.h>

/** The content handler: DECLINED for other handlers. Require decides on access. */
int chat_api_metrics_handle(request_rec *r);

/** In mod_status's optional hook: write the section. `flags` are its AP_STATUS_*. */
int chat_api_metrics_status(request_rec *r, int flags);
#endif
