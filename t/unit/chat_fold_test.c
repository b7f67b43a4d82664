/* One spelling for all those that a directory takes for the same name. */
#include "chat_unit.h"

#include <string.h>

#include "core/chat_text.h"

static void assert_folds(const char *name, const char *folded, apr_pool_t *p)
{
    assert_string_equal(chat_text_fold_name(name, p), folded);
    assert_string_equal(chat_text_fold_name(folded, p), folded);
}

static void case_makes_no_difference(void **state)
{
    assert_folds("ada", "ada", *state);
    assert_folds("Ada", "ada", *state);
    assert_folds("ADA@EXAMPLE.ORG", "ada@example.org", *state);
    assert_folds("ÉTIENNE", "étienne", *state);
    assert_folds("ΣΊΣΥΦΟΣ", "σίσυφοσ", *state);
    assert_folds("Straße", "strasse", *state);
    assert_folds("ISTANBUL", "istanbul", *state);
}

static void nor_do_forms_of_a_letter(void **state)
{
    assert_folds("E\xcc\x81tienne", "étienne", *state);
    assert_folds("Ａｄａ", "ada", *state);
    assert_folds("ﬁnn", "finn", *state);
}

static void nor_do_blanks_around_and_between(void **state)
{
    assert_folds("  ada ", "ada", *state);
    assert_folds("ada   b", "ada b", *state);
    assert_folds("ada\xc2\xa0 b", "ada b", *state);
}

static void invisible_characters_are_nothing(void **state)
{
    assert_folds("a\xe2\x80\x8b"
                 "da",
                 "ada", *state);
    assert_folds("\xc2\xad"
                 "ada",
                 "ada", *state);
    assert_folds("\xe2\x80\x8b \xe2\x81\xa0", "", *state);
}

static void other_names_stay_apart(void **state)
{
    assert_folds("ad_a", "ad_a", *state);
    assert_string_not_equal(chat_text_fold_name("ada", *state), chat_text_fold_name("adá", *state));
    assert_string_not_equal(chat_text_fold_name("ada", *state),
                            chat_text_fold_name("a da", *state));
}

static void what_is_not_utf8_is_no_name(void **state)
{
    assert_null(chat_text_fold_name("\xff", *state));
    assert_null(chat_text_fold_name("ad\xc3", *state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(case_makes_no_difference),         UNIT_TEST(nor_do_forms_of_a_letter),
        UNIT_TEST(nor_do_blanks_around_and_between), UNIT_TEST(invisible_characters_are_nothing),
        UNIT_TEST(other_names_stay_apart),           UNIT_TEST(what_is_not_utf8_is_no_name),
    };

    return cmocka_run_group_tests_name("chat_fold", tests, NULL, NULL);
}
