#include "chat_unit.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_json_read.h"
#include "ws/chat_resume.h"

#define TALKS 5
#define MESSAGES_MAX 60 /* of a conversation */
#define WORLDS 3000
#define PAGE_ROWS 3

static json_object *parse(const char *text, apr_pool_t *p)
{
    json_object *object;
    chat_problem_t *problem = chat_json_read(&object, text, strlen(text), p);

    if (problem)
        fail_msg("%s: %s", text, problem->detail);
    return object;
}

/* `conversations` as it stands in JSON. */
static chat_resume_t *read_good(const char *conversations, apr_pool_t *p)
{
    chat_resume_t *resume = NULL;
    const char *text = apr_psprintf(p, "{\"conversations\":%s}", conversations);
    chat_problem_t *problem = chat_resume_read(&resume, parse(text, p), p);

    if (problem || !resume)
        fail_msg("%s is refused", text);
    return resume;
}

static void assert_refused(const char *text, apr_pool_t *p)
{
    chat_resume_t *resume = NULL;
    chat_problem_t *problem = chat_resume_read(&resume, parse(text, p), p);
    const chat_field_error_t *error;

    if (!problem)
        fail_msg("%s is accepted", text);
    assert_null(resume);
    assert_int_equal(problem->http_status, 400);
    assert_string_equal(problem->code, "invalid_field");
    assert_int_equal(problem->errors->nelts, 1);
    error = &APR_ARRAY_IDX(problem->errors, 0, chat_field_error_t);
    assert_string_equal(error->field, "conversations");
    assert_non_null(strstr(error->detail, "1000"));
}

static void assert_point(const chat_resume_t *resume, int at, apr_int64_t id, apr_int64_t seq)
{
    assert_true(at < resume->count);
    assert_int_equal(resume->points[at].conversation_id, id);
    assert_int_equal(resume->points[at].seq, seq);
    assert_int_equal(resume->points[at].noted_seq, 0);
}

/* ---- Reading ---- */

static void a_point_for_each_conversation_is_read(void **state)
{
    chat_resume_t *resume = read_good("{\"7\":12,\"9\":0}", *state);

    assert_int_equal(resume->count, 2);
    assert_int_equal(resume->current, 0);
    assert_null(resume->resumed);
    assert_point(resume, 0, 7, 12);
    assert_point(resume, 1, 9, 0);
    assert_true(chat_resume_is_running(resume));
    chat_resume_destroy(resume);
}

static void other_members_do_not_matter(void **state)
{
    chat_resume_t *resume = NULL;
    json_object *object =
        parse("{\"type\":\"resume\",\"ref\":[1],\"conversations\":{\"7\":12},\"x\":null}", *state);

    assert_null(chat_resume_read(&resume, object, *state));
    assert_int_equal(resume->count, 1);
    chat_resume_destroy(resume);
}

static void nothing_to_resume_is_done_at_once(void **state)
{
    chat_resume_t *resume = read_good("{}", *state);

    assert_int_equal(resume->count, 0);
    assert_false(chat_resume_is_running(resume));
    assert_true(chat_resume_admits(resume, 7, 1));
    chat_resume_destroy(resume);
}

static void points_are_sorted_as_numbers(void **state)
{
    chat_resume_t *resume = read_good(
        "{\"10\":1,\"9\":2,\"9223372036854775807\":3,\"100\":4,\"0\":5,\"99\":6}", *state);

    assert_int_equal(resume->count, 6);
    assert_point(resume, 0, 0, 5);
    assert_point(resume, 1, 9, 2);
    assert_point(resume, 2, 10, 1);
    assert_point(resume, 3, 99, 6);
    assert_point(resume, 4, 100, 4);
    assert_point(resume, 5, APR_INT64_MAX, 3);
    chat_resume_destroy(resume);
}

