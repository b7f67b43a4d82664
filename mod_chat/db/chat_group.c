/*
 * A member is in one of two lists: it waits, or it is being written. `has_turn` tells its thread to
 * write; the semaphore is released once for each turn, and once when another thread has written it.
 *
 * Whenever a writer ends, or has taken too long, the next one is called: a member that could write
 * waits only for one that has been called and will take it along.
 */
#include "db/chat_group.h"

#include <apr_thread_mutex.h>

#include "core/chat_clock.h"
#include "core/chat_metrics.h"

#define PATIENCE apr_time_from_msec(CHAT_GROUP_PATIENCE_MS)

APR_RING_HEAD(ring_t, chat_group_member_t);

struct chat_group_t {
    int counters;              /* the first of its counters */
    apr_thread_mutex_t *mutex; /* guards all that follows */
    struct ring_t waiting;     /* in the order of their arrival, those that were left out first */
    struct ring_t writing;
    int writers; /* that count */
};

chat_group_t *chat_group_create(int counters, apr_pool_t *p)
{
    chat_group_t *group = apr_pcalloc(p, sizeof *group);

    group->counters = counters;
    if (apr_thread_mutex_create(&group->mutex, APR_THREAD_MUTEX_DEFAULT, p) != APR_SUCCESS)
        return NULL;
    APR_RING_INIT(&group->waiting, chat_group_member_t, link);
    APR_RING_INIT(&group->writing, chat_group_member_t, link);
    return group;
}

/* ---- with the mutex ---- */

/* Whether another writer than this one has the key. */
static int is_written(const chat_group_t *group, apr_int64_t key, const chat_group_member_t *writer)
{
    const chat_group_member_t *member;

    APR_RING_FOREACH(member, &group->writing, chat_group_member_t, link)
    {
        if (member->key == key && member->writer != writer)
            return 1;
    }
    return 0;
}

/* Whether it is the first with this key. */
static int is_next(const chat_group_t *group, const chat_group_member_t *self)
{
    const chat_group_member_t *member;

    if (is_written(group, self->key, NULL))
        return 0;
    APR_RING_FOREACH(member, &group->waiting, chat_group_member_t, link)
    {
        if (member == self)
            return 1;
        if (member->key == self->key)
            return 0;
    }
    return 1;
}

static void begin(chat_group_t *group, chat_group_member_t *member, chat_group_member_t *writer)
{
    member->writer = writer;
    APR_RING_INSERT_TAIL(&group->writing, member, chat_group_member_t, link);
}

static void give_turn(chat_group_t *group, chat_group_member_t *member)
{
    begin(group, member, member);
    member->has_turn = 1;
    if (!member->is_alone) {
        member->is_counted = 1;
        member->begun_at = chat_clock_now();
        group->writers++;
    }
}

static void stop_counting(chat_group_t *group, chat_group_member_t *member)
{
    group->writers -= member->is_counted;
    member->is_counted = 0;
}

/* Writers that take too long make room for others. */
static void lose_patience(chat_group_t *group)
{
    apr_time_t now = chat_clock_now();
    chat_group_member_t *member;

    APR_RING_FOREACH(member, &group->writing, chat_group_member_t, link)
    {
        if (member->is_counted && now - member->begun_at >= PATIENCE)
            stop_counting(group, member);
    }
}

/* Call who may write now: all that were left out and are the first of their key, and one writer,
 * who takes along the others. */
static void call_next(chat_group_t *group)
{
    chat_group_member_t *member, *next;
    int is_called = 0;

    APR_RING_FOREACH_SAFE(member, next, &group->waiting, chat_group_member_t, link)
    {
        if (!member->is_alone && (is_called || group->writers >= CHAT_GROUP_WRITERS))
            break; /* those that were left out are before the others */
        if (is_written(group, member->key, NULL))
            continue;
        is_called = !member->is_alone;
        APR_RING_REMOVE(member, link);
        give_turn(group, member);
        chat_semaphore_release(member->wake);
    }
}

/* Take along who waits, in their order. */
static int take(chat_group_member_t **members, chat_group_t *group, chat_group_member_t *self,
                int members_max)
{
    chat_group_member_t *member, *next;
    apr_size_t bytes = self->bytes;
    int count = 0;

    members[count++] = self;
    if (self->is_alone)
        return count;
    APR_RING_FOREACH_SAFE(member, next, &group->waiting, chat_group_member_t, link)
    {
        if (count == members_max)
            break;
        if (member->is_alone || is_written(group, member->key, self))
            continue;
        bytes += member->bytes;
        if (bytes > CHAT_GROUP_BYTES_MAX)
            break; /* and not only this one, or others with its key would overtake it */
        APR_RING_REMOVE(member, link);
        begin(group, member, self);
        members[count++] = member;
    }
    return count;
}

