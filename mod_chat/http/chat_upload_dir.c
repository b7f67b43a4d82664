#include "http/chat_upload_dir.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>

#include <http_config.h>
#include <http_core.h>
#include <unixd.h>

#include "core/chat_config.h"
#include "core/chat_log.h"
#include "http/chat_httpd_conf.h"

static apr_status_t complain(const char *dir, const char *fault, apr_status_t rv, server_rec *s)
{
    ap_log_error(APLOG_MARK, APLOG_CRIT, rv, s, "ChatAttachmentDir %s %s", dir, fault);
    return APR_EINVAL;
}

static apr_status_t complain_of_nowhere(server_rec *s)
{
    ap_log_error(APLOG_MARK, APLOG_CRIT, 0, s,
                 "ChatAttachmentStore database needs ChatAttachmentDir: a directory on this host, "
                 "where files are received");
    return APR_EINVAL;
}

/* With links resolved; NULL: there is nothing. */
static const char *real_path(const char *path, apr_pool_t *p)
{
    char *real = path ? realpath(path, NULL) : NULL;
    const char *copy = apr_pstrdup(p, real);

    free(real);
    return copy;
}

static int is_within(const char *path, const char *root)
{
    apr_size_t bytes = strlen(root);

    while (bytes > 0 && root[bytes - 1] == '/')
        bytes--;
    return strncmp(path, root, bytes) == 0 && (path[bytes] == '/' || path[bytes] == '\0');
}

static const char *document_root_around(const char *path, server_rec *main_server, apr_pool_t *p)
{
    server_rec *s;

    for (s = main_server; s; s = s->next) {
        const core_server_config *core = ap_get_core_module_config(s->module_config);
        const char *root = real_path(core->ap_document_root, p);

        if (root && is_within(path, root))
            return root;
    }
    return NULL;
}

/* Who the children are: as root, httpd becomes the user of the directive User. */
static uid_t user_of_children(void)
{
    return geteuid() == 0 ? ap_unixd_config.user_id : geteuid();
}

/* What of DBDParams (libpq's words, or a URI) says which database it is. NULL: there are none. */
static const char *database_of(const server_rec *s, apr_pool_t *p)
{
    static const char *const keys[] = {"host=", "hostaddr=", "port=", "dbname=", "service="};
    const char *args = chat_httpd_conf_args_of(s, "DBDParams");
    const char *params = args ? ap_getword_conf(p, &args) : NULL;
    const char *database = "";
    const char *word;
    int i;

    if (!params || strstr(params, "://"))
        return params ? apr_pstrmemdup(p, params, strcspn(params, "?")) : NULL;
    for (i = 0; i < CHAT_COUNT(keys); i++)
        for (word = strstr(params, keys[i]); word; word = strstr(word + 1, keys[i]))
            if (word == params || word[-1] == ' ')
                database = apr_pstrcat(p, database, apr_pstrmemdup(p, word, strcspn(word, " ")),
                                       " ", NULL);
    return database;
}

/* The files of one database would belong to no message of the other, and be removed. */
static int is_of_other_database(const server_rec *s, const char *path, server_rec *main_server,
                                apr_pool_t *p)
{
    const char *database = database_of(s, p);
    server_rec *other;

    for (other = main_server; other != s && other; other = other->next) {
        const chat_config_t *config = ap_get_module_config(other->module_config, &chat_module);
        const char *theirs =
            chat_config_has_files(config) ? real_path(config->attachment_dir, p) : NULL;
        const char *their_database = database_of(other, p);

        if (theirs && database && their_database && strcmp(theirs, path) == 0 &&
            strcmp(their_database, database) != 0)
            return 1;
    }
    return 0;
}

static apr_status_t check(const char *dir, server_rec *s, server_rec *main_server, apr_pool_t *p)
{
    const char *path = real_path(dir, p);
    const char *root;
    struct stat state;

    if (!path || stat(path, &state) != 0)
        return complain(dir, "is not there: create it, with httpd's user (User) as its owner",
                        APR_ENOENT, s);
    if (!S_ISDIR(state.st_mode))
        return complain(dir, "is not a directory", APR_SUCCESS, s);
    if (state.st_uid != user_of_children())
        return complain(dir, "does not belong to httpd's user (User): change its owner",
                        APR_SUCCESS, s);
    root = document_root_around(path, main_server, p);
    if (root)
        return complain(dir,
                        apr_psprintf(p,
                                     "is in the DocumentRoot %s, where everybody could fetch the "
                                     "files: choose another place",
                                     root),
                        APR_SUCCESS, s);
    if (is_of_other_database(s, path, main_server, p))
        return complain(dir,
                        "is that of another virtual host with another database (DBDParams): each "
                        "database needs its own",
                        APR_SUCCESS, s);
    return APR_SUCCESS;
}

apr_status_t chat_upload_dir_check(server_rec *main_server, apr_pool_t *p)
{
    server_rec *s;
    apr_status_t rv = APR_SUCCESS;

    for (s = main_server; s && rv == APR_SUCCESS; s = s->next) {
        const chat_config_t *config = ap_get_module_config(s->module_config, &chat_module);

        if (chat_config_has_files(config))
            rv = check(config->attachment_dir, s, main_server, p);
        else if (chat_config_has_chat(config) && chat_config_files_in_database(config))
            rv = complain_of_nowhere(s);
    }
    return rv;
}
