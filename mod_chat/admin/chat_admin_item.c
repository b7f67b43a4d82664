#include "admin/chat_admin_item.h"

#include "http/chat_reply.h"

chat_administrator_t chat_admin_item_by(const chat_request_t *req)
{
    const chat_profile_t *profile = &req->ctx->profile;

    return (chat_administrator_t){.username =
                                      profile->username ? profile->username : profile->external_id,
                                  .address = req->r->useragent_ip,
                                  .request_id = chat_request_id(req->r)};
}

chat_json_t *chat_admin_item_begin(chat_request_t *req, int http_status,
                                   const chat_admin_resource_t *resource,
                                   const chat_admin_item_t *item)
{
    chat_json_t *json = chat_reply_json(req, http_status);

    chat_reply_not_stored(req);
    chat_reply_etag(req, item->etag);
    chat_json_object_begin(json);
    chat_json_foreign_members(json, item->item);
    chat_admin_resource_write_read_only(json, resource);
    return json;
}
