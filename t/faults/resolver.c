/*
 * Names that lead to addresses which are not public, as a name server that somebody has for their
 * own names may answer: LD_PRELOADed into httpd, for tests only.
 *
 * Below resolves.example.org, the first label says which address it is, or that no name server
 * answers; all other names are resolved as ever.
 */
#include <dlfcn.h>
#include <netdb.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define SILENT_S 300

typedef int resolve_t(const char *name, const char *service, const struct addrinfo *hints,
                      struct addrinfo **result);

static const struct {
    const char *name;
    const char *address;
} names[] = {
    {"loopback.resolves.example.org", "127.0.0.1"},
    {"private.resolves.example.org", "10.0.0.1"},
    {"shared.resolves.example.org", "100.64.1.1"},
    {"metadata.resolves.example.org", "169.254.169.254"},
};

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **result)
{
    resolve_t *next = (resolve_t *)dlsym(RTLD_NEXT, "getaddrinfo");
    size_t i;

    if (name && strcmp(name, "silent.resolves.example.org") == 0) {
        sleep(SILENT_S);
        return EAI_AGAIN;
    }
    for (i = 0; name && i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i].name) == 0)
            return next(names[i].address, service, hints, result);
    return next(name, service, hints, result);
}
