#include "core/chat_config.h"

int chat_config_has_chat(const chat_config_t *config)
{
    return !config->roots || config->roots->nelts > 0;
}

int chat_config_has_files(const chat_config_t *config)
{
    return config->attachment_dir && chat_config_has_chat(config);
}

int chat_config_files_in_database(const chat_config_t *config)
{
    return config->attachment_store == CHAT_STORE_DATABASE;
}

int chat_config_has_search(const chat_config_t *config)
{
    return config->search != CHAT_SEARCH_OFF;
}

const char *chat_config_search_config(const chat_config_t *config)
{
    return config->search_config ? config->search_config : CHAT_SEARCH_CONFIG_DEFAULT;
}

apr_size_t chat_config_body_bytes_max(const chat_config_t *config)
{
    return config->body_bytes_max ? config->body_bytes_max : CHAT_BODY_BYTES_DEFAULT;
}

const char *chat_config_first_root(const chat_config_t *config)
{
    return config->roots && config->roots->nelts ? APR_ARRAY_IDX(config->roots, 0, const char *)
                                                 : CHAT_ROOT_DEFAULT;
}

apr_int64_t chat_config_attachment_bytes_max(const chat_config_t *config)
{
    return config->attachment_bytes_max ? config->attachment_bytes_max
                                        : CHAT_ATTACHMENT_BYTES_DEFAULT;
}

apr_int64_t chat_config_attachment_free(const chat_config_t *config)
{
    return config->attachment_free_bytes < 0 ? CHAT_ATTACHMENT_FREE_DEFAULT
                                             : config->attachment_free_bytes;
}

apr_int64_t chat_config_attachment_quota_bytes(const chat_config_t *config)
{
    return config->attachment_quota_bytes < 0 ? CHAT_ATTACHMENT_QUOTA_DEFAULT
                                              : config->attachment_quota_bytes;
}

apr_int64_t chat_config_attachment_quota_s(const chat_config_t *config)
{
    return config->attachment_quota_bytes < 0 ? CHAT_ATTACHMENT_QUOTA_S_DEFAULT
                                              : config->attachment_quota_s;
}

apr_int64_t chat_config_image_pixels_max(const chat_config_t *config)
{
    return config->image_pixels_max ? config->image_pixels_max : CHAT_IMAGE_PIXELS_DEFAULT;
}

apr_size_t chat_config_content_chars_max(const chat_config_t *config)
{
    return config->content_chars_max ? config->content_chars_max : CHAT_CONTENT_CHARS_DEFAULT;
}

apr_interval_time_t chat_config_database_wait(const chat_config_t *config)
{
    int wait_ms =
        config->database_wait_ms < 0 ? CHAT_DATABASE_WAIT_MS_DEFAULT : config->database_wait_ms;

    return apr_time_from_msec(wait_ms);
}

int chat_config_group_posting(const chat_config_t *config)
{
    return config->group_posting < 0 ? CHAT_GROUP_POSTING_DEFAULT : config->group_posting;
}

apr_interval_time_t chat_config_heartbeat(const chat_config_t *config)
{
    return apr_time_from_sec(config->heartbeat_s ? config->heartbeat_s : CHAT_HEARTBEAT_S_DEFAULT);
}

apr_size_t chat_config_socket_frame_bytes_max(const chat_config_t *config)
{
    return config->socket_frame_bytes_max ? config->socket_frame_bytes_max
                                          : CHAT_SESSION_FRAME_BYTES_DEFAULT;
}

apr_interval_time_t chat_config_socket_age_max(const chat_config_t *config)
{
    return apr_time_from_sec(config->socket_age_max_s >= 0 ? config->socket_age_max_s
                                                           : CHAT_SESSION_AGE_S_DEFAULT);
}

int chat_config_push_delay_s(const chat_config_t *config)
{
    if (!config->push_key)
        return -1;
    return config->push_delay_s < 0 ? CHAT_PUSH_DELAY_S_DEFAULT : config->push_delay_s;
}
