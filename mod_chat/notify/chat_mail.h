/**
 * @file chat_mail.h
 * Delivers mail: claims what is due, composes it, gives it to the mail server, records the outcome.
 *
 * One mail in each turn of a worker (chat_worker.h); no transaction is open while the server is
 * waited for. A mail that was sent, but whose end could not be recorded, is sent again when its
 * claim has run out, with the same Message-ID.
 *
 * Faults that are not the mail's (no connection, certificate, login) pause mail on this host: one
 * log line, no attempt counted, and one mail tries again after a while. Ownership: lives as long as
 * the child. Threads: the worker's.
 */
#ifndef MOD_CHAT_CHAT_MAIL_H
#define MOD_CHAT_CHAT_MAIL_H
#include "notify/chat_worker.h"

typedef struct chat_mail_t chat_mail_t;

/** `s`: the server whose database it is for, which may be a virtual host; `mail`: the settings of
 * the main server; `rules` as for the decisions. NULL: no memory. */
struct chat_delivery_rules_t;
struct chat_mail_config_t;
chat_mail_t *chat_mail_create(server_rec *s, const struct chat_mail_config_t *mail,
                              const struct chat_delivery_rules_t *rules, apr_pool_t *pchild);

/** A turn; `data` is the chat_mail_t. */
chat_worker_turn_t chat_mail_turn;
#endif
