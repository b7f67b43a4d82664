/*
 * A client goes on after it was away: what it asks for, and whether it gets every message of each
 * conversation once and in order, however pages and live messages come in between.
 *
 * Input: the frame, a line; then what happens, a byte each: a message is written in a conversation,
 * the feed tells of the oldest one untold, a page is read, a page arrives.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_pools.h>

#include "core/chat_json_read.h"
#include "ws/chat_resume.h"

#define REQUIRE(truth)                                                                             \
    do {                                                                                           \
        if (!(truth))                                                                              \
            abort();                                                                               \
    } while (0)

#define TALKS_MAX 16
#define MESSAGES_MAX 200
#define PAGE_ROWS 3

/* What is in the database, and what the client has. */
typedef struct talk_t {
    apr_int64_t id;
    apr_int64_t last;
    apr_int64_t had;
} talk_t;

typedef struct world_t {
    chat_resume_t *resume;
    talk_t talks[TALKS_MAX];
    int count;
    struct {
        talk_t *talk;
        apr_int64_t seq;
    } written[MESSAGES_MAX]; /* in the order of their commits */
    int written_count, told;
    int is_page_read;
    apr_int64_t from, to; /* of the page */
    int is_last;
} world_t;

static void receive(talk_t *talk, apr_int64_t seq)
{
    REQUIRE(seq == talk->had + 1);
    talk->had = seq;
}

static void write_message(world_t *world, talk_t *talk)
{
    if (world->written_count == MESSAGES_MAX)
        return;
    world->written[world->written_count].talk = talk;
    world->written[world->written_count++].seq = ++talk->last;
}

static void tell(world_t *world)
{
    talk_t *talk;
    apr_int64_t seq;

    if (world->told == world->written_count)
        return;
    talk = world->written[world->told].talk;
    seq = world->written[world->told++].seq;
    if (chat_resume_admits(world->resume, talk->id, seq))
        receive(talk, seq);
}

static talk_t *current(world_t *world)
{
    talk_t *talk = &world->talks[world->resume->current];

    REQUIRE(talk->id == world->resume->points[world->resume->current].conversation_id);
    return talk;
}

static void read_page(world_t *world)
{
    talk_t *talk;

    if (world->is_page_read || !chat_resume_is_running(world->resume))
        return;
    talk = current(world);
    world->is_page_read = 1;
    world->from = world->to = world->resume->points[world->resume->current].seq;
    while (world->to < talk->last && world->to < world->from + PAGE_ROWS)
        world->to++;
    world->is_last = world->to == talk->last;
}

static void take_page(world_t *world)
{
    talk_t *talk;

    if (!world->is_page_read)
        return;
    talk = current(world);
    while (world->from < world->to)
        receive(talk, ++world->from);
    world->is_page_read = 0;
    chat_resume_advance(world->resume, world->to, world->is_last);
}

/* What was asked for is sorted, with numbers that messages may have. */
static void begin(world_t *world)
{
    const chat_resume_point_t *point;
    int i;

    REQUIRE(world->resume->count <= CHAT_RESUME_POINTS_MAX && world->resume->current == 0);
    for (i = 0; i < world->resume->count; i++) {
        point = &world->resume->points[i];
        REQUIRE(point->conversation_id >= 0 && point->seq >= 0 && point->noted_seq == 0);
        REQUIRE(i == 0 || point[-1].conversation_id < point->conversation_id);
        if (i < TALKS_MAX)
            world->talks[i] = (talk_t){point->conversation_id, point->seq, point->seq};
    }
    world->count = world->resume->count;
}

static void live(world_t *world, const uint8_t *events, size_t size)
{
    size_t i;

    for (i = 0; i < size; i++) {
        switch (events[i] % 4) {
        case 0:
            write_message(world, &world->talks[events[i] / 4 % world->count]);
            break;
        case 1:
            tell(world);
            break;
        case 2:
            read_page(world);
            break;
        default:
            take_page(world);
        }
    }
    for (i = 0; i <= MESSAGES_MAX; i++) /* in the end the client has all */
        tell(world);
    for (i = 0; i <= MESSAGES_MAX + TALKS_MAX; i++) {
        read_page(world);
        take_page(world);
    }
    REQUIRE(!chat_resume_is_running(world->resume));
    for (i = 0; i < (size_t)world->count; i++)
        REQUIRE(world->talks[i].had == world->talks[i].last);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int is_ready;
    const uint8_t *line_end = memchr(data, '\n', size);
    size_t length = line_end ? (size_t)(line_end - data) : size;
    chat_problem_t *problem;
    json_object *object;
    world_t world = {0};
    apr_pool_t *p;
    int i;

    if (!is_ready) {
        is_ready = 1;
        apr_initialize();
        atexit(apr_terminate); /* frees what only APR's pools know, which is no leak */
    }
    apr_pool_create(&p, NULL);
    if (!chat_json_read(&object, (const char *)data, length, p)) {
        problem = chat_resume_read(&world.resume, object, p);
        REQUIRE(problem ? problem->http_status == 400 && !world.resume : world.resume != NULL);
    }
    if (world.resume)
        begin(&world);
    for (i = 0; i < world.count && i < TALKS_MAX; i++)
        if (world.talks[i].last > INT32_MAX)
            world.count = 0; /* as far as numbers go there is nothing to be written */
    if (world.count > 0 && world.count <= TALKS_MAX && line_end)
        live(&world, line_end + 1, size - length - 1);
    chat_resume_destroy(world.resume);
    apr_pool_destroy(p);
    return 0;
}
