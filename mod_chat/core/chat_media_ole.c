#include "core/chat_media_ole.h"

#include <string.h>
#include <unistd.h>

#include "core/chat_media_picture.h"

#define SIGNATURE "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#define OTHER "application/x-ole-storage"

/* Offsets in the header, section 2.2. */
#define SHIFT_AT 30
#define DIRECTORY_AT 48
#define FAT_AT 76
#define FAT_COUNT 109 /* of the sectors of the FAT that the header names: 7 MB of small sectors */

/* A directory entry, section 2.6. */
#define ENTRY_BYTES 128
#define NAME_BYTES_AT 64
#define TYPE_AT 66
#define TYPE_STREAM 2

#define SECTOR_LAST 0xfffffffau /* higher numbers have other meanings */

static apr_off_t offset_of(apr_uint32_t sector, unsigned shift)
{
    return ((apr_off_t)sector + 1) << shift;
}

/* Whether the name, in UTF-16, is this one. */
static int is_named(const unsigned char *entry, const char *name)
{
    apr_size_t i, chars = strlen(name);

    if (entry[TYPE_AT] != TYPE_STREAM ||
        chat_media_picture_little16(entry + NAME_BYTES_AT) != 2 * (chars + 1))
        return 0;
    for (i = 0; i < chars; i++)
        if (chat_media_picture_little16(entry + 2 * i) != (unsigned char)name[i])
            return 0;
    return 1;
}

/* NULL: the entry says nothing. */
static const char *type_of(const unsigned char *entry)
{
    static const char *const streams[][2] = {
        {"WordDocument", "application/msword"},
        {"Workbook", "application/vnd.ms-excel"},
        {"Book", "application/vnd.ms-excel"},
        {"PowerPoint Document", "application/vnd.ms-powerpoint"},
    };
    apr_size_t i;

    for (i = 0; i < sizeof(streams) / sizeof(streams[0]); i++)
        if (is_named(entry, streams[i][0]))
            return streams[i][1];
    return NULL;
}

/* The first entry that says something: streams of what is embedded usually come later. */
static const char *type_in_sector(int fd, apr_uint32_t sector, unsigned shift)
{
    unsigned char entry[ENTRY_BYTES];
    apr_off_t at = offset_of(sector, shift), end = at + (1 << shift);
    const char *type = NULL;

    for (; at < end && !type; at += ENTRY_BYTES) {
        if (pread(fd, entry, sizeof(entry), at) != (ssize_t)sizeof(entry))
            return NULL;
        type = type_of(entry);
    }
    return type;
}

/* The next sector of the directory. Above what the header knows of the FAT, it is taken for the one
 * that follows. */
static apr_uint32_t next_sector(int fd, apr_uint32_t sector, unsigned shift,
                                const unsigned char *head)
{
    apr_uint32_t in_sector = 1u << (shift - 2), index = sector / in_sector, fat;
    unsigned char number[4];
    apr_off_t at;

    if (index >= FAT_COUNT)
        return sector + 1;
    fat = chat_media_picture_little32(head + FAT_AT + 4 * index);
    at = offset_of(fat, shift) + 4 * (apr_off_t)(sector % in_sector);
    if (fat >= SECTOR_LAST || pread(fd, number, sizeof(number), at) != (ssize_t)sizeof(number))
        return SECTOR_LAST;
    return chat_media_picture_little32(number);
}

int chat_media_ole_is(const unsigned char *bytes, apr_size_t length)
{
    return length >= CHAT_MEDIA_OLE_HEAD_BYTES &&
           memcmp(bytes, SIGNATURE, sizeof(SIGNATURE) - 1) == 0;
}

const char *chat_media_ole_type(int fd, const unsigned char head[CHAT_MEDIA_OLE_HEAD_BYTES])
{
    unsigned shift = chat_media_picture_little16(head + SHIFT_AT);
    apr_uint32_t sector = chat_media_picture_little32(head + DIRECTORY_AT);
    const char *type = NULL;
    int sectors;

    if (shift != 9 && shift != 12)
        return OTHER;
    for (sectors = 0; sectors < CHAT_MEDIA_OLE_SECTORS_MAX && sector < SECTOR_LAST && !type;
         sectors++) {
        type = type_in_sector(fd, sector, shift);
        sector = next_sector(fd, sector, shift, head);
    }
    return type ? type : OTHER;
}