static void zeros_before_a_number_do_not_matter(void **state)
{
    chat_resume_t *resume = read_good("{\"07\":1,\"0000000000000000070\":2}", *state);

    assert_int_equal(resume->count, 2);
    assert_point(resume, 0, 7, 1);
    assert_point(resume, 1, 70, 2);
    chat_resume_destroy(resume);
}

static void what_is_no_object_of_conversations_is_refused(void **state)
{
    static const char *const texts[] = {
        "{}",
        "{\"conversation\":{\"7\":12}}",
        "{\"Conversations\":{\"7\":12}}",
        "{\"conversations\":null}",
        "{\"conversations\":true}",
        "{\"conversations\":7}",
        "{\"conversations\":7.5}",
        "{\"conversations\":\"{}\"}",
        "{\"conversations\":[]}",
        "{\"conversations\":[[7,12]]}",
        "{\"conversations\":[{\"7\":12}]}",
    };
    size_t i;

    for (i = 0; i < UNIT_COUNT(texts); i++)
        assert_refused(texts[i], *state);
}

static void a_conversation_is_named_by_its_number(void **state)
{
    static const char *const names[] = {"",
                                        " ",
                                        "-1",
                                        "+1",
                                        " 7",
                                        "7 ",
                                        "7.0",
                                        "7e1",
                                        "0x7",
                                        "7,8",
                                        "two",
                                        "\\n7",
                                        "7\\t",
                                        "1_0",
                                        "\\uff17",
                                        "-0",
                                        "NaN",
                                        "9223372036854775808",
                                        "99999999999999999999",
                                        "00000000000000000007"};
    size_t i;

    for (i = 0; i < UNIT_COUNT(names); i++)
        assert_refused(apr_psprintf(*state, "{\"conversations\":{\"%s\":1}}", names[i]), *state);
}

static void a_seq_is_a_whole_number(void **state)
{
    static const char *const values[] = {"null",
                                         "true",
                                         "false",
                                         "\"12\"",
                                         "\"\"",
                                         "[]",
                                         "[12]",
                                         "{}",
                                         "{\"seq\":12}",
                                         "12.0",
                                         "12.5",
                                         "1e1",
                                         "0.0",
                                         "1e400",
                                         "-0.0",
                                         "-1",
                                         "-9223372036854775808",
                                         "-9223372036854775809",
                                         "-99999999999999999999999"};
    size_t i;

    for (i = 0; i < UNIT_COUNT(values); i++)
        assert_refused(apr_psprintf(*state, "{\"conversations\":{\"7\":%s}}", values[i]), *state);
}

static void one_wrong_point_refuses_all(void **state)
{
    assert_refused("{\"conversations\":{\"7\":-1,\"8\":1,\"9\":1}}", *state);
    assert_refused("{\"conversations\":{\"7\":1,\"8\":null,\"9\":1}}", *state);
    assert_refused("{\"conversations\":{\"7\":1,\"8\":1,\"x\":1}}", *state);
}

/* Beyond what a seq can be, it is behind the last message, whichever that is. */
static void a_huge_seq_is_the_largest(void **state)
{
    static const char *const values[] = {"9223372036854775807", "9223372036854775808",
                                         "18446744073709551615", "18446744073709551616",
                                         "99999999999999999999999"};
    size_t i;

    for (i = 0; i < UNIT_COUNT(values); i++) {
        chat_resume_t *resume = read_good(apr_psprintf(*state, "{\"7\":%s}", values[i]), *state);

        assert_point(resume, 0, 7, APR_INT64_MAX);
        chat_resume_destroy(resume);
    }
}

static void a_conversation_is_named_once(void **state)
{
    static const char *const texts[] = {"{\"conversations\":{\"7\":1,\"7\":2}}",
                                        "{\"conversations\":{\"7\":1,\"\\u0037\":1}}",
                                        "{\"conversations\":{},\"conversations\":{\"7\":1}}"};
    chat_problem_t *problem;
    json_object *object;
    size_t i;

    for (i = 0; i < UNIT_COUNT(texts); i++) {
        problem = chat_json_read(&object, texts[i], strlen(texts[i]), *state);
        assert_non_null(problem);
        assert_string_equal(problem->code, "invalid_json");
    }
    assert_refused("{\"conversations\":{\"7\":1,\"07\":2}}", *state);
    assert_refused("{\"conversations\":{\"007\":1,\"5\":1,\"7\":1,\"9\":1}}", *state);
    assert_refused("{\"conversations\":{\"0\":1,\"00\":1}}", *state);
}

