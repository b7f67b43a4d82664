#include "live/chat_index.h"

#include <stdlib.h>

#define BUCKETS_FIRST 256 /* a power of two, doubled as often as there are as many groups */

typedef struct chat_index_group_t {
    struct chat_index_group_t *next; /* of the bucket */
    apr_uint64_t space;
    apr_uint64_t id;
    chat_index_link_t *first;
    int count;
} group_t;

struct chat_index_t {
    group_t **buckets;
    apr_size_t bucket_count;
    apr_size_t group_count;
};

static apr_size_t bucket_of(apr_uint64_t space, apr_uint64_t id, apr_size_t bucket_count)
{
    apr_uint64_t mixed = (space ^ id) * APR_UINT64_C(0x9E3779B97F4A7C15);

    return (apr_size_t)(mixed >> 32) & (bucket_count - 1);
}

chat_index_t *chat_index_create(void)
{
    chat_index_t *index = calloc(1, sizeof *index);

    if (!index)
        return NULL;
    index->bucket_count = BUCKETS_FIRST;
    index->buckets = calloc(index->bucket_count, sizeof(group_t *));
    if (index->buckets)
        return index;
    free(index);
    return NULL;
}

void chat_index_destroy(chat_index_t *index)
{
    apr_size_t i;

    for (i = 0; i < index->bucket_count; i++) {
        while (index->buckets[i]) {
            group_t *group = index->buckets[i];

            index->buckets[i] = group->next;
            free(group);
        }
    }
    free(index->buckets);
    free(index);
}

static group_t *find_group(const chat_index_t *index, apr_uint64_t space, apr_uint64_t id)
{
    group_t *group = index->buckets[bucket_of(space, id, index->bucket_count)];

    while (group && (group->space != space || group->id != id))
        group = group->next;
    return group;
}

static void put_group(group_t **buckets, apr_size_t bucket_count, group_t *group)
{
    group_t **bucket = &buckets[bucket_of(group->space, group->id, bucket_count)];

    group->next = *bucket;
    *bucket = group;
}

/* Without memory for more it stays as it is, and becomes slower. */
static void grow(chat_index_t *index)
{
    apr_size_t bucket_count = 2 * index->bucket_count;
    group_t **buckets = calloc(bucket_count, sizeof *buckets);
    apr_size_t i;

    if (!buckets)
        return;
    for (i = 0; i < index->bucket_count; i++) {
        while (index->buckets[i]) {
            group_t *group = index->buckets[i];

            index->buckets[i] = group->next;
            put_group(buckets, bucket_count, group);
        }
    }
    free(index->buckets);
    index->buckets = buckets;
    index->bucket_count = bucket_count;
}

static group_t *add_group(chat_index_t *index, apr_uint64_t space, apr_uint64_t id)
{
    group_t *group = calloc(1, sizeof *group);

    if (!group)
        return NULL;
    if (index->group_count >= index->bucket_count)
        grow(index);
    group->space = space;
    group->id = id;
    put_group(index->buckets, index->bucket_count, group);
    index->group_count++;
    return group;
}

static void remove_group(chat_index_t *index, group_t *group)
{
    group_t **link = &index->buckets[bucket_of(group->space, group->id, index->bucket_count)];

    while (*link != group)
        link = &(*link)->next;
    *link = group->next;
    index->group_count--;
    free(group);
}

apr_status_t chat_index_add(chat_index_t *index, apr_uint64_t space, apr_uint64_t id,
                            chat_index_link_t *link)
{
    group_t *group = find_group(index, space, id);

    if (!group)
        group = add_group(index, space, id);
    if (!group)
        return APR_ENOMEM;
    link->previous = NULL;
    link->next = group->first;
    if (group->first)
        group->first->previous = link;
    group->first = link;
    group->count++;
    link->group = group;
    return APR_SUCCESS;
}

void chat_index_remove(chat_index_t *index, chat_index_link_t *link)
{
    group_t *group = link->group;

    if (!group)
        return;
    if (link->previous)
        link->previous->next = link->next;
    else
        group->first = link->next;
    if (link->next)
        link->next->previous = link->previous;
    link->group = NULL;
    if (--group->count == 0)
        remove_group(index, group);
}

chat_index_link_t *chat_index_find(const chat_index_t *index, apr_uint64_t space, apr_uint64_t id)
{
    const group_t *group = find_group(index, space, id);

    return group ? group->first : NULL;
}

int chat_index_count(const chat_index_link_t *link)
{
    return link->group ? link->group->count : 0;
}
