/**
 * @file chat_shared_buf.h
 * Bytes to be sent, made once and shared by all connections that send them.
 *
 * Ownership: reference counts. Whoever makes a buffer has one reference; the last
 * chat_shared_buf_unref() frees it. Threads: any; the bytes do not change.
 */
#ifndef MOD_CHAT_CHAT_SHARED_BUF_H
#define MOD_CHAT_CHAT_SHARED_BUF_H
#include <stdatomic.h>

#include "realtime/chat_frame_header.h"

typedef struct chat_shared_buf_t {
    _Atomic unsigned refs;
    apr_size_t length;
    char bytes[];
} chat_shared_buf_t;

/** A frame with this payload; NULL: out of memory. */
chat_shared_buf_t *chat_shared_buf_frame(chat_opcode_t opcode, const char *bytes,
                                         apr_size_t length);

/** Bytes as they are. */
chat_shared_buf_t *chat_shared_buf_raw(const char *bytes, apr_size_t length);

chat_shared_buf_t *chat_shared_buf_ref(chat_shared_buf_t *buf);
void chat_shared_buf_unref(chat_shared_buf_t *buf /* NULL: nothing */);
#endif
