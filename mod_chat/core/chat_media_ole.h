/**
 * @file chat_media_ole.h
 * Tells the documents of older office programs apart, by the names of their streams (MS-CFB, the
 * Compound File Binary Format).
 *
 * Their directory may be anywhere in the file, so a detector that sees its beginning does not find
 * it. At most CHAT_MEDIA_OLE_SECTORS_MAX sectors of it are read. Threads: any.
 */
#ifndef MOD_CHAT_CHAT_MEDIA_OLE_H
#define MOD_CHAT_CHAT_MEDIA_OLE_H
#include <apr_errno.h>

#define CHAT_MEDIA_OLE_HEAD_BYTES 512
#define CHAT_MEDIA_OLE_SECTORS_MAX 64

/** Whether a file that begins with these bytes is a compound file. */
int chat_media_ole_is(const unsigned char *bytes, apr_size_t length);

/** The type of the compound file `fd`, which begins with these bytes: that of a document of Word,
 * Excel or PowerPoint, or "application/x-ole-storage" for any other, or a broken one. */
const char *chat_media_ole_type(int fd, const unsigned char head[CHAT_MEDIA_OLE_HEAD_BYTES]);
#endif
