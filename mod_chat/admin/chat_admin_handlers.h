/**
 * @file chat_admin_handlers.h
 * The handlers of the paths below admin/, which the route table (api/chat_api.c) names.
 *
 * All these paths answer 404 unless both Require and ChatAdmin allow the user; chat_api_handle()
 * checks this before it calls a handler. An administrator needs no row in chat.users, nor an active
 * one. The answers are no-store. Threads: the worker that serves the request.
 */
#ifndef MOD_CHAT_CHAT_ADMIN_HANDLERS_H
#define MOD_CHAT_CHAT_ADMIN_HANDLERS_H
#include "http/chat_route.h"

/** The resources, with their columns, filters, orders, and what can be done with them. */
chat_handler_t chat_admin_describe;

/** A page of a list of admin/{resource}/, and one object of it. */
chat_handler_t chat_admin_list, chat_admin_get;

/** The statistics. */
chat_handler_t chat_admin_stats;

/** A list as a file, admin/{resource}/export/: the handler sends the answer itself. */
chat_handler_t chat_admin_export;

/** All that is kept of a user, as JSON: admin/users/{id}/export/, likewise. */
chat_handler_t chat_admin_export_user;

/** A conversation with its newest messages; the audit log says who viewed it. */
chat_handler_t chat_admin_view;

/** Change an object, make one, delete one; each with its row of the audit log. */
chat_handler_t chat_admin_patch, chat_admin_create, chat_admin_delete;

/** POST admin/{resource}/actions/: something done to many objects. */
chat_handler_t chat_admin_act;

/** POST admin/users/{id}/erase/: all that is kept of a user, or a part of it. */
chat_handler_t chat_admin_erase;
#endif
