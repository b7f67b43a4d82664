/*
 * Pictures by the programs that make them (t/media/make.py): whole ones with metadata, clean ones,
 * odd ones that are downloaded, broken ones.
 */
#include "chat_unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <apr_allocator.h>
#include <apr_strings.h>

#include "core/chat_config.h"
#include "core/chat_media.h"
#include "core/chat_media_gif.h"
#include "core/chat_media_jpeg.h"
#include "core/chat_media_ole.h"
#include "core/chat_media_png.h"
#include "core/chat_media_webp.h"

#define WIDTH 45
#define HEIGHT 30
#define MEMORY_MAX 65536 /* for one upload */

static char *folder; /* of the pictures */
static chat_media_type_t *detector;
static apr_pool_t *all; /* of the group */

static chat_media_rules_t rules(void)
{
    return (chat_media_rules_t){.detector = detector, .pixels_max = CHAT_IMAGE_PIXELS_DEFAULT};
}

static int make_pictures(void **state)
{
    const char *error;

    (void)state;
    folder = strdup("/tmp/chat_media_test.XXXXXX");
    if (!mkdtemp(folder) || apr_initialize() != APR_SUCCESS ||
        apr_pool_create(&all, NULL) != APR_SUCCESS ||
        chat_media_type_open(&detector, &error, all) != APR_SUCCESS)
        return -1;
    return system(apr_psprintf(all, "/usr/bin/python3 t/media/make.py %s", folder));
}

static int remove_pictures(void **state)
{
    int rc = system(apr_psprintf(all, "rm -rf %s", folder));

    (void)state;
    free(folder);
    apr_pool_destroy(all);
    apr_terminate();
    return rc;
}

/* A file in memory. */
typedef struct {
    unsigned char *bytes;
    size_t length;
} bytes_t;

static bytes_t slurp(const char *path, apr_pool_t *p)
{
    struct stat status;
    bytes_t file = {0};
    int fd = open(path, O_RDONLY);

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &status), 0);
    file.length = (size_t)status.st_size;
    file.bytes = apr_palloc(p, file.length + 1);
    assert_int_equal(read(fd, file.bytes, file.length), file.length);
    close(fd);
    return file;
}

static int make_file(bytes_t file)
{
    char path[] = "/tmp/chat_media_test_file.XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(write(fd, file.bytes, file.length), file.length);
    return fd;
}

typedef void picture_fn(const char *name, const char *path, apr_pool_t *p);

/* Call `check` with each picture of a kind: "whole", "clean", "odd" or "broken". */
static void each(const char *kind, picture_fn *check, apr_pool_t *p)
{
    const char *path = apr_pstrcat(p, folder, "/", kind, NULL);
    DIR *dir = opendir(path);
    struct dirent *entry;
    apr_pool_t *sub;
    int count = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        apr_pool_create(&sub, p);
        check(entry->d_name, apr_pstrcat(sub, path, "/", entry->d_name, NULL), sub);
        apr_pool_destroy(sub);
        count++;
    }
    closedir(dir);
    assert_true(count > 3);
}

static const char *format_of(const char *name)
{
    return strrchr(name, '.') + 1;
}

/* As chat_examination.c does. */
static apr_status_t examine_and_strip(chat_media_t *media, int in, int out,
                                      const chat_media_rules_t *as, apr_pool_t *p)
{
    apr_status_t rv = chat_media_examine(media, in, as, p);

    return rv == APR_SUCCESS && media->has_metadata ? chat_media_strip(media, in, out, p) : rv;
}

/* Examine a picture; the copy goes to stripped/NAME. */
static chat_media_t examine(const char *name, const char *path, apr_pool_t *p)
{
    const char *to = apr_pstrcat(p, folder, "/stripped/", name, NULL);
    chat_media_rules_t all_rules = rules();
    chat_media_t media;
    struct stat status;
    int in = open(path, O_RDONLY), out;

    mkdir(apr_pstrcat(p, folder, "/stripped", NULL), 0755);
    out = open(to, O_RDWR | O_CREAT | O_TRUNC, 0644);
    assert_true(in >= 0 && out >= 0);
    assert_int_equal(examine_and_strip(&media, in, out, &all_rules, p), APR_SUCCESS);
    assert_int_equal(media.is_inline, strcmp(media.kind, "image") == 0);
    assert_int_equal(fstat(media.has_metadata ? out : in, &status), 0);
    assert_int_equal(status.st_size, media.size);
    if (!media.has_metadata) {
        assert_int_equal(fstat(out, &status), 0);
        assert_int_equal(status.st_size, 0);
        unlink(to);
    }
    close(in);
    close(out);
    return media;
}