static const char *many(int count, apr_pool_t *p)
{
    char *text = apr_palloc(p, (apr_size_t)count * 32 + 64);
    int length = apr_snprintf(text, 64, "{\"conversations\":{");
    int i;

    for (i = count; i > 0; i--)
        length += apr_snprintf(text + length, 32, "\"%d\":%d%s", i, i % 7, i > 1 ? "," : "");
    memcpy(text + length, "}}", 3);
    return text;
}

static void so_many_points_and_no_more(void **state)
{
    chat_resume_t *resume = NULL;
    int i;

    assert_null(
        chat_resume_read(&resume, parse(many(CHAT_RESUME_POINTS_MAX, *state), *state), *state));
    assert_int_equal(resume->count, CHAT_RESUME_POINTS_MAX);
    for (i = 0; i < CHAT_RESUME_POINTS_MAX; i++)
        assert_point(resume, i, i + 1, (i + 1) % 7);
    for (i = 0; i < CHAT_RESUME_POINTS_MAX; i++) {
        assert_true(chat_resume_is_running(resume));
        chat_resume_advance(resume, 0, 1);
    }
    assert_false(chat_resume_is_running(resume));
    chat_resume_destroy(resume);
    assert_refused(many(CHAT_RESUME_POINTS_MAX + 1, *state), *state);
    assert_refused(many(10 * CHAT_RESUME_POINTS_MAX, *state), *state);
}

static void what_waits_to_be_sent_goes_with_it(void **state)
{
    chat_resume_t *resume = read_good("{\"7\":12}", *state);
    chat_shared_buf_t *buf = chat_shared_buf_raw("x", 1);

    assert_non_null(buf);
    resume->resumed = chat_shared_buf_ref(buf);
    assert_int_equal(buf->refs, 2);
    chat_resume_destroy(resume);
    assert_int_equal(buf->refs, 1);
    chat_shared_buf_unref(buf);
    chat_resume_destroy(NULL);
}

/* ---- Going through it ---- */

static void without_a_resume_everything_is_sent(void **state)
{
    (void)state;
    assert_false(chat_resume_is_running(NULL));
    assert_true(chat_resume_admits(NULL, 7, 1));
    assert_true(chat_resume_admits(NULL, 0, 0));
}

static void what_was_not_asked_for_is_sent_at_any_time(void **state)
{
    chat_resume_t *resume = read_good("{\"7\":12,\"9\":3}", *state);

    for (; chat_resume_is_running(resume); chat_resume_advance(resume, 0, 1)) {
        assert_true(chat_resume_admits(resume, 6, 1));
        assert_true(chat_resume_admits(resume, 8, 1));
        assert_true(chat_resume_admits(resume, 10, 1));
        assert_true(chat_resume_admits(resume, 8, 1)); /* nothing is remembered of it */
    }
    assert_true(chat_resume_admits(resume, 8, 1));
    chat_resume_destroy(resume);
}

static void a_page_moves_the_point_forward_only(void **state)
{
    chat_resume_t *resume = read_good("{\"7\":12}", *state);

    chat_resume_advance(resume, 20, 0);
    assert_int_equal(resume->points[0].seq, 20);
    chat_resume_advance(resume, 15, 0);
    assert_int_equal(resume->points[0].seq, 20);
    assert_true(chat_resume_is_running(resume));
    chat_resume_advance(resume, 0, 1);
    assert_int_equal(resume->points[0].seq, 20);
    assert_false(chat_resume_is_running(resume));
    chat_resume_destroy(resume);
}

