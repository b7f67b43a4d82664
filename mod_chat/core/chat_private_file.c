#include "core/chat_private_file.h"

#include <apr_file_io.h>
#include <apr_strings.h>

#define OPEN_TO_OTHERS                                                                             \
    (APR_FPROT_GREAD | APR_FPROT_GWRITE | APR_FPROT_GEXECUTE | APR_FPROT_WREAD |                   \
     APR_FPROT_WWRITE | APR_FPROT_WEXECUTE)

/* Check the type, permissions and size of the opened file. */
static apr_status_t check(apr_size_t *psize, const char **perror, const char *path,
                          const chat_private_file_t *what, apr_file_t *file, apr_pool_t *p)
{
    apr_finfo_t info;
    apr_status_t rv =
        apr_file_info_get(&info, APR_FINFO_TYPE | APR_FINFO_PROT | APR_FINFO_SIZE, file);

    *psize = 0;
    if (rv != APR_SUCCESS) {
        *perror = apr_psprintf(p, "%s cannot be checked: %pm", path, &rv);
        return rv;
    }
    if (info.filetype != APR_REG) {
        *perror =
            apr_psprintf(p, "%s is not a regular file; use a file with %s", path, what->plural);
        return APR_EINVAL;
    }
    if (info.protection & OPEN_TO_OTHERS) {
        *perror =
            apr_psprintf(p,
                         "%s is accessible to users other than its owner, who may know its %s: "
                         "restrict access with chmod 600 %s, and replace the %s",
                         path, what->plural, path, what->plural);
        return APR_EACCES;
    }
    if (info.size > CHAT_PRIVATE_FILE_BYTES_MAX) {
        *perror = apr_psprintf(p, "%s is larger than %d bytes; it must contain %s", path,
                               CHAT_PRIVATE_FILE_BYTES_MAX, what->content);
        return APR_EINVAL;
    }
    *psize = (apr_size_t)info.size;
    return APR_SUCCESS;
}

static apr_status_t read_checked(char *text, apr_size_t *plength, const char **perror,
                                 const char *path, const chat_private_file_t *what,
                                 apr_file_t *file, apr_pool_t *p)
{
    apr_size_t size;
    apr_status_t rv = check(&size, perror, path, what, file, p);

    if (rv != APR_SUCCESS || size == 0)
        return rv;
    rv = apr_file_read_full(file, text, size, plength);
    if (rv == APR_SUCCESS || APR_STATUS_IS_EOF(rv))
        return APR_SUCCESS;
    *perror = apr_psprintf(p, "%s cannot be read: %pm", path, &rv);
    return rv;
}

apr_status_t chat_private_file_read(char *text, apr_size_t *plength, const char **perror,
                                    const char *path, const chat_private_file_t *what,
                                    apr_pool_t *p)
{
    apr_file_t *file;
    apr_status_t rv;

    *plength = 0;
    *perror = NULL;
    /* The file is checked after it is opened, so that the same file is read; O_NONBLOCK, because
     * the path may be a FIFO. */
    rv = apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_NONBLOCK, APR_FPROT_OS_DEFAULT, p);
    if (rv != APR_SUCCESS) {
        *perror = apr_psprintf(p, "%s cannot be opened (%pm); create it with: (umask 077; %s >%s)",
                               path, &rv, what->creation, path);
        return rv;
    }
    rv = read_checked(text, plength, perror, path, what, file, p);
    apr_file_close(file);
    return rv;
}
