#include "chat_unit.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>

#include "realtime/chat_shared_buf.h"
#include "ws/chat_task_queue.h"

#define THREADS 8
#define LETTERS 4000 /* of each thread */
#define ROUNDS 1500  /* of each thread that waits for its task */
#define WAITING 4
#define PACKETS 2000
#define ALARM_S 600 /* ends a test that waits for a task which nobody tells of */

static chat_task_queue_t *queue;
static int wake_fd;

static int make(void **state)
{
    alarm(ALARM_S);
    wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); /* as the event loop's */
    if (wake_fd < 0 || unit_make_pool(state) != 0)
        return -1;
    return chat_task_queue_create(&queue, wake_fd, *state) == APR_SUCCESS ? 0 : -1;
}

static int destroy(void **state)
{
    close(wake_fd);
    alarm(0);
    return unit_destroy_pool(state);
}

#define MAILBOX_TEST(name) cmocka_unit_test_setup_teardown(name, make, destroy)

/* How often the queue has said that there is something, since it was asked last. */
static uint64_t take_wakes(void)
{
    uint64_t wakes = 0;

    return read(wake_fd, &wakes, sizeof wakes) == (ssize_t)sizeof wakes ? wakes : 0;
}

static void wait_for_wake(void)
{
    struct pollfd fd = {.fd = wake_fd, .events = POLLIN};

    while (poll(&fd, 1, -1) != 1) /* no timeout: a lost task would be found by chance */
        ;
    take_wakes();
}

/* ---- One thread ---- */

typedef struct note_t {
    chat_task_t task;
    int number;
    int posts_more; /* so many tasks after itself */
} note_t;

static int opened[64];
static int opened_count;

static void open_note(chat_task_t *task)
{
    note_t *note = (note_t *)task;
    note_t *more;

    assert_true(opened_count < (int)UNIT_COUNT(opened));
    opened[opened_count++] = note->number;
    if (note->posts_more) {
        more = calloc(1, sizeof *more);
        assert_non_null(more);
        more->task.run = open_note;
        more->number = note->number + 1;
        more->posts_more = note->posts_more - 1;
        chat_task_queue_post(queue, &more->task);
    }
    free(note);
}

static void post(int number, int posts_more)
{
    note_t *note = calloc(1, sizeof *note);

    assert_non_null(note);
    memset(&note->task, 0xA5, sizeof note->task); /* what was there before does not matter */
    note->task.run = open_note;
    note->number = number;
    note->posts_more = posts_more;
    chat_task_queue_post(queue, &note->task);
}

static void an_empty_box_opens_nothing(void **state)
{
    (void)state;
    opened_count = 0;
    chat_task_queue_run_all(queue);
    chat_task_queue_run_all(queue);
    assert_int_equal(opened_count, 0);
    assert_int_equal(take_wakes(), 0);
}

static void letters_are_opened_once_in_their_order(void **state)
{
    int round, i;

    (void)state;
    for (round = 0; round < 3; round++) {
        opened_count = 0;
        for (i = 0; i < 20; i++)
            post(i, 0);
        assert_int_equal(opened_count, 0);
        chat_task_queue_run_all(queue);
        assert_int_equal(opened_count, 20);
        for (i = 0; i < 20; i++)
            assert_int_equal(opened[i], i);
        chat_task_queue_run_all(queue);
        assert_int_equal(opened_count, 20);
    }
}

static void the_first_letter_wakes_and_the_others_need_not(void **state)
{
    (void)state;
    opened_count = 0;
    post(1, 0);
    assert_int_equal(take_wakes(), 1);
    post(2, 0);
    post(3, 0);
    assert_int_equal(take_wakes(), 0);
    chat_task_queue_run_all(queue);
    post(4, 0);
    assert_int_equal(take_wakes(), 1);
    chat_task_queue_run_all(queue);
    assert_int_equal(opened_count, 4);
}

/* Who takes tasks without having been woken is woken once too often, never too seldom. */
static void every_first_letter_wakes_whatever_was_read(void **state)
{
    int i;

    (void)state;
    opened_count = 0;
    for (i = 0; i < 10; i++) {
        post(i, 0);
        chat_task_queue_run_all(queue);
    }
    assert_int_equal(take_wakes(), 10);
    assert_int_equal(opened_count, 10);
}