static void the_last_page_leads_to_the_next_conversation(void **state)
{
    chat_resume_t *resume = read_good("{\"7\":12,\"9\":3}", *state);

    chat_resume_advance(resume, 14, 0);
    assert_int_equal(resume->current, 0);
    chat_resume_advance(resume, 16, 1);
    assert_int_equal(resume->current, 1);
    assert_int_equal(resume->points[1].seq, 3);
    chat_resume_advance(resume, 3, 1);
    assert_int_equal(resume->current, 2);
    assert_false(chat_resume_is_running(resume));
    chat_resume_destroy(resume);
}

static void what_comes_live_before_its_turn_is_noted(void **state)
{
    chat_resume_t *resume = read_good("{\"7\":12,\"9\":3}", *state);

    assert_false(chat_resume_admits(resume, 9, 5));
    assert_int_equal(resume->points[1].noted_seq, 5);
    assert_false(chat_resume_admits(resume, 9, 4)); /* told late */
    assert_int_equal(resume->points[1].noted_seq, 5);
    assert_false(chat_resume_admits(resume, 7, 13));
    assert_int_equal(resume->points[0].noted_seq, 13);
    chat_resume_destroy(resume);
}

static void the_pages_go_on_until_they_have_passed_what_was_noted(void **state)
{
    chat_resume_t *resume = read_good("{\"7\":12}", *state);

    assert_false(chat_resume_admits(resume, 7, 15));
    chat_resume_advance(resume, 14, 1); /* read before 15 was committed */
    assert_true(chat_resume_is_running(resume));
    assert_int_equal(resume->points[0].seq, 14);
    assert_false(chat_resume_admits(resume, 7, 16));
    chat_resume_advance(resume, 15, 1);
    assert_true(chat_resume_is_running(resume));
    chat_resume_advance(resume, 16, 1);
    assert_false(chat_resume_is_running(resume));
    chat_resume_destroy(resume);
}

static void what_a_page_has_sent_need_not_be_read_again(void **state)
{
    chat_resume_t *resume = read_good("{\"7\":12}", *state);

    assert_false(chat_resume_admits(resume, 7, 14));
    chat_resume_advance(resume, 20, 1);
    assert_false(chat_resume_is_running(resume));
    chat_resume_destroy(resume);
}

static void of_a_finished_conversation_only_news_are_sent(void **state)
{
    chat_resume_t *resume = read_good("{\"7\":12,\"9\":3}", *state);

    chat_resume_advance(resume, 14, 1);
    assert_false(chat_resume_admits(resume, 7, 1));
    assert_false(chat_resume_admits(resume, 7, 12));
    assert_false(chat_resume_admits(resume, 7, 14)); /* the page had it */
    assert_true(chat_resume_admits(resume, 7, 15));
    assert_false(chat_resume_admits(resume, 9, 15));
    chat_resume_advance(resume, 15, 1);
    assert_true(chat_resume_admits(resume, 7, 15));
    assert_true(chat_resume_admits(resume, 9, 16));
    assert_false(chat_resume_admits(resume, 9, 15));
    chat_resume_destroy(resume);
}

static void what_cannot_be_seen_is_passed_over(void **state)
{
    chat_resume_t *resume = read_good("{\"7\":12,\"9\":3}", *state);

    chat_resume_skip(resume);
    assert_int_equal(resume->current, 1);
    assert_int_equal(resume->points[1].seq, 3);
    chat_resume_skip(resume);
    assert_false(chat_resume_is_running(resume));
    assert_true(chat_resume_admits(resume, 7, 1)); /* they came in later: all is new */
    assert_true(chat_resume_admits(resume, 9, 2));
    chat_resume_destroy(resume);
}