static int is_of_its_format(const chat_media_t *media, const char *name, apr_pool_t *p)
{
    return media->is_allowed &&
           strcmp(media->content_type, apr_pstrcat(p, "image/", format_of(name), NULL)) == 0;
}

static void check_whole(const char *name, const char *path, apr_pool_t *p)
{
    chat_media_t media = examine(name, path, p);
    const char *copy = apr_pstrcat(p, folder, "/stripped/", name, NULL);
    bytes_t bytes;

    if (!is_of_its_format(&media, name, p) || !media.is_inline || !media.has_metadata)
        fail_msg("%s: is_inline %d, has_metadata %d", name, media.is_inline, media.has_metadata);
    bytes = slurp(copy, p);
    if (memmem(bytes.bytes, bytes.length, "SECRET", 6))
        fail_msg("%s: the copy has a secret", name);
}

static void metadata_are_removed_and_nothing_else(void **state)
{
    each("whole", check_whole, *state);
    assert_int_equal(system(apr_psprintf(*state, "/usr/bin/python3 t/media/check.py %s", folder)),
                     0);
}

static void check_clean(const char *name, const char *path, apr_pool_t *p)
{
    chat_media_t media = examine(name, path, p);

    if (!is_of_its_format(&media, name, p) || !media.is_inline || media.has_metadata)
        fail_msg("%s: is_inline %d, has_metadata %d", name, media.is_inline, media.has_metadata);
    assert_int_equal(media.width, WIDTH);
    assert_int_equal(media.height, HEIGHT);
}

static void a_clean_picture_stays_as_it_is(void **state)
{
    each("clean", check_clean, *state);
}

static void check_broken(const char *name, const char *path, apr_pool_t *p)
{
    chat_media_t media = examine(name, path, p);

    if (media.is_inline || media.has_metadata || strcmp(media.kind, "other") != 0)
        fail_msg("%s: %s, has_metadata %d", name, media.kind, media.has_metadata);
    if (!media.is_allowed)
        print_message("# %s is %s\n", name, media.content_type);
    assert_int_equal(media.width, 0);
    assert_int_equal(media.height, 0);
}

static void what_is_broken_is_downloaded(void **state)
{
    each("broken", check_broken, *state);
}

static void check_odd(const char *name, const char *path, apr_pool_t *p)
{
    chat_media_t media = examine(name, path, p);

    if (!is_of_its_format(&media, name, p) || media.is_inline || strcmp(media.kind, "other") != 0)
        fail_msg("%s: %s", name, media.kind);
    assert_int_equal(media.width, 0);
    assert_int_equal(media.height, 0);
}

static void what_browsers_do_not_show_is_downloaded(void **state)
{
    each("odd", check_odd, *state);
}

static void width_and_height_are_those_that_are_shown(void **state)
{
    apr_pool_t *p = *state;
    int orientation;

    for (orientation = 1; orientation <= 8; orientation++) {
        const char *name = apr_psprintf(p, "orientation%d.jpeg", orientation);
        chat_media_t media = examine(name, apr_pstrcat(p, folder, "/whole/", name, NULL), p);

        assert_int_equal(media.width, orientation < 5 ? WIDTH : HEIGHT);
        assert_int_equal(media.height, orientation < 5 ? HEIGHT : WIDTH);
    }
}

/* Chromium and Firefox turn JPEG and PNG by their orientation, and nothing else. */
static void a_webp_is_shown_as_it_is_stored(void **state)
{
    static const struct {
        const char *name;
        int width;
    } turned[] = {{"rgb.png", HEIGHT}, {"lossy.webp", WIDTH}, {"raw_exif.webp", WIDTH}};
    apr_pool_t *p = *state;
    apr_size_t i;

    for (i = 0; i < UNIT_COUNT(turned); i++) {
        const char *path = apr_pstrcat(p, folder, "/whole/", turned[i].name, NULL);

        assert_int_equal(examine(turned[i].name, path, p).width, turned[i].width);
    }
}