/* A task may post the next one: it comes at the next look, or the event loop would never end. */
static void what_a_letter_posts_is_for_the_next_time(void **state)
{
    int i;

    (void)state;
    opened_count = 0;
    post(0, 3);
    for (i = 0; i < 4; i++) {
        assert_int_equal(take_wakes(), 1);
        chat_task_queue_run_all(queue);
        assert_int_equal(opened_count, i + 1);
        assert_int_equal(opened[i], i);
    }
    assert_int_equal(take_wakes(), 0);
}

static void what_is_posted_in_between_comes_after_the_rest(void **state)
{
    static const int wanted[] = {10, 20, 11};
    size_t i;

    (void)state;
    opened_count = 0;
    post(10, 1);
    post(20, 0);
    chat_task_queue_run_all(queue);
    assert_int_equal(opened_count, 2);
    chat_task_queue_run_all(queue);
    assert_int_equal(opened_count, 3);
    for (i = 0; i < UNIT_COUNT(wanted); i++)
        assert_int_equal(opened[i], wanted[i]);
}

static void posting_does_not_wait_when_the_hub_does_not_read(void **state)
{
    uint64_t most = UINT64_MAX - 1; /* an eventfd holds no more, and a write would wait */

    (void)state;
    opened_count = 0;
    assert_int_equal(write(wake_fd, &most, sizeof most), sizeof most);
    post(1, 0);
    chat_task_queue_run_all(queue);
    post(2, 0);
    assert_int_equal(take_wakes(), most); /* so it is awake */
    chat_task_queue_run_all(queue);
    assert_int_equal(opened_count, 2);
}

/* ---- Several threads ---- */

static int hub_count; /* the event loop's thread only: without a lock, for the sanitizers to see */
static int next_wanted[THREADS];

typedef struct numbered_t {
    chat_task_t task;
    int thread;
    int number;
} numbered_t;

typedef struct poster_t {
    pthread_t thread;
    int number;
    int opened; /* the event loop's thread only */
    sem_t is_opened;
    chat_task_t task;
    uint64_t random;
} poster_t;

static void open_numbered(chat_task_t *task)
{
    numbered_t *numbered = (numbered_t *)task;

    assert_int_equal(numbered->number, next_wanted[numbered->thread]);
    next_wanted[numbered->thread]++;
    hub_count++;
    free(numbered);
}

static void *post_all(void *data)
{
    poster_t *poster = data;
    int i;

    for (i = 0; i < LETTERS; i++) {
        numbered_t *numbered = calloc(1, sizeof *numbered);

        if (!numbered)
            abort();
        numbered->task.run = open_numbered;
        numbered->thread = poster->number;
        numbered->number = i;
        chat_task_queue_post(queue, &numbered->task);
        if (unit_random(&poster->random, 100) == 0)
            usleep(1);
    }
    return NULL;
}

static void start(poster_t *poster, int number, void *(*run)(void *))
{
    poster->number = number;
    poster->random = (uint64_t)number;
    assert_int_equal(sem_init(&poster->is_opened, 0, 0), 0);
    assert_int_equal(pthread_create(&poster->thread, NULL, run, poster), 0);
}

static void join(poster_t *poster)
{
    pthread_join(poster->thread, NULL);
    sem_destroy(&poster->is_opened);
}

static void the_letters_of_each_thread_keep_their_order(void **state)
{
    poster_t posters[THREADS] = {{0}};
    int i;

    (void)state;
    hub_count = 0;
    memset(next_wanted, 0, sizeof next_wanted);
    for (i = 0; i < THREADS; i++)
        start(&posters[i], i, post_all);
    while (hub_count < THREADS * LETTERS) {
        wait_for_wake();
        chat_task_queue_run_all(queue);
    }
    for (i = 0; i < THREADS; i++) {
        join(&posters[i]);
        assert_int_equal(next_wanted[i], LETTERS);
    }
    chat_task_queue_run_all(queue);
    assert_int_equal(hub_count, THREADS * LETTERS);
}

/* The event loop also looks when a socket has woken it: between posting and waking, too. */
static void looking_at_any_time_loses_nothing(void **state)
{
    poster_t posters[THREADS] = {{0}};
    uint64_t random = unit_random_start();
    int i;

    (void)state;
    hub_count = 0;
    memset(next_wanted, 0, sizeof next_wanted);
    for (i = 0; i < THREADS; i++)
        start(&posters[i], i, post_all);
    while (hub_count < THREADS * LETTERS) {
        if (unit_random(&random, 3) == 0)
            wait_for_wake();
        chat_task_queue_run_all(queue);
    }
    for (i = 0; i < THREADS; i++)
        join(&posters[i]);
}

