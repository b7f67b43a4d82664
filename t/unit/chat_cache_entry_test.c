#include "chat_unit.h"

#include <stdio.h>

#include "cache/chat_cache_entry.h"

static const char secret[] = "a secret that nobody else has, 123";
static const char asked[] = "+ada\0+Ada\0+/api\0+conversations/";

static chat_mac_t *make_mac(void **state)
{
    chat_mac_t *mac = chat_mac_create(secret, strlen(secret), *state);

    assert_non_null(mac);
    return mac;
}

static void fill(chat_cache_entry_t *entry)
{
    memset(entry, 0, sizeof *entry);
    entry->answer = "{\"conversations\":[]}";
    entry->answer_length = strlen(entry->answer);
    entry->link = "</api/>; rel=\"next\"";
    entry->link_length = strlen(entry->link);
    entry->asked = asked;
    entry->asked_length = sizeof asked;
    entry->xmin = 742;
    entry->epoch = 743;
    entry->user_id = 7;
    entry->made_at = 1234567;
    entry->hash = (chat_hash_t){1, 2};
}

static char *write_entry(apr_size_t *plength, const chat_cache_entry_t *entry,
                         const chat_response_cache_key_t *key, const chat_mac_t *mac, apr_pool_t *p)
{
    char *bytes;

    *plength = chat_cache_entry_size(entry, mac);
    bytes = apr_palloc(p, *plength);
    assert_true(chat_cache_entry_write(bytes, entry, key, mac));
    return bytes;
}

/* RFC 4231, test case 2. */
static void the_code_is_that_of_the_rfc(void **state)
{
    static const unsigned char expected[CHAT_MAC_BYTES] = {
        0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24,
        0x26, 0x08, 0x95, 0x75, 0xc7, 0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27,
        0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43};
    const chat_part_t parts[] = {{"what do ya want ", 16}, {"", 0}, {"for nothing?", 12}};
    unsigned char code[CHAT_MAC_BYTES];

    assert_true(chat_mac_make(code, chat_mac_create("Jefe", 4, *state), parts, 3));
    assert_memory_equal(code, expected, sizeof code);
    assert_true(chat_mac_is_same(code, expected, sizeof code));
    code[31] ^= 1;
    assert_false(chat_mac_is_same(code, expected, sizeof code));
}

static void an_entry_is_read_as_it_was_written(void **state)
{
    const chat_mac_t *mac = make_mac(state);
    const chat_mac_t *macs[] = {NULL, mac};
    chat_cache_entry_t entry;
    chat_cache_entry_t read;
    chat_response_cache_key_t key;
    apr_size_t length;
    apr_size_t i;

    fill(&entry);
    assert_true(chat_cache_entry_key(&key, mac, asked, sizeof asked));
    for (i = 0; i < UNIT_COUNT(macs); i++) {
        char *bytes = write_entry(&length, &entry, &key, macs[i], *state);

        assert_int_equal(chat_cache_entry_read(&read, bytes, length, &key, macs[i]), APR_SUCCESS);
        assert_int_equal(read.answer_length, entry.answer_length);
        assert_memory_equal(read.answer, entry.answer, entry.answer_length);
        assert_ptr_equal(read.answer, bytes);
        assert_int_equal(read.link_length, entry.link_length);
        assert_memory_equal(read.link, entry.link, entry.link_length);
        assert_int_equal(read.asked_length, sizeof asked);
        assert_memory_equal(read.asked, asked, sizeof asked);
        assert_int_equal(read.xmin, 742);
        assert_int_equal(read.epoch, 743);
        assert_int_equal(read.user_id, 7);
        assert_int_equal(read.made_at, 1234567);
        assert_int_equal(read.hash.high, 1);
        assert_int_equal(read.hash.low, 2);
    }
}

static void an_entry_may_be_empty(void **state)
{
    const chat_mac_t *mac = make_mac(state);
    chat_cache_entry_t entry = {.xmin = 1};
    chat_response_cache_key_t key = {{0}};
    apr_size_t length;
    char *bytes = write_entry(&length, &entry, &key, mac, *state);

    assert_int_equal(chat_cache_entry_read(&entry, bytes, length, &key, mac), APR_SUCCESS);
    assert_int_equal(entry.answer_length + entry.link_length + entry.asked_length, 0);
}