static void who_came_in_meanwhile_is_looked_after_again(void **state)
{
    chat_resume_t *resume = read_good("{\"7\":12}", *state);

    assert_false(chat_resume_admits(resume, 7, 13)); /* told, so it can be seen by now */
    chat_resume_skip(resume);
    assert_true(chat_resume_is_running(resume));
    assert_int_equal(resume->points[0].seq, 12);
    chat_resume_advance(resume, 13, 1);
    assert_false(chat_resume_is_running(resume));
    chat_resume_destroy(resume);

    resume = read_good("{\"7\":12}", *state);
    assert_false(chat_resume_admits(resume, 7, 13));
    chat_resume_skip(resume);
    chat_resume_skip(resume); /* and went again: it is not asked for ever */
    assert_false(chat_resume_is_running(resume));
    chat_resume_destroy(resume);
}

static void at_the_end_of_numbers_nothing_is_lost(void **state)
{
    chat_resume_t *resume = read_good("{\"7\":9223372036854775806}", *state);

    assert_false(chat_resume_admits(resume, 7, APR_INT64_MAX));
    chat_resume_advance(resume, APR_INT64_MAX - 1, 1);
    assert_true(chat_resume_is_running(resume));
    chat_resume_advance(resume, APR_INT64_MAX, 1);
    assert_false(chat_resume_is_running(resume));
    assert_false(chat_resume_admits(resume, 7, APR_INT64_MAX));
    chat_resume_destroy(resume);
}

/* ---- At random: writers, the feed and the pages in any order ---- */

typedef struct talk_t {
    apr_int64_t last;
    apr_int64_t had;
    int is_visible; /* to the user; from some moment on, for good */
    int was_passed_over;
} talk_t;

typedef struct world_t {
    chat_resume_t *resume;
    talk_t talks[TALKS];
    struct {
        int talk;
        apr_int64_t seq;
    } written[TALKS * MESSAGES_MAX]; /* in the order of their commits */
    int written_count, told;
    int is_page_read;
    int is_gone; /* what the page says */
    int is_last;
    apr_int64_t from, to;
} world_t;

static void receive(talk_t *talk, apr_int64_t seq)
{
    if (talk->was_passed_over)
        assert_true(seq > talk->had);
    else
        assert_int_equal(seq, talk->had + 1);
    talk->had = seq;
}

static void write_one(world_t *world, int at)
{
    talk_t *talk = &world->talks[at];

    if (talk->last == MESSAGES_MAX)
        return;
    world->written[world->written_count].talk = at;
    world->written[world->written_count++].seq = ++talk->last;
}

static void tell(world_t *world)
{
    apr_int64_t seq;
    talk_t *talk;
    int at;

    if (world->told == world->written_count)
        return;
    at = world->written[world->told].talk;
    seq = world->written[world->told++].seq;
    talk = &world->talks[at];
    if (!talk->is_visible)
        return;
    if (chat_resume_admits(world->resume, at + 1, seq))
        receive(talk, seq);
    else if (talk->was_passed_over)
        fail_msg("of a conversation that was passed over, all that is told is new");
}

static void read_page(world_t *world)
{
    const chat_resume_t *resume = world->resume;
    const talk_t *talk;

    if (world->is_page_read || !chat_resume_is_running(resume))
        return;
    talk = &world->talks[resume->current];
    world->is_page_read = 1;
    world->is_gone = !talk->is_visible;
    world->from = world->to = resume->points[resume->current].seq;
    while (world->to < talk->last && world->to < world->from + PAGE_ROWS)
        world->to++;
    world->is_last = world->to == talk->last;
}

static void take_page(world_t *world)
{
    talk_t *talk = &world->talks[world->resume->current];
    int at = world->resume->current;

    if (!world->is_page_read)
        return;
    world->is_page_read = 0;
    if (world->is_gone) {
        chat_resume_skip(world->resume);
        talk->was_passed_over = world->resume->current > at;
        if (talk->was_passed_over)
            talk->had = 0;
        return;
    }
    while (world->from < world->to)
        receive(talk, ++world->from);
    chat_resume_advance(world->resume, world->to, world->is_last);
}