/* Of those that were written, and of the others, which wait again, before all that came later. */
static void end(chat_group_t *group, chat_group_member_t *const *members, int count)
{
    int i;

    stop_counting(group, members[0]);
    for (i = count - 1; i >= 0; i--) {
        chat_group_member_t *member = members[i];

        APR_RING_REMOVE(member, link);
        member->writer = NULL;
        member->has_turn = 0;
        if (member->is_done)
            continue;
        member->is_alone = 1;
        APR_RING_INSERT_HEAD(&group->waiting, member, chat_group_member_t, link);
    }
}

/* ---- without it ---- */

static void count_group(const chat_group_t *group, int count, int done)
{
    int size = count == 1 ? 0 : count <= 4 ? 1 : count <= 16 ? 2 : 3;

    chat_metrics_count(group->counters + CHAT_GROUP_COUNTER_STATEMENTS + size, 1);
    if (done < count)
        chat_metrics_count(group->counters + CHAT_GROUP_COUNTER_LEFT_OUT,
                           (apr_uint64_t)(count - done));
}

static void write_members(chat_group_member_t *const *members, int count,
                          const chat_group_writer_t *writer)
{
    if (count > 1) {
        writer->write_many(members, count);
        return;
    }
    writer->write_one(members[0]);
    members[0]->is_done = 1;
}

/* The thread has a turn: write, and wake the others. A member that is done may be gone as soon as
 * it is awake. */
static void write_turn(chat_group_t *group, chat_group_member_t *self,
                       const chat_group_writer_t *writer, apr_pool_t *p)
{
    chat_group_member_t *members[CHAT_GROUP_MEMBERS_MAX];
    chat_semaphore_t *done[CHAT_GROUP_MEMBERS_MAX];
    int done_count = 0;
    int count, i;

    apr_thread_mutex_lock(group->mutex);
    count = take(members, group, self, writer->members_max);
    apr_thread_mutex_unlock(group->mutex);

    write_members(members, count, writer);
    for (i = 1; i < count; i++)
        if (members[i]->is_done)
            done[done_count++] = members[i]->wake;
    if (!self->is_done && !self->wake)
        self->wake = chat_semaphore_create(0, p);
    count_group(group, count, done_count + self->is_done);

    apr_thread_mutex_lock(group->mutex);
    end(group, members, count);
    call_next(group);
    apr_thread_mutex_unlock(group->mutex);
    for (i = 0; i < done_count; i++)
        chat_semaphore_release(done[i]);
}

/* It has waited for a while: let the next one write, if it may. 1: its time is over. */
static int give_up(chat_group_t *group, chat_group_member_t *self)
{
    int is_over = 0;

    apr_thread_mutex_lock(group->mutex);
    if (!self->writer && !self->is_done) {
        lose_patience(group);
        call_next(group);
        is_over = !self->writer && chat_clock_now() >= self->deadline;
        if (is_over)
            APR_RING_REMOVE(self, link);
    }
    apr_thread_mutex_unlock(group->mutex);
    return is_over;
}

/* Until the member has a turn, or is written. APR_TIMEUP: neither. */
static apr_status_t await(chat_group_t *group, chat_group_member_t *self)
{
    while (chat_semaphore_acquire(self->wake, PATIENCE) != APR_SUCCESS)
        if (give_up(group, self))
            return APR_TIMEUP;
    /* What was written before the release is seen after it, also by ThreadSanitizer, which does
     * not know sem_clockwait(). */
    apr_thread_mutex_lock(group->mutex);
    apr_thread_mutex_unlock(group->mutex);
    return APR_SUCCESS;
}

static void count_wait(const chat_group_t *group, apr_interval_time_t waited)
{
    chat_metrics_count(group->counters + CHAT_GROUP_COUNTER_WAITS, 1);
    chat_metrics_count(group->counters + CHAT_GROUP_COUNTER_WAIT_US, (apr_uint64_t)waited);
}

apr_status_t chat_group_write(chat_group_t *group, chat_group_member_t *member,
                              const chat_group_writer_t *writer, apr_pool_t *p)
{
    apr_time_t start = chat_clock_now();
    apr_status_t rv = APR_SUCCESS;
    int must_wait;

    member->is_done = member->is_alone = member->has_turn = member->is_counted = 0;
    member->writer = NULL;
    member->wake = NULL;
    member->deadline = start + writer->wait;
    apr_thread_mutex_lock(group->mutex);
    lose_patience(group);
    must_wait = group->writers >= CHAT_GROUP_WRITERS || !is_next(group, member);
    if (must_wait) {
        member->wake = chat_semaphore_create(0, p);
        APR_RING_INSERT_TAIL(&group->waiting, member, chat_group_member_t, link);
    } else
        give_turn(group, member);
    apr_thread_mutex_unlock(group->mutex);

    if (must_wait) {
        rv = await(group, member);
        count_wait(group, chat_clock_now() - start);
    }
    while (rv == APR_SUCCESS && !member->is_done) {
        if (member->has_turn)
            write_turn(group, member, writer, p);
        if (!member->is_done)
            rv = await(group, member);
    }
    return rv;
}
