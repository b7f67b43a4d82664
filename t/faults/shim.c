/*
 * Makes one call fail in a request that asks for it: LD_PRELOADed into httpd, and loaded by it as
 * module faults_module, for tests only.
 *
 *   X-Fault: <call> <n> [<how>]   the n-th such call from here to the end of the request fails
 *   X-Fault-Lasting: 1            and so do all after it
 *   X-Fault-Cold: 1               the connection to the database is lost just before
 *   X-Fault-Leave: <ms>           the worker that hands the connection over is slow to let go of it
 *
 * memory   malloc, calloc, realloc, strdup and their like, called by a library that mod_chat uses;
 *          how, when it is "own": called by mod_chat itself; "most": not by OpenSSL, which asks
 *          25,000 times when it proves a password to PostgreSQL
 * execute  PQsendQuery, PQsendPrepare, PQsendQueryPrepared, PQexec, PQreset: each call to libpq
 * that asks something of the server. How: null     nothing is sent, as when libpq is out of memory
 *   lost     the connection is lost before the server has heard of it
 *   late     the connection is lost after the server has done it, with its answer
 *   <state>  the server refuses with this SQLSTATE; before 26000 it has forgotten all statements
 * open     mod_dbd gives no connection
 * lock     apr_global_mutex_lock
 *
 * What httpd and APR allocate is left alone: a pool that gets no memory calls httpd's abort
 * function, so a child that has none ends by design. So does mod_chat's own growing buffer, "own"
 * above. The file named by CHAT_FAULTS_LOG gets a line for each fault that was made, with the
 * library that called, and one at the end of each request with the number of calls that could have
 * failed. For X-Fault-Leave, which needs no LD_PRELOAD, it gets one when the time begins.
 */
#include <httpd.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <apr_dbd.h>
#include <apr_global_mutex.h>
#include <apr_optional.h>
#include <apr_strings.h>

#include <http_config.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>
#include <mod_dbd.h>
#include <mpm_common.h>

#include <postgresql/libpq-fe.h>

#define JSON_C "libjson-c."
#define NO_STATEMENT "26000"
#define LATE_MS 2000 /* within which the server answers */

typedef enum { NONE, MEMORY, EXECUTE, OPEN, LOCK } call_t;

static const char *const call_names[] = {"none", "memory", "execute", "open", "lock"};

/* What the request that this thread serves asks for. */
static __thread struct {
    call_t call;
    int is_armed;
    int is_cold;
    int is_lasting;
    int inside; /* > 0: calls are our own */
    int leave_ms;
    long count;
    long n;
    char how[16];
    char id[64];
} fault __attribute__((tls_model("initial-exec")));

static int report = -1;

/* ---- telling ---- */

static void tell(const char *format, ...)
{
    char line[512];
    va_list args;
    int length;

    fault.inside++;
    va_start(args, format);
    length = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (report >= 0 && length > 0 && write(report, line, (size_t)length) < 0)
        report = -1;
    fault.inside--;
}

static const char *library_of(const void *address)
{
    Dl_info info;
    const char *slash;

    if (!dladdr(address, &info) || !info.dli_fname)
        return "?";
    slash = strrchr(info.dli_fname, '/');
    return slash ? slash + 1 : info.dli_fname;
}

/* Whether this is the call that is to fail. */
static int is_due(call_t call, const void *caller)
{
    if (!fault.is_armed || fault.inside || fault.call != call || ++fault.count < fault.n ||
        (fault.count > fault.n && !fault.is_lasting))
        return 0;
    fault.inside++;
    tell("fault %s %s %ld %s\n", fault.id, call_names[call], fault.n, library_of(caller));
    fault.inside--;
    return 1;
}

/* ---- memory ---- */

extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_realloc(void *old, size_t bytes);
/* Where AddressSanitizer is, it is behind us. */
extern void *__interceptor_malloc(size_t bytes) __attribute__((weak));
extern void *__interceptor_calloc(size_t count, size_t bytes) __attribute__((weak));
extern void *__interceptor_realloc(void *old, size_t bytes) __attribute__((weak));