static void metadata_are_kept_where_they_may_stay(void **state)
{
    apr_pool_t *p = *state;
    chat_media_rules_t keeping = rules();
    chat_media_t media;
    int in = open(apr_pstrcat(p, folder, "/whole/orientation6.jpeg", NULL), O_RDONLY);

    keeping.keeps_metadata = 1;
    assert_int_equal(chat_media_examine(&media, in, &keeping, p), APR_SUCCESS);
    assert_true(media.is_inline && !media.has_metadata);
    assert_int_equal(media.width, HEIGHT);
    close(in);
}

/* ---- The walkers, from memory, whatever the windows are ----------------------------------------
 */

typedef struct {
    const unsigned char *from;
    size_t left, step; /* at most `step` bytes are read at once */
    unsigned char *to;
    size_t written, room;
} memory_t;

static apr_status_t read_memory(void *source, unsigned char *bytes, apr_size_t room,
                                apr_size_t *plength)
{
    memory_t *memory = source;

    *plength = room < memory->step ? room : memory->step;
    *plength = *plength < memory->left ? *plength : memory->left;
    memcpy(bytes, memory->from, *plength);
    memory->from += *plength;
    memory->left -= *plength;
    return APR_SUCCESS;
}

static apr_status_t write_memory(void *sink, const unsigned char *bytes, apr_size_t length)
{
    memory_t *memory = sink;

    assert_true(length <= memory->room - memory->written);
    memcpy(memory->to + memory->written, bytes, length);
    memory->written += length;
    return APR_SUCCESS;
}

static chat_media_walk_t *walker_of(const char *name)
{
    const char *format = format_of(name);

    if (strcmp(format, "jpeg") == 0)
        return chat_media_jpeg_walk;
    if (strcmp(format, "png") == 0)
        return chat_media_png_walk;
    return strcmp(format, "gif") == 0 ? chat_media_gif_walk : chat_media_webp_walk;
}

/* Walk twice, as chat_media_examine() and chat_media_strip() do. 0: broken. */
static int walk(chat_media_picture_t *picture, bytes_t *copy, const char *name, bytes_t file,
                size_t room, size_t step, apr_pool_t *p)
{
    memory_t memory = {0};
    chat_media_io_t io;
    int turn;

    *picture = (chat_media_picture_t){.orientation = 1};
    copy->bytes = apr_palloc(p, file.length + 1);
    for (turn = 0; turn < 2; turn++) {
        memory = (memory_t){file.bytes, file.length, step, copy->bytes, 0, file.length};
        io = (chat_media_io_t){.read = read_memory,
                               .source = &memory,
                               .write = turn ? write_memory : NULL,
                               .sink = &memory,
                               .window = malloc(room), /* so that sanitizers see its ends */
                               .out = malloc(room),
                               .room = room};
        if (!walker_of(name)(picture, &io)) {
            assert_int_equal(turn, 0);
            free(io.window);
            free(io.out);
            return 0;
        }
        if (turn)
            chat_media_io_flush(&io);
        free(io.window);
        free(io.out);
        picture->kept = io.kept;
    }
    copy->length = memory.written;
    assert_int_equal(copy->length, picture->kept);
    return 1;
}

static void check_windows(const char *name, const char *path, apr_pool_t *p)
{
    bytes_t file = slurp(path, p), expected, copy;
    chat_media_picture_t picture;
    size_t room, step;
    apr_pool_t *sub;

    if (file.length > 20000)
        return;
    assert_true(walk(&picture, &expected, name, file, 65536, 65536, p));
    for (room = CHAT_MEDIA_IO_WINDOW_MIN; room < 2 * CHAT_MEDIA_IO_WINDOW_MIN; room++) {
        for (step = 1; step <= room; step += step < 4 ? 1 : 29) {
            apr_pool_create(&sub, p);
            assert_true(walk(&picture, &copy, name, file, room, step, sub));
            if (copy.length != expected.length ||
                memcmp(copy.bytes, expected.bytes, copy.length) != 0)
                fail_msg("%s: with a window of %zu and reads of %zu, the copy is another", name,
                         room, step);
            apr_pool_destroy(sub);
        }
    }
}

