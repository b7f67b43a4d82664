/**
 * @file chat_clock.h
 * The clock for intervals, deadlines and ages: CLOCK_MONOTONIC, which cannot be set.
 *
 * The wall clock may be stepped by administrators and time daemons, in both directions. It is for
 * times that people or other systems read. Everything else uses this clock; the lint refuses
 * apr_time_now() and similar calls elsewhere.
 *
 * The clock is the same for all processes of a host and starts with the host, so its times must not
 * be sent to another host. Threads: any.
 */
#ifndef MOD_CHAT_CHAT_CLOCK_H
#define MOD_CHAT_CHAT_CLOCK_H
#include <time.h>

#include <apr_time.h>

/** The clock shows this when the host starts: a time of 0 is long ago for any interval below. */
#define CHAT_CLOCK_START apr_time_from_sec(24 * 3600)

/** In microseconds; only differences are meaningful. */
apr_time_t chat_clock_now(void);

/** The wall clock, for what other systems read: the expiry that mod_socache's providers take. */
apr_time_t chat_clock_wall(void);

/** A time of this clock as CLOCK_MONOTONIC has it, for sem_clockwait(). */
struct timespec chat_clock_timespec(apr_time_t time);
#endif