/* Whether memory for this caller is among what may fail. */
static int is_meant(const void *caller)
{
    const char *library;

    fault.inside++;
    library = library_of(caller);
    fault.inside--;
    if (strcmp(fault.how, "own") == 0)
        return strcmp(library, "mod_chat.so") == 0;
    if (strcmp(fault.how, "most") == 0 && strncmp(library, "libcrypto", 9) == 0)
        return 0;
    return strncmp(library, "libapr", 6) != 0 && strncmp(library, "mod_", 4) != 0 &&
           strcmp(library, "apache2") != 0 && strcmp(library, "httpd") != 0;
}

static int memory_is_out(const void *caller)
{
    if (!fault.is_armed || fault.inside || fault.call != MEMORY || !is_meant(caller) ||
        !is_due(MEMORY, caller))
        return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t bytes)
{
    if (memory_is_out(__builtin_return_address(0)))
        return NULL;
    return __interceptor_malloc ? __interceptor_malloc(bytes) : __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes)
{
    if (memory_is_out(__builtin_return_address(0)))
        return NULL;
    return __interceptor_calloc ? __interceptor_calloc(count, bytes) : __libc_calloc(count, bytes);
}

void *realloc(void *old, size_t bytes)
{
    if (memory_is_out(__builtin_return_address(0)))
        return NULL;
    return __interceptor_realloc ? __interceptor_realloc(old, bytes) : __libc_realloc(old, bytes);
}

/* json-c 0.16 does not look whether this gave memory for a member's name, and crashes. */
char *strdup(const char *text)
{
    size_t bytes = strlen(text) + 1;
    const void *caller = __builtin_return_address(0);
    char *copy;

    if (strncmp(library_of(caller), JSON_C, sizeof JSON_C - 1) != 0 && memory_is_out(caller))
        return NULL;
    fault.inside++;
    copy = malloc(bytes);
    fault.inside--;
    return copy ? memcpy(copy, text, bytes) : NULL;
}

/* ---- libpq ---- */

#define REAL(name) ((__typeof__(&name))real_of(#name))

static void *real_of(const char *name)
{
    void *real;

    fault.inside++;
    real = dlsym(RTLD_NEXT, name);
    if (!real) { /* libpq came with a module, so it is not behind us in the order of symbols */
        void *libpq = dlopen("libpq.so.5", RTLD_NOW | RTLD_NOLOAD);

        real = libpq ? dlsym(libpq, name) : NULL;
    }
    fault.inside--;
    if (!real)
        abort();
    return real;
}

static void lose(PGconn *pq)
{
    if (PQsocket(pq) >= 0)
        shutdown(PQsocket(pq), SHUT_RDWR);
}

