/**
 * @file chat_mail_text.h
 * Writes what a mail's headers contain (RFC 5322, RFC 2047), and checks addresses.
 *
 * Text is UTF-8. Lines end with CR LF and are at most 76 characters long, words without a blank
 * excepted. Ownership: results live in the pool given. Threads: pure functions.
 */
#ifndef MOD_CHAT_CHAT_MAIL_TEXT_H
#define MOD_CHAT_CHAT_MAIL_TEXT_H
#include <apr_pools.h>

/** An address that may be given to a mail server: local part and domain in ASCII, without quotes,
 * blanks and control characters, at most 254 bytes (RFC 5321 section 4.5.3.1). */
int chat_mail_text_is_address(const char *address);

/** "Subject: text", folded; with encoded words if the text is not short printable ASCII. Control
 * characters become blanks. */
const char *chat_mail_text_header(const char *name, const char *text, apr_pool_t *p);

/** "From: name <address>" likewise; the name as a quoted string where that is enough. */
const char *chat_mail_text_mailbox(const char *header, const char *name, const char *address,
                                   apr_pool_t *p);

/** With every line end as CR LF. */
const char *chat_mail_text_crlf(const char *text, apr_pool_t *p);
#endif
