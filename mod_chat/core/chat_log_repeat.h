/**
 * @file chat_log_repeat.h
 * Lines for the error log that every request would repeat: one when the trouble begins, and
 * whenever it has another cause, then one a minute that counts those left out. For all children
 * together.
 *
 * Threads: any, in any child.
 */
#ifndef MOD_CHAT_CHAT_LOG_REPEAT_H
#define MOD_CHAT_CHAT_LOG_REPEAT_H
#include <apr.h>

#include "core/chat_metrics.h"

#define CHAT_LOG_REPEAT_EVERY_S 60

/** Whether a line with this cause is due; then `*pleft_out` tells how many were not since the one
 * before. */
int chat_log_repeat_is_due(chat_log_repeat_t complaint, const char *cause, apr_uint64_t *pleft_out);

/** The trouble is over, so that the next one is a new one. 1: it had been complained of, and the
 *  caller is the first to say so. */
int chat_log_repeat_end(chat_log_repeat_t complaint);
#endif