/* Lose the answer too, once it has come: then the server has done what it was asked. */
static void lose_answer(PGconn *pq)
{
    struct pollfd fd = {.fd = PQsocket(pq), .events = POLLIN};
    char bytes[4096];

    if (poll(&fd, 1, LATE_MS) > 0)
        while (recv(fd.fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
            ;
    lose(pq);
}

/* Ask the server for something that it refuses with the wanted SQLSTATE. */
static int send_refused(PGconn *pq)
{
    char command[128];

    if (strcmp(fault.how, NO_STATEMENT) == 0)
        PQclear(REAL(PQexec)(pq, "deallocate all"));
    snprintf(command, sizeof command, "do $$ begin raise sqlstate '%s'; end $$", fault.how);
    return REAL(PQsendQuery)(pq, command);
}

#define SEND(call)                                                                                 \
    do {                                                                                           \
        int is_sent;                                                                               \
                                                                                                   \
        if (!is_due(EXECUTE, __builtin_return_address(0)))                                         \
            return call;                                                                           \
        if (strcmp(fault.how, "null") == 0)                                                        \
            return 0;                                                                              \
        if (strcmp(fault.how, "lost") == 0)                                                        \
            lose(pq);                                                                              \
        else if (strcmp(fault.how, "late") != 0)                                                   \
            return send_refused(pq);                                                               \
        is_sent = call;                                                                            \
        if (is_sent && strcmp(fault.how, "late") == 0)                                             \
            lose_answer(pq);                                                                       \
        return is_sent;                                                                            \
    } while (0)

int PQsendQueryPrepared(PGconn *pq, const char *name, int count, const char *const *values,
                        const int *lengths, const int *formats, int result_format)
{
    SEND(REAL(PQsendQueryPrepared)(pq, name, count, values, lengths, formats, result_format));
}

int PQsendPrepare(PGconn *pq, const char *name, const char *text, int count, const Oid *types)
{
    SEND(REAL(PQsendPrepare)(pq, name, text, count, types));
}

int PQsendQuery(PGconn *pq, const char *command)
{
    SEND(REAL(PQsendQuery)(pq, command));
}

PGresult *PQexec(PGconn *pq, const char *command)
{
    if (!is_due(EXECUTE, __builtin_return_address(0)))
        return REAL(PQexec)(pq, command);
    if (strcmp(fault.how, "null") == 0)
        return NULL;
    lose(pq);
    return REAL(PQexec)(pq, command);
}

/* Fails by a connection that is lost as soon as it is made. */
void PQreset(PGconn *pq)
{
    int is_faulty = is_due(EXECUTE, __builtin_return_address(0));

    REAL(PQreset)(pq);
    if (is_faulty) {
        lose(pq);
        PQclear(REAL(PQexec)(pq, "select 1"));
    }
}

/* ---- APR and mod_dbd ---- */

static APR_OPTIONAL_FN_TYPE(ap_dbd_open) * dbd_open;

static ap_dbd_t *open_or_fail(apr_pool_t *p, server_rec *s)
{
    ap_dbd_t *dbd;

    if (is_due(OPEN, __builtin_return_address(0)))
        return NULL;
    dbd = dbd_open(p, s);
    if (dbd && fault.is_armed && fault.is_cold) {
        fault.is_cold = 0;
        lose(apr_dbd_native_handle(dbd->driver, dbd->handle));
    }
    return dbd;
}

apr_status_t apr_global_mutex_lock(apr_global_mutex_t *mutex)
{
    if (is_due(LOCK, __builtin_return_address(0)))
        return APR_EGENERAL;
    return REAL(apr_global_mutex_lock)(mutex);
}

/* ---- the module ---- */

static void disarm(void)
{
    memset(&fault, 0, sizeof fault);
}

static int arm(request_rec *r)
{
    const char *wanted = apr_table_get(r->headers_in, "X-Fault");
    const char *id = apr_table_get(r->headers_in, "X-Fault-Id");
    const char *leave = apr_table_get(r->headers_in, "X-Fault-Leave");
    char call[16] = "";
    call_t i;

    disarm();
    fault.leave_ms = leave ? atoi(leave) : 0;
    if (!wanted || r->main)
        return DECLINED;
    fault.inside++;
    if (sscanf(wanted, "%15s %ld %15s", call, &fault.n, fault.how) >= 2)
        for (i = MEMORY; i <= LOCK; i++)
            if (strcmp(call, call_names[i]) == 0)
                fault.call = i;
    apr_cpystrn(fault.id, id ? id : "-", sizeof fault.id);
    fault.is_cold = apr_table_get(r->headers_in, "X-Fault-Cold") != NULL;
    fault.is_lasting = apr_table_get(r->headers_in, "X-Fault-Lasting") != NULL;
    fault.is_armed = 1;
    fault.inside--;
    return DECLINED;
}

/* Behind all who are told of it. What was the connection's may be gone now. */
static void leave(conn_rec *c, request_rec *r)
{
    (void)c, (void)r;
    if (!fault.leave_ms)
        return;
    tell("leave %d\n", fault.leave_ms);
    apr_sleep(apr_time_from_msec(fault.leave_ms));
    fault.leave_ms = 0;
}

static int finish(request_rec *r)
{
    (void)r;
    if (fault.is_armed)
        tell("calls %s %ld\n", fault.id, fault.count);
    disarm();
    return DECLINED;
}

static int open_report(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    const char *path = getenv("CHAT_FAULTS_LOG");

    (void)pconf, (void)plog, (void)ptemp, (void)s;
    if (path && report < 0)
        report = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    return OK;
}

static void register_hooks(apr_pool_t *pconf)
{
    static const char *const before[] = {"mod_chat.c", NULL};

    (void)pconf;
    ap_hook_post_config(open_report, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_post_read_request(arm, NULL, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_suspend_connection(leave, before, NULL, APR_HOOK_REALLY_LAST);
    ap_hook_log_transaction(finish, NULL, NULL, APR_HOOK_REALLY_FIRST);
    dbd_open = APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open);
    if (dbd_open)
        apr_dynamic_fn_register("ap_dbd_open", (apr_opt_fn_t *)open_or_fail);
}

AP_DECLARE_MODULE(faults) = {STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks,
                             AP_MODULE_FLAG_NONE};
