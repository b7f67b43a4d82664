/**
 * @file chat_api_metrics.h
 * SetHandler chat-metrics: counters and gauges as OpenMetrics text; and our section in mod_status.
 */
#ifndef MOD_CHAT_CHAT_API_METRICS_H
#define MOD_CHAT_CHAT_API_METRICS_H
#include <httpd.h>

/** The content handler: DECLINED unless the handler is named so. Who may see it is Apache's say. */
int chat_api_metrics_handle(request_rec *r);

/** The section: in mod_status's optional hook. `flags` are its AP_STATUS_*. */
int chat_api_metrics_status(request_rec *r, int flags);
#endif
