#include "store/chat_file_store.h"

#include "store/chat_file_parts.h"

apr_status_t chat_file_store_create(chat_new_file_t **pfile, const chat_config_t *config,
                                    apr_pool_t *p)
{
    return chat_config_files_in_database(config)
               ? chat_files_create_scratch(pfile, config->attachment_dir, p)
               : chat_files_create(pfile, config->attachment_dir, p);
}

apr_status_t chat_file_store_put(const char **poutcome, chat_ctx_t *ctx, const chat_draft_t *draft,
                                 chat_new_file_t *file)
{
    *poutcome = CHAT_FILE_STORED;
    return draft->attachment->in_database
               ? chat_file_parts_put(poutcome, ctx, draft, chat_files_descriptor(file))
               : chat_files_sync(file);
}

void chat_file_store_remove(chat_new_file_t *file, chat_ctx_t *ctx)
{
    chat_files_discard(file);
    if (chat_config_files_in_database(ctx->config))
        chat_file_parts_remove(ctx->db, chat_files_name(file));
}
