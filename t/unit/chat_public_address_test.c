#include "chat_unit.h"

#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "guard/chat_public_address.h"

static int is_public(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return chat_public_address_is((struct sockaddr *)&v4);
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return chat_public_address_is((struct sockaddr *)&v6);
}

static void the_public_internet_is_public(void **state)
{
    static const char *const addresses[] = {
        "1.1.1.1",         "8.8.8.8",         "9.255.255.255",   "11.0.0.0",
        "100.63.255.255",  "100.128.0.0",     "126.255.255.255", "128.0.0.0",
        "169.253.255.255", "169.255.0.0",     "172.15.255.255",  "172.32.0.0",
        "191.255.255.255", "192.0.1.0",       "192.0.3.0",       "192.167.255.255",
        "192.169.0.0",     "198.17.255.255",  "198.20.0.0",      "223.255.255.255",
        "2001:200::1",     "2001:4860::8888", "2606:4700::1111", "2a00:1450:4001::200e",
        "3fff:1000::",     "2003::1",         "2001:db7::1",     "64:ff9b::8.8.8.8",
    };
    size_t i;

    (void)state;
    for (i = 0; i < UNIT_COUNT(addresses); i++)
        if (!is_public(addresses[i]))
            fail_msg("%s is public", addresses[i]);
}

static void everything_else_is_not(void **state)
{
    static const char *const addresses[] = {
        /* IPv4 */
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.1.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.0.170",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "192.168.255.255",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        /* IPv6: unspecified, loopback, mapped, compatible, translated */
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::8.8.8.8",
        "64:ff9b:0:1::8.8.8.8",
        /* discard, dummy, Teredo, benchmarks, ORCHID, documentation, 6to4, segment routing */
        "100::1",
        "100:0:0:1::1",
        "2001::1",
        "2001:0:4136:e378::1",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:808:808::1",
        "3fff::1",
        "5f00::1",
        /* unique local, link-local, site-local, multicast, not allocated */
        "fc00::1",
        "fd00:ec2::254",
        "fdff::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
        "4000::1",
        "1fff::1",
    };
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    size_t i;

    (void)state;
    for (i = 0; i < UNIT_COUNT(addresses); i++)
        if (is_public(addresses[i]))
            fail_msg("%s is not public", addresses[i]);
    assert_false(chat_public_address_is((struct sockaddr *)&local));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(the_public_internet_is_public),
        UNIT_TEST(everything_else_is_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