static void begin(world_t *world, uint64_t *random, apr_pool_t *p)
{
    const char *points = "";
    int i;

    for (i = 0; i < TALKS; i++) {
        talk_t *talk = &world->talks[i];

        talk->last = (apr_int64_t)unit_random(random, MESSAGES_MAX / 2);
        talk->had = (apr_int64_t)unit_random(random, (uint64_t)talk->last + 1);
        talk->is_visible = unit_random(random, 4) > 0;
        points = apr_psprintf(p, "%s%s\"%d\":%d", points, i ? "," : "", i + 1, (int)talk->had);
    }
    world->resume = read_good(apr_psprintf(p, "{%s}", points), p);
}

static void end(world_t *world)
{
    int i;

    while (world->told < world->written_count)
        tell(world);
    for (i = 0; chat_resume_is_running(world->resume); i++) {
        assert_true(i < TALKS * MESSAGES_MAX);
        read_page(world);
        take_page(world);
    }
    for (i = 0; i < TALKS; i++)
        if (world->talks[i].is_visible && !world->talks[i].was_passed_over)
            assert_int_equal(world->talks[i].had, world->talks[i].last);
}

static void whatever_comes_in_between_each_message_comes_once(void **state)
{
    uint64_t random = unit_random_start();
    apr_pool_t *p;
    int i, step;

    apr_pool_create(&p, *state);
    for (i = 0; i < WORLDS; i++) {
        world_t world = {0};
        int steps = (int)unit_random(&random, 200);

        begin(&world, &random, p);
        for (step = 0; step < steps; step++) {
            int at = (int)unit_random(&random, TALKS);

            switch (unit_random(&random, 9)) {
            case 0:
            case 1:
                write_one(&world, at);
                break;
            case 2:
            case 3:
                tell(&world);
                break;
            case 4:
            case 5:
                read_page(&world);
                break;
            case 6:
            case 7:
                if (chat_resume_is_running(world.resume))
                    take_page(&world);
                break;
            default:
                world.talks[at].is_visible = 1;
            }
        }
        end(&world);
        chat_resume_destroy(world.resume);
        apr_pool_clear(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_point_for_each_conversation_is_read),
        UNIT_TEST(other_members_do_not_matter),
        UNIT_TEST(nothing_to_resume_is_done_at_once),
        UNIT_TEST(points_are_sorted_as_numbers),
        UNIT_TEST(zeros_before_a_number_do_not_matter),
        UNIT_TEST(what_is_no_object_of_conversations_is_refused),
        UNIT_TEST(a_conversation_is_named_by_its_number),
        UNIT_TEST(a_seq_is_a_whole_number),
        UNIT_TEST(one_wrong_point_refuses_all),
        UNIT_TEST(a_huge_seq_is_the_largest),
        UNIT_TEST(a_conversation_is_named_once),
        UNIT_TEST(so_many_points_and_no_more),
        UNIT_TEST(what_waits_to_be_sent_goes_with_it),
        UNIT_TEST(without_a_resume_everything_is_sent),
        UNIT_TEST(what_was_not_asked_for_is_sent_at_any_time),
        UNIT_TEST(a_page_moves_the_point_forward_only),
        UNIT_TEST(the_last_page_leads_to_the_next_conversation),
        UNIT_TEST(what_comes_live_before_its_turn_is_noted),
        UNIT_TEST(the_pages_go_on_until_they_have_passed_what_was_noted),
        UNIT_TEST(what_a_page_has_sent_need_not_be_read_again),
        UNIT_TEST(of_a_finished_conversation_only_news_are_sent),
        UNIT_TEST(what_cannot_be_seen_is_passed_over),
        UNIT_TEST(who_came_in_meanwhile_is_looked_after_again),
        UNIT_TEST(at_the_end_of_numbers_nothing_is_lost),
        UNIT_TEST(whatever_comes_in_between_each_message_comes_once),
    };

    return cmocka_run_group_tests_name("chat_resume", tests, NULL, NULL);
}
