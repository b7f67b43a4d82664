#include "chat_unit.h"

#include <stdio.h>

#include "live/chat_index.h"

#define KEYS 10000
#define LINKS 3000
#define STEPS 60000

/* What is found: in two indexes, as a socket is by its user and by its address. */
typedef struct owner_t {
    apr_uint64_t space; /* the key of the first link */
    apr_uint64_t id;
    int is_in;
    chat_index_link_t link;
    chat_index_link_t other;
} owner_t;

static chat_index_t *index_made;

static int make(void **state)
{
    index_made = chat_index_create();
    return index_made ? unit_make_pool(state) : -1;
}

static int destroy(void **state)
{
    chat_index_destroy(index_made);
    return unit_destroy_pool(state);
}

#define INDEX_TEST(name) cmocka_unit_test_setup_teardown(name, make, destroy)

static void add(chat_index_t *index, apr_uint64_t space, apr_uint64_t id, chat_index_link_t *link)
{
    assert_int_equal(chat_index_add(index, space, id, link), APR_SUCCESS);
}

/* How many links a walk finds, each with a way back, and all of them of one count. */
static int walk(const chat_index_t *index, apr_uint64_t space, apr_uint64_t id)
{
    const chat_index_link_t *first = chat_index_find(index, space, id);
    const chat_index_link_t *link;
    int count = 0;

    for (link = first; link; link = link->next) {
        assert_ptr_equal(link->previous ? link->previous->next : first, link);
        assert_int_equal(chat_index_count(link), chat_index_count(first));
        count++;
    }
    if (first)
        assert_int_equal(chat_index_count(first), count);
    return count;
}

static int has(const chat_index_t *index, apr_uint64_t space, apr_uint64_t id,
               const chat_index_link_t *wanted)
{
    const chat_index_link_t *link = chat_index_find(index, space, id);

    while (link && link != wanted)
        link = link->next;
    return link != NULL;
}

static void an_empty_index_finds_nothing(void **state)
{
    (void)state;
    assert_null(chat_index_find(index_made, 0, 0));
    assert_null(chat_index_find(index_made, UINT64_MAX, UINT64_MAX));
}

static void what_was_added_is_found_until_it_is_removed(void **state)
{
    chat_index_link_t link = {0};

    (void)state;
    add(index_made, 7, 12, &link);
    assert_ptr_equal(chat_index_find(index_made, 7, 12), &link);
    assert_null(link.next);
    assert_null(link.previous);
    assert_int_equal(chat_index_count(&link), 1);
    chat_index_remove(index_made, &link);
    assert_null(chat_index_find(index_made, 7, 12));
    assert_null(link.group);
    assert_int_equal(chat_index_count(&link), 0);
}

static void what_is_in_no_index_is_removed_without_harm(void **state)
{
    chat_index_link_t never = {0};
    chat_index_link_t link = {0};
    chat_index_link_t stays = {0};

    (void)state;
    add(index_made, 1, 1, &link);
    add(index_made, 1, 1, &stays);
    chat_index_remove(index_made, &never);
    chat_index_remove(index_made, &link);
    chat_index_remove(index_made, &link);
    assert_int_equal(chat_index_count(&never), 0);
    assert_ptr_equal(chat_index_find(index_made, 1, 1), &stays);
    assert_int_equal(walk(index_made, 1, 1), 1);
    chat_index_remove(index_made, &stays);
}

static void both_numbers_make_the_key(void **state)
{
    /* Swapped, and others that mix to the same: they share a place and must not share a group. */
    static const apr_uint64_t keys[][2] = {{1, 2},
                                           {2, 1},
                                           {0, 3},
                                           {3, 0},
                                           {0, 0},
                                           {1, 1},
                                           {UINT64_MAX, UINT64_MAX},
                                           {0, UINT64_MAX},
                                           {UINT64_MAX, 0},
                                           {UINT64_C(1) << 63, 0},
                                           {0, UINT64_C(1) << 63},
                                           {0, UINT64_C(1) << 32},
                                           {UINT64_C(1) << 32, 0},
                                           {7, 4},
                                           {4, 7},
                                           {5, 6},
                                           {6, 5}};
    chat_index_link_t links[UNIT_COUNT(keys)] = {{0}};
    size_t i, j;

    (void)state;
    for (i = 0; i < UNIT_COUNT(keys); i++) {
        for (j = i; j < UNIT_COUNT(keys); j++)
            assert_null(chat_index_find(index_made, keys[j][0], keys[j][1]));
        add(index_made, keys[i][0], keys[i][1], &links[i]);
    }
    for (i = 0; i < UNIT_COUNT(keys); i++) {
        assert_ptr_equal(chat_index_find(index_made, keys[i][0], keys[i][1]), &links[i]);
        assert_int_equal(chat_index_count(&links[i]), 1);
    }
    for (i = 0; i < UNIT_COUNT(keys); i++) {
        chat_index_remove(index_made, &links[i]);
        assert_null(chat_index_find(index_made, keys[i][0], keys[i][1]));
        for (j = i + 1; j < UNIT_COUNT(keys); j++)
            assert_ptr_equal(chat_index_find(index_made, keys[j][0], keys[j][1]), &links[j]);
    }
}

