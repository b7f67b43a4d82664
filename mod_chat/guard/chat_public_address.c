#include "guard/chat_public_address.h"

#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "core/chat_config.h"

/* Addresses whose first `bits` bits are these. */
typedef struct range_t {
    unsigned char bytes[16];
    int bits;
} range_t;

static const range_t not_public_v4[] = {
    {{0}, 8},            /* this network */
    {{10}, 8},           /* private */
    {{100, 64}, 10},     /* shared, behind a carrier's NAT */
    {{127}, 8},          /* loopback */
    {{169, 254}, 16},    /* link-local; clouds have their metadata there */
    {{172, 16}, 12},     /* private */
    {{192, 0, 0}, 24},   /* protocol assignments */
    {{192, 0, 2}, 24},   /* documentation */
    {{192, 88, 99}, 24}, /* relays of 6to4 */
    {{192, 168}, 16},    /* private */
    {{198, 18}, 15},     /* benchmarks */
    {{198, 51, 100}, 24},
    {{203, 0, 113}, 24},
    {{224}, 4}, /* multicast */
    {{240}, 4}, /* reserved, and broadcast */
};

/* Only 2000::/3 is allocated; of that, not these. 2002::/16 (6to4) and 2001::/32 (Teredo) stand for
 * IPv4 and are not used any more. */
static const range_t not_public_v6[] = {
    {{0x20, 0x01, 0x00}, 23},       /* protocol assignments, Teredo, ORCHID */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x20, 0x02}, 16},             /* 6to4 */
    {{0x3f, 0xff, 0x00}, 20},       /* documentation */
};
static const range_t allocated_v6 = {{0x20}, 3};
static const range_t nat64 = {{0x00, 0x64, 0xff, 0x9b}, 96}; /* RFC 6052: leads to the IPv4 in it */

static int is_in(const range_t *range, const unsigned char *bytes)
{
    int whole = range->bits / 8, rest = range->bits % 8;

    if (memcmp(range->bytes, bytes, (size_t)whole) != 0)
        return 0;
    return rest == 0 || (bytes[whole] ^ range->bytes[whole]) >> (8 - rest) == 0;
}

static int is_in_any(const range_t *ranges, int count, const unsigned char *bytes)
{
    int i;

    for (i = 0; i < count; i++)
        if (is_in(&ranges[i], bytes))
            return 1;
    return 0;
}

static int is_public_v4(const unsigned char *bytes)
{
    return !is_in_any(not_public_v4, CHAT_COUNT(not_public_v4), bytes);
}

static int is_public_v6(const unsigned char *bytes)
{
    if (is_in(&nat64, bytes))
        return is_public_v4(bytes + 12);
    return is_in(&allocated_v6, bytes) &&
           !is_in_any(not_public_v6, CHAT_COUNT(not_public_v6), bytes);
}

int chat_public_address_is(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return is_public_v4(
            (const unsigned char *)&((const struct sockaddr_in *)address)->sin_addr);
    if (address->sa_family == AF_INET6)
        return is_public_v6(((const struct sockaddr_in6 *)address)->sin6_addr.s6_addr);
    return 0;
}
