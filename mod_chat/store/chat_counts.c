#include "store/chat_counts.h"

static const chat_column_t counts_columns[] = {
    CHAT_COLUMN(chat_counts_t, unread_messages),
    CHAT_COLUMN(chat_counts_t, unread_conversations),
    CHAT_COLUMN(chat_counts_t, member_messages),
    CHAT_COLUMN(chat_counts_t, member_conversations),
    CHAT_COLUMN_AS("counts_version", chat_counts_t, version),
};
const chat_record_t chat_counts_record = CHAT_RECORD(counts_columns);
