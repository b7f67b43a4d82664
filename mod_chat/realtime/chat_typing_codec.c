#include "realtime/chat_typing_codec.h"

#include <string.h>

#include <apr_strings.h>

#include "core/chat_metrics.h"
#include "core/chat_number.h"

#define FLAG_NOTICED 2
#define MARK_BYTES_MAX (4 * CHAT_NUMBER_BYTES_MAX + 6)

void chat_typing_codec_write(chat_typing_codec_t *marks, const chat_typing_change_t *typed)
{
    if (marks->count < CHAT_TYPING_CODEC_MAX)
        marks->marks[marks->count++] = *typed;
    else
        chat_metrics_count(CHAT_COUNTER_TYPING_DROPPED, 1);
}

static int flag_of(const chat_typing_change_t *typed)
{
    return typed->is_noticed ? FLAG_NOTICED : (int)typed->is_typing;
}

const char *chat_typing_codec_take(chat_typing_codec_t *marks, apr_pool_t *p)
{
    char *payload = apr_palloc(p, CHAT_TYPING_CODEC_PAYLOAD_BYTES_MAX + 1);
    apr_size_t length = 0;
    int taken = 0;

    *payload = '\0';
    while (taken < marks->count && length + MARK_BYTES_MAX < CHAT_TYPING_CODEC_PAYLOAD_BYTES_MAX) {
        const chat_typing_change_t *typed = &marks->marks[taken++];

        length += (apr_size_t)apr_snprintf(
            payload + length, CHAT_TYPING_CODEC_PAYLOAD_BYTES_MAX - length,
            "%s%" APR_INT64_T_FMT ":%" APR_INT64_T_FMT ":%d:%" APR_INT64_T_FMT ":%" APR_INT64_T_FMT,
            length ? " " : "", typed->conversation_id, typed->user_id, flag_of(typed), typed->seq,
            typed->source);
    }
    marks->count -= taken;
    memmove(marks->marks, marks->marks + taken, (apr_size_t)marks->count * sizeof marks->marks[0]);
    return payload;
}

static void read_mark(chat_typing_codec_t *marks, char *word)
{
    enum { CONVERSATION, USER, FLAG, SEQ, SOURCE, COUNT } i;
    apr_int64_t numbers[COUNT];
    chat_typing_change_t typed = {0};
    char *state = NULL;

    for (i = 0; i < COUNT; i++) {
        const char *part = apr_strtok(i ? NULL : word, ":", &state);

        if (!part || chat_number_read(&numbers[i], part) != APR_SUCCESS)
            return;
    }
    typed.conversation_id = numbers[CONVERSATION];
    typed.user_id = numbers[USER];
    typed.is_typing = numbers[FLAG] == 1;
    typed.is_noticed = numbers[FLAG] == FLAG_NOTICED;
    typed.seq = numbers[SEQ];
    typed.source = numbers[SOURCE];
    chat_typing_codec_write(marks, &typed);
}

void chat_typing_codec_read(chat_typing_codec_t *marks, const char *payload, apr_pool_t *p)
{
    char *words = apr_pstrdup(p, payload);
    char *state = NULL;
    char *word;

    for (word = apr_strtok(words, " ", &state); word; word = apr_strtok(NULL, " ", &state))
        read_mark(marks, word);
}
