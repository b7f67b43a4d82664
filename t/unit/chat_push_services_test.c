#include "chat_unit.h"

#include <apr_strings.h>

#include "notify/chat_push_services.h"

#define ONE "https://one.example.org"
#define OTHER "https://other.example.org"
#define BEGIN apr_time_from_sec(1000)

static chat_push_service_t begin(chat_push_services_t *services, const char *origin, apr_time_t now)
{
    apr_int64_t pause_s;
    chat_push_service_t answer = chat_push_services_begin(&pause_s, services, origin, now);

    assert_true(answer == CHAT_PUSH_SERVICE_SLOW ? pause_s > 0 : pause_s == 0);
    return answer;
}

static void fill(chat_push_services_t *services, const char *origin, apr_time_t now)
{
    int i;

    for (i = 0; i < CHAT_PUSH_SERVICE_SENDING_MAX; i++)
        assert_int_equal(begin(services, origin, now), CHAT_PUSH_SERVICE_READY);
}

static void each_service_has_its_share(void **state)
{
    chat_push_services_t *services = chat_push_services_create(*state);

    fill(services, ONE, BEGIN);
    assert_int_equal(begin(services, ONE, BEGIN), CHAT_PUSH_SERVICE_BUSY);
    fill(services, OTHER, BEGIN);
    chat_push_services_end(services, ONE, 1000, BEGIN + 1000);
    assert_int_equal(begin(services, ONE, BEGIN + 1000), CHAT_PUSH_SERVICE_READY);
    assert_int_equal(begin(services, ONE, BEGIN + 1000), CHAT_PUSH_SERVICE_BUSY);
    assert_int_equal(begin(services, OTHER, BEGIN + 1000), CHAT_PUSH_SERVICE_BUSY);
}

static void without_an_answer_it_becomes_slow(void **state)
{
    chat_push_services_t *services = chat_push_services_create(*state);

    fill(services, ONE, BEGIN);
    assert_int_equal(begin(services, ONE, BEGIN + CHAT_PUSH_SERVICE_SLOW_US),
                     CHAT_PUSH_SERVICE_BUSY);
    assert_int_equal(begin(services, ONE, BEGIN + CHAT_PUSH_SERVICE_SLOW_US + 1),
                     CHAT_PUSH_SERVICE_SLOW);
    assert_int_equal(begin(services, OTHER, BEGIN + CHAT_PUSH_SERVICE_SLOW_US + 1),
                     CHAT_PUSH_SERVICE_READY);
}

static void a_slow_answer_makes_it_slow_and_a_quick_one_does_not(void **state)
{
    chat_push_services_t *services = chat_push_services_create(*state);
    apr_time_t now = BEGIN + apr_time_from_sec(10);

    fill(services, ONE, BEGIN);
    chat_push_services_end(services, ONE, apr_time_from_sec(10), now);
    assert_int_equal(begin(services, ONE, now), CHAT_PUSH_SERVICE_READY);
    assert_int_equal(begin(services, ONE, now), CHAT_PUSH_SERVICE_SLOW);
    chat_push_services_end(services, ONE, 1000, now);
    assert_int_equal(begin(services, ONE, now), CHAT_PUSH_SERVICE_READY);
    assert_int_equal(begin(services, ONE, now), CHAT_PUSH_SERVICE_BUSY);
}

/* Not all at once, and not for ever. */
static void what_is_put_off_has_its_own_time(void **state)
{
    chat_push_services_t *services = chat_push_services_create(*state);
    apr_time_t now = BEGIN + CHAT_PUSH_SERVICE_SLOW_US + 1;
    apr_int64_t pause_s, last_s = 0;
    int i, later = 0;

    fill(services, ONE, BEGIN);
    for (i = 0; i < CHAT_PUSH_SERVICE_SENDING_MAX * 100; i++) {
        assert_int_equal(chat_push_services_begin(&pause_s, services, ONE, now),
                         CHAT_PUSH_SERVICE_SLOW);
        assert_true(pause_s >= CHAT_CURL_POST_TIMEOUT_S);
        assert_true(pause_s >= last_s && pause_s <= CHAT_PUSH_SERVICE_PAUSE_MAX_S);
        later += pause_s > last_s;
        last_s = pause_s;
        /* As many in each ten seconds as may be sent then. */
        if (i == CHAT_PUSH_SERVICE_SENDING_MAX * 10 - 1)
            assert_int_equal(pause_s, CHAT_CURL_POST_TIMEOUT_S * 11);
    }
    assert_true(later > 100);
    assert_int_equal(last_s, CHAT_PUSH_SERVICE_PAUSE_MAX_S);
}

static void services_that_nothing_is_sent_to_are_forgotten(void **state)
{
    chat_push_services_t *services = chat_push_services_create(*state);
    int i;

    fill(services, ONE, BEGIN);
    for (i = 0; i < CHAT_PUSH_SERVICES_MAX * 3; i++) {
        const char *origin = apr_psprintf(*state, "https://%d.example.org", i);

        assert_int_equal(begin(services, origin, BEGIN + i), CHAT_PUSH_SERVICE_READY);
        chat_push_services_end(services, origin, 1, BEGIN + i);
    }
    assert_int_equal(begin(services, ONE, BEGIN), CHAT_PUSH_SERVICE_BUSY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(each_service_has_its_share),
        UNIT_TEST(without_an_answer_it_becomes_slow),
        UNIT_TEST(a_slow_answer_makes_it_slow_and_a_quick_one_does_not),
        UNIT_TEST(what_is_put_off_has_its_own_time),
        UNIT_TEST(services_that_nothing_is_sent_to_are_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