static void open_and_answer(chat_task_t *task)
{
    poster_t *poster = (poster_t *)((char *)task - offsetof(poster_t, task));

    poster->opened++;
    hub_count++;
    sem_post(&poster->is_opened);
}

/* One task that is posted again and again, as the command of a socket. */
static void *post_and_wait(void *data)
{
    poster_t *poster = data;
    int i;

    for (i = 0; i < ROUNDS; i++) {
        poster->task.run = open_and_answer;
        chat_task_queue_post(queue, &poster->task);
        while (sem_wait(&poster->is_opened) != 0)
            ;
    }
    return NULL;
}

/* The queue is empty most of the time, so nearly each task must wake. */
static void no_wake_is_lost_when_posters_wait_for_the_answer(void **state)
{
    poster_t posters[WAITING] = {{0}};
    int i;

    (void)state;
    hub_count = 0;
    for (i = 0; i < WAITING; i++)
        start(&posters[i], i, post_and_wait);
    while (hub_count < WAITING * ROUNDS) {
        wait_for_wake();
        chat_task_queue_run_all(queue);
    }
    for (i = 0; i < WAITING; i++) {
        join(&posters[i]);
        assert_int_equal(posters[i].opened, ROUNDS);
    }
}

/* ---- Packets, which count their refs without a lock, change hands by task ---- */

typedef struct parcel_t {
    chat_task_t task;
    chat_shared_buf_t *buf;
} parcel_t;

static chat_shared_buf_t *kept[16];

static void open_parcel(chat_task_t *task)
{
    parcel_t *parcel = (parcel_t *)task;
    int at = hub_count++ % (int)UNIT_COUNT(kept);

    assert_int_equal(parcel->buf->refs, 1);
    assert_int_equal(parcel->buf->length, 2 + sizeof hub_count);
    chat_shared_buf_unref(kept[at]); /* the one of sixteen tasks ago, of whichever thread */
    kept[at] = chat_shared_buf_ref(parcel->buf);
    chat_shared_buf_unref(parcel->buf);
    assert_int_equal(kept[at]->refs, 1);
    free(parcel);
}

static void *send_packets(void *data)
{
    int i;

    (void)data;
    for (i = 0; i < PACKETS; i++) {
        parcel_t *parcel = calloc(1, sizeof *parcel);

        if (!parcel)
            abort();
        parcel->task.run = open_parcel;
        parcel->buf = chat_shared_buf_frame(CHAT_OPCODE_BINARY, (const char *)&i, sizeof i);
        if (!parcel->buf)
            abort();
        chat_task_queue_post(queue, &parcel->task);
    }
    return NULL;
}

static void packets_change_hands_by_letter(void **state)
{
    poster_t posters[THREADS] = {{0}};
    size_t i;

    (void)state;
    hub_count = 0;
    for (i = 0; i < THREADS; i++)
        start(&posters[i], (int)i, send_packets);
    while (hub_count < THREADS * PACKETS) {
        wait_for_wake();
        chat_task_queue_run_all(queue);
    }
    for (i = 0; i < THREADS; i++)
        join(&posters[i]);
    for (i = 0; i < UNIT_COUNT(kept); i++) {
        chat_shared_buf_unref(kept[i]);
        kept[i] = NULL;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MAILBOX_TEST(an_empty_box_opens_nothing),
        MAILBOX_TEST(letters_are_opened_once_in_their_order),
        MAILBOX_TEST(the_first_letter_wakes_and_the_others_need_not),
        MAILBOX_TEST(every_first_letter_wakes_whatever_was_read),
        MAILBOX_TEST(what_a_letter_posts_is_for_the_next_time),
        MAILBOX_TEST(what_is_posted_in_between_comes_after_the_rest),
        MAILBOX_TEST(posting_does_not_wait_when_the_hub_does_not_read),
        MAILBOX_TEST(the_letters_of_each_thread_keep_their_order),
        MAILBOX_TEST(looking_at_any_time_loses_nothing),
        MAILBOX_TEST(no_wake_is_lost_when_posters_wait_for_the_answer),
        MAILBOX_TEST(packets_change_hands_by_letter),
    };

    return cmocka_run_group_tests_name("chat_task_queue", tests, NULL, NULL);
}