static void the_copy_is_the_same_for_every_window(void **state)
{
    each("whole", check_windows, *state);
}

/* Cut anywhere, a picture is broken; unless only what is after its end was cut. */
static void check_cuts(const char *name, const char *path, apr_pool_t *p)
{
    bytes_t file = slurp(path, p), whole, copy;
    chat_media_picture_t picture;
    size_t length = file.length, step;
    apr_pool_t *sub;

    if (strncmp(name, "trailer", 7) == 0)
        return;
    assert_true(walk(&picture, &whole, name, file, 4096, 4096, p));
    step = length > 4000 ? length / 500 : 1;
    for (file.length = 0; file.length < length; file.length += step) {
        apr_pool_create(&sub, p);
        if (walk(&picture, &copy, name, file, 4096, 4096, sub))
            fail_msg("%s: its first %zu bytes of %zu are a picture", name, file.length, length);
        apr_pool_destroy(sub);
    }
}

static void a_picture_that_is_cut_is_broken(void **state)
{
    each("clean", check_cuts, *state);
    each("whole", check_cuts, *state);
}

static uint64_t seed;

/* With some bytes changed, it is broken or has a copy, of which the copy is the same again. */
static void check_changes(const char *name, const char *path, apr_pool_t *p)
{
    bytes_t file = slurp(path, p), copy, again;
    chat_media_picture_t picture, second;
    int turn, i;
    apr_pool_t *sub;

    if (file.length > 20000)
        return;
    for (turn = 0; turn < 300; turn++) {
        apr_pool_create(&sub, p);
        file.bytes = slurp(path, sub).bytes;
        for (i = (int)unit_random(&seed, 4); i >= 0; i--)
            file.bytes[unit_random(&seed, file.length)] = (unsigned char)unit_random(&seed, 256);
        if (walk(&picture, &copy, name, file, 4096, 4096, sub)) {
            assert_true(walk(&second, &again, name, copy, 4096, 4096, sub));
            assert_int_equal(again.length, copy.length);
            assert_memory_equal(again.bytes, copy.bytes, copy.length);
            assert_int_equal(second.width, picture.width);
            assert_int_equal(second.height, picture.height);
            assert_int_equal(second.orientation, picture.orientation);
        }
        apr_pool_destroy(sub);
    }
}

static void changed_bytes_do_no_harm(void **state)
{
    seed = unit_random_start();
    each("whole", check_changes, *state);
    each("clean", check_changes, *state);
}

/* ---- Documents ---------------------------------------------------------------------------------
 */

static void check_office(const char *name, const char *path, apr_pool_t *p)
{
    static const char *const types[][2] = {{"doc", "application/msword"},
                                           {"xls", "application/vnd.ms-excel"},
                                           {"ppt", "application/vnd.ms-powerpoint"},
                                           {"msi", "application/x-ole-storage"}};
    chat_media_t media = examine(name, path, p);
    bytes_t file = slurp(path, p);
    apr_size_t i;
    int turn, fd = make_file(file);

    for (i = 0; strcmp(types[i][0], format_of(name)) != 0; i++)
        ;
    assert_string_equal(media.content_type, types[i][1]);
    assert_string_equal(media.kind, i < 3 ? "document" : "other");
    for (turn = 0; turn < 300; turn++) { /* with some bytes changed, it is anything */
        for (i = 0; i < 8; i++)
            file.bytes[8 + unit_random(&seed, turn % 2 ? 100 : file.length - 8)] =
                (unsigned char)unit_random(&seed, 256);
        assert_int_equal(pwrite(fd, file.bytes, file.length, 0), file.length);
        assert_true(chat_media_ole_is(file.bytes, file.length));
        assert_non_null(chat_media_ole_type(fd, file.bytes));
    }
    close(fd);
}

static void documents_of_older_programs_are_told_apart(void **state)
{
    seed = unit_random_start();
    each("office", check_office, *state);
}

/* ---- Bounds and errors -------------------------------------------------------------------------
 */

