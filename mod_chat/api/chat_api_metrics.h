/**
 * @file chat_api_metrics.h
 * SetHandler chat-metrics: the counters as OpenMetrics text.
 */
#ifndef MOD_CHAT_CHAT_API_METRICS_H
#define MOD_CHAT_CHAT_API_METRICS_H
#include <httpd.h>

/** The content handler: DECLINED unless the handler is named so. Who may see it is Apache's say. */
int chat_api_metrics_handle(request_rec *r);
#endif
