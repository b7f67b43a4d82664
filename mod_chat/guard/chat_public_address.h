/**
 * @file chat_public_address.h
 * Whether an address is one of the public Internet, so that a URL chosen by a user may lead there.
 *
 * Everything that RFC 6890 and the registries that it began (IANA IPv4 and IPv6 Special-Purpose
 * Address Registry) do not call globally reachable is refused, also inside an IPv6 address that
 * stands for one of IPv4. Threads: a pure function.
 */
#ifndef MOD_CHAT_CHAT_PUBLIC_ADDRESS_H
#define MOD_CHAT_CHAT_PUBLIC_ADDRESS_H
#include <sys/socket.h>

/** 0 also for a family other than IPv4 and IPv6. */
int chat_public_address_is(const struct sockaddr *address);
#endif