/* How many bytes these take from a pool's allocator, which gives none back. */
static size_t memory_for(int fd)
{
    chat_media_rules_t all_rules = rules();
    apr_allocator_t *allocator;
    struct mallinfo2 before, after;
    chat_media_t media;
    apr_pool_t *p;
    int out = open("/dev/null", O_WRONLY);

    apr_allocator_create(&allocator);
    apr_pool_create_ex(&p, NULL, NULL, allocator);
    before = mallinfo2();
    assert_int_equal(examine_and_strip(&media, fd, out, &all_rules, p), APR_SUCCESS);
    after = mallinfo2();
    apr_pool_destroy(p);
    apr_allocator_destroy(allocator);
    close(out);
    return after.uordblks + after.hblkhd - before.uordblks - before.hblkhd;
}

static void check_memory(const char *name, const char *path, apr_pool_t *p)
{
    int fd = open(path, O_RDONLY);
    size_t memory = memory_for(fd);

    (void)p;
    if (memory > MEMORY_MAX)
        fail_msg("%s: %zu bytes", name, memory);
    close(fd);
}

/* A PNG, one chunk of which says that it has a gigabyte, and has it. */
static int make_huge(void)
{
    static const unsigned char head[] =
        "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0"
        "\x90\x77\x53\xde\x10\0\0\0teXt";
    char path[] = "/tmp/chat_media_test_huge.XXXXXX";
    int fd = mkstemp(path);

    unlink(path);
    assert_int_equal(write(fd, head, sizeof(head) - 1), sizeof(head) - 1);
    assert_int_equal(ftruncate(fd, 0x10000000 + 1000), 0);
    return fd;
}

static void memory_does_not_depend_on_the_file(void **state)
{
    int fd = make_huge();

    memory_for(fd); /* what libmagic makes for the first time, it keeps */
    each("whole", check_memory, *state);
    each("broken", check_memory, *state);
    assert_in_range(memory_for(fd), 0, MEMORY_MAX);
    close(fd);
}

static void errors_of_the_system_are_errors(void **state)
{
    apr_pool_t *p = *state;
    chat_media_rules_t all_rules = rules();
    chat_media_t media;
    int in = open(apr_pstrcat(p, folder, "/whole/everything.jpeg", NULL), O_RDONLY);
    int full = open("/dev/full", O_WRONLY), directory = open(folder, O_RDONLY);

    assert_int_equal(chat_media_examine(&media, directory, &all_rules, p), EISDIR);
    assert_int_equal(chat_media_examine(&media, 1000, &all_rules, p), EBADF);
    assert_int_not_equal(examine_and_strip(&media, in, full, &all_rules, p), APR_SUCCESS);
    close(in);
    close(full);
    close(directory);
}

static void an_empty_file_is_of_no_use(void **state)
{
    chat_media_rules_t all_rules = rules();
    chat_media_t media;
    int fd = open("/dev/null", O_RDONLY);

    assert_int_equal(chat_media_examine(&media, fd, &all_rules, *state), APR_SUCCESS);
    assert_false(media.is_allowed);
    assert_string_equal(media.kind, "other");
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(metadata_are_removed_and_nothing_else),
        UNIT_TEST(a_clean_picture_stays_as_it_is),
        UNIT_TEST(what_is_broken_is_downloaded),
        UNIT_TEST(what_browsers_do_not_show_is_downloaded),
        UNIT_TEST(width_and_height_are_those_that_are_shown),
        UNIT_TEST(a_webp_is_shown_as_it_is_stored),
        UNIT_TEST(metadata_are_kept_where_they_may_stay),
        UNIT_TEST(the_copy_is_the_same_for_every_window),
        UNIT_TEST(a_picture_that_is_cut_is_broken),
        UNIT_TEST(changed_bytes_do_no_harm),
        UNIT_TEST(documents_of_older_programs_are_told_apart),
        UNIT_TEST(memory_does_not_depend_on_the_file),
        UNIT_TEST(errors_of_the_system_are_errors),
        UNIT_TEST(an_empty_file_is_of_no_use),
    };

    return cmocka_run_group_tests_name("media", tests, make_pictures, remove_pictures);
}
