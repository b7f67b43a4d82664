/**
 * @file route.js
 * Which page of the administration the part after # of an address means, and the other way round:
 *
 *     #/admin                                     the first page
 *     #/admin/flagged                             flagged messages, one after the other
 *     #/admin/conversations?church_id=3&year=2026 a list, with what the API takes as its query
 *     #/admin/conversations/7                     one of them
 *     #/admin/churches/new                        a form for a new one
 *
 * A route is {view, resource, id, params}; `id` is text, as it may have more digits than a number keeps.
 */
const FORM = /^#\/admin(?:\/([a-z]+)(?:\/(new|[1-9]\d{0,18}))?)?\/?(?:\?(.*))?$/;
const VIEWS = ['overview', 'flagged'];
const OF_PAGE = ['cursor']; // means nothing in another list
const NOT_FILTERS = ['order', 'limit', ...OF_PAGE];

/** `resources`: the names of those that there are. The first page where the address says nothing; `view` is unknown for one that
 * is not there. */
export function readRoute(hash, resources) {
    const [all, name = 'overview', id = null, query = ''] = FORM.exec(hash) ?? [];
    const params = Object.fromEntries([...new URLSearchParams(query)].filter(([, value]) => value !== ''));

    if (all === undefined || (VIEWS.includes(name) && id === null))
        return { view: all === undefined ? 'overview' : name, resource: null, id: null, params };
    if (!resources.includes(name))
        return { view: 'unknown', resource: null, id: null, params: {} };
    if (id === null)
        return { view: 'list', resource: name, id, params };
    return { view: id === 'new' ? 'new' : 'item', resource: name, id: id === 'new' ? null : id, params };
}

/** Whether the part after # is ours, or nothing yet. */
export function isOurs(hash) {
    return hash === '' || hash === '#' || FORM.test(hash);
}

export function hashOf({ view, resource = null, id = null, params = {} }) {
    const name = resource ?? (view === 'overview' ? null : view);
    const path = ['#/admin', name, view === 'new' ? 'new' : id].filter(part => part !== null).join('/');
    const query = queryOf(params);

    return query ? `${path}?${query}` : path;
}

/** A list with other conditions: from its beginning. null and '' take one away. */
export function withParams(route, changes) {
    const params = Object.entries({ ...without(route.params, OF_PAGE), ...changes }).filter(([, value]) => value !== null && value !== '');

    return { ...route, params: Object.fromEntries(params) };
}

/** What of its parameters chooses items. */
export function filterOf(params) {
    return without(params, NOT_FILTERS);
}

export function queryOf(params) {
    return new URLSearchParams(params).toString();
}

function without(params, names) {
    return Object.fromEntries(Object.entries(params).filter(([name]) => !names.includes(name)));
}