static void a_key_finds_all_of_its_links(void **state)
{
    chat_index_link_t links[5] = {{0}};
    size_t i;

    (void)state;
    for (i = 0; i < UNIT_COUNT(links); i++) {
        add(index_made, 1, 42, &links[i]);
        assert_int_equal(walk(index_made, 1, 42), (int)i + 1);
    }
    for (i = 0; i < UNIT_COUNT(links); i++)
        assert_true(has(index_made, 1, 42, &links[i]));
    for (i = 0; i < UNIT_COUNT(links); i++)
        chat_index_remove(index_made, &links[i]);
    assert_null(chat_index_find(index_made, 1, 42));
}

static void any_link_of_a_key_may_go_first(void **state)
{
    enum { COUNT = 4 };
    int going, i;

    (void)state;
    for (going = 0; going < COUNT; going++) {
        chat_index_link_t links[COUNT] = {{0}};

        for (i = 0; i < COUNT; i++)
            add(index_made, 1, 42, &links[i]);
        chat_index_remove(index_made, &links[going]);
        assert_int_equal(walk(index_made, 1, 42), COUNT - 1);
        for (i = 0; i < COUNT; i++) {
            assert_int_equal(has(index_made, 1, 42, &links[i]), i != going);
            assert_int_equal(chat_index_count(&links[i]), i == going ? 0 : COUNT - 1);
        }
        for (i = 0; i < COUNT; i++)
            chat_index_remove(index_made, &links[i]);
        assert_null(chat_index_find(index_made, 1, 42));
    }
}

static void a_link_may_come_back_under_another_key(void **state)
{
    chat_index_link_t link = {0};
    chat_index_link_t neighbour = {0};
    apr_uint64_t i;

    (void)state;
    add(index_made, 0, 5, &neighbour);
    for (i = 0; i < 10; i++) {
        add(index_made, 0, i, &link);
        assert_true(has(index_made, 0, i, &link));
        assert_int_equal(chat_index_count(&link), i == 5 ? 2 : 1);
        chat_index_remove(index_made, &link);
        assert_false(has(index_made, 0, i, &link));
    }
    assert_int_equal(walk(index_made, 0, 5), 1);
    chat_index_remove(index_made, &neighbour);
}

/* Far more than the first buckets, so that they are made more several times. */
static void all_are_found_when_there_are_many(void **state)
{
    chat_index_link_t *links = calloc(KEYS, sizeof *links);
    uint64_t random = unit_random_start();
    int *order = calloc(KEYS, sizeof *order);
    int i;

    (void)state;
    assert_non_null(links);
    assert_non_null(order);
    for (i = 0; i < KEYS; i++) {
        order[i] = i;
        add(index_made, UINT64_C(0xABCDEF), (apr_uint64_t)i, &links[i]);
    }
    for (i = 0; i < KEYS; i++)
        assert_ptr_equal(chat_index_find(index_made, UINT64_C(0xABCDEF), (apr_uint64_t)i),
                         &links[i]);
    assert_null(chat_index_find(index_made, UINT64_C(0xABCDEF), KEYS));
    for (i = KEYS; i > 0; i--) {
        int at = (int)unit_random(&random, (uint64_t)i);
        int gone = order[at];

        order[at] = order[i - 1];
        chat_index_remove(index_made, &links[gone]);
        assert_null(chat_index_find(index_made, UINT64_C(0xABCDEF), (apr_uint64_t)gone));
        if (i > 1)
            assert_ptr_equal(
                chat_index_find(index_made, UINT64_C(0xABCDEF), (apr_uint64_t)order[0]),
                &links[order[0]]);
    }
    free(order);
    free(links);
}

