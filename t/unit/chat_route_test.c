#include "chat_unit.h"

#include <string.h>

#include "http/chat_route.h"

static const chat_route_t routes[] = {
    {.method = "GET", .path = "things/"},
    {.method = "POST", .path = "things/"},
    {.method = "GET", .path = "things/list.json"},
    {.method = "GET", .path = "things/{id}/"},
    {.method = "PATCH", .path = "things/{id}/parts/{id}/"},
    {.method = NULL},
};

static const char *found(const char *method, const char *path)
{
    chat_match_t match;

    chat_route_match(&match, routes, method, path);
    if (match.route)
        return match.route->path;
    return match.is_known ? "405" : "404";
}

static void a_path_is_found_with_and_without_its_last_slash(void **state)
{
    (void)state;
    assert_string_equal(found("GET", "things/"), "things/");
    assert_string_equal(found("GET", "things"), "things/");
    assert_string_equal(found("GET", "things/7"), "things/{id}/");
    assert_string_equal(found("GET", "things/7/"), "things/{id}/");
    assert_string_equal(found("GET", "things/list.json"), "things/list.json");
    assert_string_equal(found("GET", "things/list.json/"), "things/list.json");
    assert_string_equal(found("PATCH", "things/7/parts/8"), "things/{id}/parts/{id}/");
}

static void what_is_no_path_is_not_known(void **state)
{
    static const char *const paths[] = {"",
                                        "/",
                                        "thing/",
                                        "things//",
                                        "things/7//",
                                        "things/7/x/",
                                        "things/x/",
                                        "things/list",
                                        "things/7/parts/",
                                        "things/7/parts/x/",
                                        "THINGS/"};
    size_t i;

    (void)state;
    for (i = 0; i < UNIT_COUNT(paths); i++)
        assert_string_equal(found("GET", paths[i]), "404");
}

static void an_id_is_a_positive_number_of_64_bits(void **state)
{
    static const char *const refused[] = {"things/0",
                                          "things/-1",
                                          "things/+1",
                                          "things/1.0",
                                          "things/0x1",
                                          "things/null",
                                          "things/ 1",
                                          "things/1e3",
                                          "things/9223372036854775808",
                                          "things/99999999999999999999"};
    chat_match_t match;
    size_t i;

    (void)state;
    for (i = 0; i < UNIT_COUNT(refused); i++)
        assert_string_equal(found("GET", refused[i]), "404");
    chat_route_match(&match, routes, "PATCH", "things/9223372036854775807/parts/12/");
    assert_true(match.ids[0] == APR_INT64_MAX);
    assert_true(match.ids[1] == 12);
}

static void head_is_answered_by_get_and_other_methods_only_by_themselves(void **state)
{
    (void)state;
    assert_string_equal(found("HEAD", "things/"), "things/");
    assert_string_equal(found("POST", "things/"), "things/");
    assert_string_equal(found("DELETE", "things/"), "405");
    assert_string_equal(found("get", "things/"), "405");
    assert_string_equal(found("HEAD", "things/7/parts/8/"), "405");
}

static void allow_names_every_method_of_a_path(void **state)
{
    assert_string_equal(chat_route_allow(routes, "things", *state), "OPTIONS, GET, HEAD, POST");
    assert_string_equal(chat_route_allow(routes, "things/7/parts/8/", *state), "OPTIONS, PATCH");
}

static void only_the_first_segments_of_the_table_are_claimed(void **state)
{
    (void)state;
    assert_true(chat_route_claims(routes, "things"));
    assert_true(chat_route_claims(routes, "things/what/ever"));
    assert_false(chat_route_claims(routes, "thingsx"));
    assert_false(chat_route_claims(routes, "thing"));
    assert_false(chat_route_claims(routes, ""));
}

static void the_administration_is_one_segment(void **state)
{
    (void)state;
    assert_true(chat_route_is_admin("admin"));
    assert_true(chat_route_is_admin("admin/"));
    assert_true(chat_route_is_admin("admin/users/7/"));
    assert_false(chat_route_is_admin(""));
    assert_false(chat_route_is_admin("adm"));
    assert_false(chat_route_is_admin("administration/"));
    assert_false(chat_route_is_admin("Admin/"));
    assert_false(chat_route_is_admin("conversations/admin/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(a_path_is_found_with_and_without_its_last_slash),
        UNIT_TEST(what_is_no_path_is_not_known),
        UNIT_TEST(an_id_is_a_positive_number_of_64_bits),
        UNIT_TEST(head_is_answered_by_get_and_other_methods_only_by_themselves),
        UNIT_TEST(allow_names_every_method_of_a_path),
        UNIT_TEST(only_the_first_segments_of_the_table_are_claimed),
        UNIT_TEST(the_administration_is_one_segment),
    };

    return cmocka_run_group_tests_name("chat_route", tests, NULL, NULL);
}
