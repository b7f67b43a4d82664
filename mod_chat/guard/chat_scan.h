/**
 * @file chat_scan.h
 * Has a file scanned for viruses by clamd (clamd(8), INSTREAM).
 *
 * The file is sent over a socket, so clamd may run as another user, or on another host. An exchange
 * ends after the scanner's time-out, whatever clamd does; a thread waits for it meanwhile. Of a
 * host with several addresses, they are tried in turn. Threads: any; a scanner is only read after
 * it was parsed.
 */
#ifndef MOD_CHAT_CHAT_SCAN_H
#define MOD_CHAT_CHAT_SCAN_H
#include <apr_pools.h>

#define CHAT_SCAN_TIMEOUT_S_DEFAULT 10
#define CHAT_SCAN_TIMEOUT_S_MAX 300
#define CHAT_SCAN_ADDRESSES_MAX 8 /**< of a host's name, that are tried */

/** Where clamd is, and what to do without it. */
typedef struct chat_scan_t chat_scan_t;

typedef enum {
    CHAT_SCAN_CLEAN,
    CHAT_SCAN_INFECTED,
    CHAT_SCAN_AWAY /**< clamd did not say: it is away, too slow, or cannot scan this file */
} chat_scan_verdict_t;

/**
 * A scanner by its words: `clamd:/path/of/a/socket`, `clamd:host:port` or `clamd:[address]:port`;
 * then `open`, `closed`, `timeout=<seconds>` in any order. NULL: `*perror` is why. While httpd
 * reads its configuration, as a host's name is looked up.
 */
chat_scan_t *chat_scan_parse(const char **perror, const char *where, const char *const *options,
                             int options_count, apr_pool_t *p);

/** Whether files that could not be scanned are accepted ("open"). */
int chat_scan_is_open(const chat_scan_t *scan);

/** What clamd says of the file `fd`, wherever its position is. `*preason` is the name of what was
 * found, or why there is no verdict; printable ASCII, for the log. */
chat_scan_verdict_t chat_scan_file(const char **preason, const chat_scan_t *scan, int fd,
                                   apr_pool_t *p);
#endif