/* The sanitizers see what it would leave behind. */
static void an_index_that_is_not_empty_may_be_destroyed(void **state)
{
    chat_index_link_t links[1000] = {{0}};
    chat_index_t *index = chat_index_create();
    size_t i;

    (void)state;
    assert_non_null(index);
    for (i = 0; i < UNIT_COUNT(links); i++)
        add(index, i % 3, i / 2, &links[i]);
    chat_index_destroy(index);
}

/* ---- At random, beside a model ---- */

static int count_in_model(const owner_t *owners, apr_uint64_t space, apr_uint64_t id)
{
    int count = 0;
    int i;

    for (i = 0; i < LINKS; i++)
        count += owners[i].is_in && owners[i].space == space && owners[i].id == id;
    return count;
}

static void choose_key(owner_t *owner, uint64_t *random)
{
    static const apr_uint64_t limits[] = {1, 3, 50, 2000, UINT64_MAX};

    owner->space = unit_random(random, 3);
    owner->id = unit_random(random, limits[unit_random(random, UNIT_COUNT(limits))]);
}

static void change(owner_t *owner, chat_index_t *others, uint64_t *random)
{
    if (owner->is_in) {
        chat_index_remove(index_made, &owner->link);
        chat_index_remove(others, &owner->other);
    } else {
        choose_key(owner, random);
        add(index_made, owner->space, owner->id, &owner->link);
        add(others, 0, owner->id % 100, &owner->other);
    }
    owner->is_in = !owner->is_in;
}

static void owners_come_and_go_at_random(void **state)
{
    owner_t *owners = calloc(LINKS, sizeof *owners);
    chat_index_t *others = chat_index_create();
    uint64_t random = unit_random_start();
    int step, i;

    (void)state;
    assert_non_null(owners);
    assert_non_null(others);
    for (step = 0; step < STEPS; step++) {
        /* By turns mostly coming and mostly going. */
        int wants_in = unit_random(&random, 10) < (step / (STEPS / 6) % 2 ? 2 : 8);
        owner_t *owner = &owners[unit_random(&random, LINKS)];

        if (owner->is_in != wants_in)
            change(owner, others, &random);
        if (owner->is_in)
            assert_true(chat_index_count(&owner->link) > 0);
        else
            assert_int_equal(chat_index_count(&owner->link), 0);
        if (step % 100 == 0)
            assert_int_equal(walk(index_made, owner->space, owner->id),
                             count_in_model(owners, owner->space, owner->id));
    }
    for (i = 0; i < LINKS; i += 7) {
        assert_int_equal(walk(index_made, owners[i].space, owners[i].id),
                         count_in_model(owners, owners[i].space, owners[i].id));
        if (owners[i].is_in) {
            assert_int_equal(chat_index_count(&owners[i].link),
                             count_in_model(owners, owners[i].space, owners[i].id));
            assert_int_equal(chat_index_count(&owners[i].other),
                             walk(others, 0, owners[i].id % 100));
        }
    }
    for (i = 0; i < LINKS; i++)
        if (owners[i].is_in)
            change(&owners[i], others, &random);
    for (i = 0; i < LINKS; i++)
        assert_null(chat_index_find(index_made, owners[i].space, owners[i].id));
    for (i = 0; i < 100; i++)
        assert_null(chat_index_find(others, 0, (apr_uint64_t)i));
    chat_index_destroy(others);
    free(owners);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        INDEX_TEST(an_empty_index_finds_nothing),
        INDEX_TEST(what_was_added_is_found_until_it_is_removed),
        INDEX_TEST(what_is_in_no_index_is_removed_without_harm),
        INDEX_TEST(both_numbers_make_the_key),
        INDEX_TEST(a_key_finds_all_of_its_links),
        INDEX_TEST(any_link_of_a_key_may_go_first),
        INDEX_TEST(a_link_may_come_back_under_another_key),
        INDEX_TEST(all_are_found_when_there_are_many),
        INDEX_TEST(an_index_that_is_not_empty_may_be_destroyed),
        INDEX_TEST(owners_come_and_go_at_random),
    };

    return cmocka_run_group_tests_name("chat_index", tests, NULL, NULL);
}