static void no_byte_of_it_can_be_changed(void **state)
{
    const chat_mac_t *mac = make_mac(state);
    chat_cache_entry_t entry;
    chat_response_cache_key_t key;
    apr_size_t length;
    apr_size_t i;
    char *bytes;

    fill(&entry);
    assert_true(chat_cache_entry_key(&key, mac, asked, sizeof asked));
    bytes = write_entry(&length, &entry, &key, mac, *state);
    for (i = 0; i < length; i++) {
        bytes[i] ^= 1;
        assert_int_equal(chat_cache_entry_read(&entry, bytes, length, &key, mac), APR_EINVAL);
        bytes[i] ^= 1;
        assert_int_equal(chat_cache_entry_read(&entry, bytes, i, &key, mac), APR_EINVAL);
    }
    assert_int_equal(chat_cache_entry_read(&entry, bytes, length, &key, mac), APR_SUCCESS);
}

static void it_is_good_for_its_key_and_site_alone(void **state)
{
    const chat_mac_t *mac = make_mac(state);
    const chat_mac_t *other = chat_mac_create("another secret", 14, *state);
    chat_cache_entry_t entry;
    chat_response_cache_key_t key;
    chat_response_cache_key_t bens;
    apr_size_t length;
    char *bytes;

    fill(&entry);
    assert_true(chat_cache_entry_key(&key, mac, asked, sizeof asked));
    assert_true(chat_cache_entry_key(&bens, mac, "+ben", 5));
    assert_memory_not_equal(key.bytes, bens.bytes, sizeof key.bytes);
    bytes = write_entry(&length, &entry, &key, mac, *state);
    assert_int_equal(chat_cache_entry_read(&entry, bytes, length, &bens, mac), APR_EINVAL);
    assert_int_equal(chat_cache_entry_read(&entry, bytes, length, &key, other), APR_EINVAL);
    assert_true(chat_cache_entry_key(&bens, other, asked, sizeof asked));
    assert_memory_not_equal(key.bytes, bens.bytes, sizeof key.bytes);
}

/* Without a code nothing is read that is not there, whatever a trailer says. */
static void lengths_that_lie_are_refused(void **state)
{
    chat_cache_entry_t entry;
    chat_cache_entry_t read;
    chat_response_cache_key_t key = {{0}};
    apr_size_t length;
    apr_size_t i;
    char *bytes;

    fill(&entry);
    bytes = write_entry(&length, &entry, &key, NULL, *state);
    for (i = 0; i < length; i++) {
        char *cut = memcpy(apr_palloc(*state, i + 1), bytes + length - i, i);

        if (chat_cache_entry_read(&read, cut, i, &key, NULL) == APR_SUCCESS)
            assert_int_equal(read.answer_length + read.link_length + read.asked_length +
                                 chat_cache_entry_size(&(chat_cache_entry_t){0}, NULL),
                             i);
    }
    for (i = length - chat_cache_entry_size(&(chat_cache_entry_t){0}, NULL); i < length; i++) {
        bytes[i] ^= 0x80;
        if (chat_cache_entry_read(&read, bytes, length, &key, NULL) == APR_SUCCESS)
            assert_true(read.asked + read.asked_length <= bytes + length);
        bytes[i] ^= 0x80;
    }
}

static void a_hash_depends_on_the_key(void **state)
{
    static const apr_size_t lengths[] = {0, 3, 17, 200, 300, 5000};
    char text[5000];
    apr_size_t i;

    memset(text, 'x', sizeof text);
    for (i = 0; i < UNIT_COUNT(lengths); i++) {
        chat_hash_t plain, one, again, other;

        assert_int_equal(chat_hash_use(NULL), APR_SUCCESS);
        plain = chat_hash(text, lengths[i]);
        assert_int_equal(chat_hash_use(make_mac(state)), APR_SUCCESS);
        one = chat_hash(text, lengths[i]);
        again = chat_hash(text, lengths[i]);
        assert_int_equal(chat_hash_use(chat_mac_create("other", 5, *state)), APR_SUCCESS);
        other = chat_hash(text, lengths[i]);
        assert_true(one.high == again.high && one.low == again.low);
        assert_true(one.high != plain.high && one.low != plain.low);
        assert_true(one.high != other.high && one.low != other.low);
    }
    assert_int_equal(chat_hash_use(NULL), APR_SUCCESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(the_code_is_that_of_the_rfc),
        UNIT_TEST(an_entry_is_read_as_it_was_written),
        UNIT_TEST(an_entry_may_be_empty),
        UNIT_TEST(no_byte_of_it_can_be_changed),
        UNIT_TEST(it_is_good_for_its_key_and_site_alone),
        UNIT_TEST(lengths_that_lie_are_refused),
        UNIT_TEST(a_hash_depends_on_the_key),
    };

    return cmocka_run_group_tests_name("chat_cache_entry", tests, NULL, NULL);
}
