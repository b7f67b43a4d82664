/**
 * @file chat_stopping.h
 * Whether the child is being stopped without grace.
 *
 * httpd has closed its clients' connections then, complains of a child that has not ended after
 * three seconds, and kills it after nine. So nobody connects to a database again that does not
 * answer, and what it was asked has CHAT_STOPPING_FINISH_MS. A graceful restart waits for requests
 * instead. Threads: any.
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
#endif
