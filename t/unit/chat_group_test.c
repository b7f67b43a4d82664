#include "chat_unit.h"

#include <pthread.h>
#include <stdatomic.h>

#include "core/chat_clock.h"
#include "core/chat_config.h"
#include "core/chat_metrics.h"
#include "db/chat_group.h"

#define THREADS 12
#define ROUNDS 300
#define KEYS 4
#define OTHERS 100 /* that wait once for those who are stuck, and not each */
#define LONG_WAIT apr_time_from_sec(300)
#define ALARM_S 600 /* ends a test that waits for what does not come */

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "use_sigaltstack=0";
}

/* ---- a store that only counts ---- */

typedef struct note_t {
    int written; /* how often; not atomic: for the sanitizers to see */
    int size;    /* of the group that it was written in */
} note_t;

static chat_group_t *group;
static atomic_int busy[KEYS + 1]; /* how many write at this key */
static atomic_int overlaps;
static atomic_int written;
static atomic_int many;    /* groups of several */
static atomic_int at_gate; /* who waits there */
static atomic_int gate_is_open;
static atomic_int leave_out; /* of 100 in a group */
static atomic_uint_fast64_t seed;

static void note_written(chat_group_member_t *member, int size)
{
    note_t *note = member->what;

    note->written++;
    note->size = size;
    atomic_fetch_add(&written, 1);
}

static void enter(apr_int64_t key)
{
    if (atomic_fetch_add(&busy[key], 1))
        atomic_fetch_add(&overlaps, 1);
}

static void leave(apr_int64_t key)
{
    atomic_fetch_sub(&busy[key], 1);
}

static void write_one(chat_group_member_t *member)
{
    enter(member->key);
    note_written(member, 1);
    leave(member->key);
}

static void write_many(chat_group_member_t *const *members, int count)
{
    int seen[KEYS + 1] = {0};
    uint64_t random = atomic_fetch_add(&seed, 1);
    int i;

    for (i = 0; i < count; i++)
        if (!seen[members[i]->key]++)
            enter(members[i]->key);
    atomic_fetch_add(&many, 1);
    for (i = 0; i < count; i++) {
        if ((int)unit_random(&random, 100) < atomic_load(&leave_out))
            continue;
        note_written(members[i], count);
        members[i]->is_done = 1;
    }
    for (i = 0; i <= KEYS; i++)
        if (seen[i])
            leave(i);
}

/* Until the gate is opened; but not with the key that stands for a conversation without a lock. */
static void write_one_at_gate(chat_group_member_t *member)
{
    enter(member->key);
    if (member->key != KEYS) {
        atomic_fetch_add(&at_gate, 1);
        while (!atomic_load(&gate_is_open))
            usleep(200);
    }
    note_written(member, 1);
    leave(member->key);
}

static const chat_group_writer_t plain = {write_one, write_many, CHAT_GROUP_MEMBERS_MAX, LONG_WAIT};
static const chat_group_writer_t gated = {write_one_at_gate, write_many, CHAT_GROUP_MEMBERS_MAX,
                                          LONG_WAIT};
static const chat_group_writer_t hasty = {write_one_at_gate, write_many, CHAT_GROUP_MEMBERS_MAX,
                                          apr_time_from_msec(1)};

/* ---- threads ---- */

typedef struct sender_t {
    pthread_t thread;
    const chat_group_writer_t *writer;
    apr_int64_t key;
    apr_size_t bytes;
    note_t note;
    apr_status_t rv;
    atomic_int is_over;
} sender_t;

static void send_one(sender_t *sender)
{
    chat_group_member_t member = {
        .key = sender->key, .what = &sender->note, .bytes = sender->bytes};
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    sender->rv = chat_group_write(group, &member, sender->writer, p);
    apr_pool_destroy(p);
    atomic_store(&sender->is_over, 1);
}

static void *send_in_thread(void *data)
{
    send_one(data);
    return NULL;
}

static void begin_large(sender_t *sender, apr_int64_t key, apr_size_t bytes,
                        const chat_group_writer_t *writer)
{
    memset(sender, 0, sizeof *sender);
    sender->key = key;
    sender->bytes = bytes;
    sender->writer = writer;
    pthread_create(&sender->thread, NULL, send_in_thread, sender);
}

static void begin(sender_t *sender, apr_int64_t key, const chat_group_writer_t *writer)
{
    begin_large(sender, key, 0, writer);
}

static void until(atomic_int *value, int wanted)
{
    while (atomic_load(value) < wanted)
        usleep(200);
}

static int prepare(void **state)
{
    int i;

    alarm(ALARM_S);
    for (i = 0; i <= KEYS; i++)
        atomic_store(&busy[i], 0);
    atomic_store(&overlaps, 0);
    atomic_store(&written, 0);
    atomic_store(&many, 0);
    atomic_store(&at_gate, 0);
    atomic_store(&gate_is_open, 0);
    atomic_store(&leave_out, 0);
    if (unit_make_pool(state) != 0)
        return -1;
    group = chat_group_create(CHAT_COUNTER_SENDS, *state);
    return group ? 0 : -1;
}

static int end(void **state)
{
    alarm(0);
    return unit_destroy_pool(state);
}

/* As many as may write at once, who write until the gate opens. */
static void fill_writers(sender_t *senders)
{
    int i;

    for (i = 0; i < CHAT_GROUP_WRITERS; i++) {
        begin(&senders[i], i, &gated);
        until(&at_gate, i + 1);
    }
}

static void join_all(sender_t *senders, int count)
{
    int i;

    for (i = 0; i < count; i++)
        pthread_join(senders[i].thread, NULL);
}

/* ---- tests ---- */

