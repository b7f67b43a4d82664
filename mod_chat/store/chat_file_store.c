#include "store/chat_file_store.h"

#include "store/chat_file_parts.h"

apr_status_t chat_file_store_create(chat_new_file_t **pfile, const chat_config_t *config,
                                    apr_pool_t *p)
{
    return chat_config_files_in_database(config)
               ? chat_files_create_scratch(pfile, config->attachment_dir, p)
               : chat_files_create(pfile, config->attachment_dir, p);
}

apr_status_t chat_file_store_put(chat_new_file_t *file, chat_ctx_t *ctx,
                                 apr_int64_t conversation_id)
{
    apr_status_t rv = chat_files_finish(file);

    if (rv != APR_SUCCESS)
        return rv;
    return chat_config_files_in_database(ctx->config)
               ? chat_file_parts_put(ctx, conversation_id, chat_files_name(file),
                                     chat_files_descriptor(file), chat_files_size(file))
               : chat_files_sync(file);
}

void chat_file_store_remove(chat_new_file_t *file, chat_ctx_t *ctx)
{
    chat_files_discard(file);
    if (chat_config_files_in_database(ctx->config))
        chat_file_parts_remove(ctx->db, chat_files_name(file));
}
