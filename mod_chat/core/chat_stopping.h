/**
 * @file chat_stopping.h
 * Whether the child is being stopped without grace.
 *
 * httpd has closed its clients' connections then, complains of a child that has not ended after
 * three seconds, and kills it after nine. So nobody connects to a database again that does not
 * answer, and what it was asked has CHAT_STOPPING_FINISH_MS. A graceful restart waits for requests
 * instead. Threads: any.
 *
 * Known limit: chat_stopping_leave_thread() is of no use to a library that registers exit handlers
 * of its own only after it.
 */
#ifndef MOD_CHAT_CHAT_STOPPING_H
#define MOD_CHAT_CHAT_STOPPING_H

#define CHAT_STOPPING_FINISH_MS 500

/** In child_stopping, without grace. */
void chat_stopping_begin(void);

/** No connection is to be renewed any more. */
int chat_stopping_has_begun(void);

/** No answer is to be waited for any more. */
int chat_stopping_is_over(void);

/** A thread is left to itself, in a library that may hold it for longer than the child may take to
 * end. When the process exits, it runs no exit handlers any more: they would free what the library
 * uses (OpenSSL's) and unload its code (APR's) under that thread, which would crash. Only in a
 * child, as httpd itself unloads this function when it restarts. */
void chat_stopping_leave_thread(void);
#endif