static void a_lone_member_is_written_at_once_and_alone(void **state)
{
    sender_t sender = {.key = 1, .writer = &plain};

    (void)state;
    send_one(&sender);
    assert_int_equal(sender.rv, APR_SUCCESS);
    assert_int_equal(sender.note.written, 1);
    assert_int_equal(sender.note.size, 1);
    assert_int_equal(atomic_load(&many), 0);
}

static void writers_that_are_stuck_do_not_count(void **state)
{
    sender_t stuck[CHAT_GROUP_WRITERS], other = {.key = KEYS, .writer = &gated};
    apr_time_t start = chat_clock_now();
    int i;

    (void)state;
    fill_writers(stuck);
    for (i = 0; i < OTHERS; i++)
        send_one(&other); /* or it would not end */
    assert_int_equal(other.note.written, OTHERS);
    assert_true(chat_clock_now() - start < OTHERS / 2 * apr_time_from_msec(CHAT_GROUP_PATIENCE_MS));
    atomic_store(&gate_is_open, 1);
    join_all(stuck, CHAT_GROUP_WRITERS);
    assert_int_equal(atomic_load(&overlaps), 0);
}

static void who_waits_in_vain_is_not_written(void **state)
{
    sender_t stuck[CHAT_GROUP_WRITERS], late = {.key = 0, .writer = &hasty};

    (void)state;
    fill_writers(stuck);
    send_one(&late); /* the key is another's for all that time */
    assert_int_equal(late.rv, APR_TIMEUP);
    atomic_store(&gate_is_open, 1);
    join_all(stuck, CHAT_GROUP_WRITERS);
    assert_int_equal(late.note.written, 0);
}

static void who_waits_is_written_with_the_others(void **state)
{
    sender_t stuck[CHAT_GROUP_WRITERS], waiting[THREADS];
    int i;

    (void)state;
    fill_writers(stuck);
    for (i = 0; i < THREADS; i++)
        begin(&waiting[i], i % 2, &plain);
    usleep(10000); /* most of them wait now, and if not, this test has seen less */
    atomic_store(&gate_is_open, 1);
    join_all(stuck, CHAT_GROUP_WRITERS);
    join_all(waiting, THREADS);
    assert_int_equal(atomic_load(&overlaps), 0);
    for (i = 0; i < THREADS; i++)
        assert_int_equal(waiting[i].note.written, 1);
}

static void what_is_left_out_is_written_alone(void **state)
{
    sender_t stuck[CHAT_GROUP_WRITERS], waiting[THREADS];
    int i;

    (void)state;
    atomic_store(&leave_out, 100);
    fill_writers(stuck);
    for (i = 0; i < THREADS; i++)
        begin(&waiting[i], i % 2, &plain);
    usleep(10000);
    atomic_store(&gate_is_open, 1);
    join_all(stuck, CHAT_GROUP_WRITERS);
    join_all(waiting, THREADS);
    assert_int_equal(atomic_load(&overlaps), 0);
    for (i = 0; i < THREADS; i++) {
        assert_int_equal(waiting[i].note.written, 1);
        assert_int_equal(waiting[i].note.size, 1);
    }
}

static void a_group_has_a_bound_of_bytes(void **state)
{
    sender_t stuck[CHAT_GROUP_WRITERS], waiting[THREADS];
    int i;

    (void)state;
    fill_writers(stuck);
    for (i = 0; i < THREADS; i++)
        begin_large(&waiting[i], i % 2, CHAT_GROUP_BYTES_MAX / 3 + 1, &plain);
    usleep(10000);
    atomic_store(&gate_is_open, 1);
    join_all(stuck, CHAT_GROUP_WRITERS);
    join_all(waiting, THREADS);
    for (i = 0; i < THREADS; i++) {
        assert_int_equal(waiting[i].note.written, 1);
        assert_in_range(waiting[i].note.size, 1, 2);
    }
}

static void *send_many(void *data)
{
    sender_t *sender = data;
    uint64_t random = atomic_fetch_add(&seed, 1);
    int round;

    for (round = 0; round < ROUNDS; round++) {
        sender->key = (apr_int64_t)unit_random(&random, KEYS);
        send_one(sender);
        if (sender->rv != APR_SUCCESS || sender->note.written != round + 1)
            break;
    }
    return NULL;
}

static void each_is_written_once_whatever_happens(void **state)
{
    sender_t senders[THREADS];
    int i;

    (void)state;
    atomic_store(&seed, unit_random_start());
    atomic_store(&leave_out, 20);
    for (i = 0; i < THREADS; i++) {
        memset(&senders[i], 0, sizeof senders[i]);
        senders[i].writer = &plain;
        pthread_create(&senders[i].thread, NULL, send_many, &senders[i]);
    }
    join_all(senders, THREADS);
    assert_int_equal(atomic_load(&overlaps), 0);
    assert_int_equal(atomic_load(&written), THREADS * ROUNDS);
    for (i = 0; i < THREADS; i++)
        assert_int_equal(senders[i].note.written, ROUNDS);
}

#define GROUP_TEST(name) cmocka_unit_test_setup_teardown(name, prepare, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROUP_TEST(a_lone_member_is_written_at_once_and_alone),
        GROUP_TEST(writers_that_are_stuck_do_not_count),
        GROUP_TEST(who_waits_in_vain_is_not_written),
        GROUP_TEST(who_waits_is_written_with_the_others),
        GROUP_TEST(what_is_left_out_is_written_alone),
        GROUP_TEST(a_group_has_a_bound_of_bytes),
        GROUP_TEST(each_is_written_once_whatever_happens),
    };

    return cmocka_run_group_tests_name("chat_group", tests, NULL, NULL);
}
