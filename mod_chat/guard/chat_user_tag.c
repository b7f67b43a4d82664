#include "guard/chat_user_tag.h"

#include <string.h>

#include "core/chat_mac.h"

#define KEY "mod_chat user tag"

_Static_assert(CHAT_USER_TAG_CHARS <= 2 * CHAT_MAC_BYTES, "a tag is the beginning of a code");

static const chat_mac_t *mac;

apr_status_t chat_user_tag_use(apr_pool_t *pconf)
{
    mac = chat_mac_create(KEY, sizeof KEY - 1, pconf);
    return mac ? APR_SUCCESS : APR_ENOMEM;
}

void chat_user_tag_make(char tag[CHAT_USER_TAG_CHARS + 1], const char *external_id)
{
    static const char digits[] = "0123456789abcdef";
    const chat_part_t part = {external_id, strlen(external_id)};
    unsigned char code[CHAT_MAC_BYTES];
    int i;

    tag[0] = '\0';
    if (!chat_mac_make(code, mac, &part, 1))
        return;
    for (i = 0; i < CHAT_USER_TAG_CHARS; i++)
        tag[i] = digits[i % 2 ? code[i / 2] & 0xF : code[i / 2] >> 4];
    tag[CHAT_USER_TAG_CHARS] = '\0';
}
