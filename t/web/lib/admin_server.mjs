// The API of administration in memory, for one who may: lists by pages, ETags, actions in two steps, and an audit log. It
// refuses as the server does.
const PAGE = 20;
const PART = 10; // of an action
const NEEDS_CONFIRM = ['delete'];
// As the server describes itself, which t/browser/admin.test.mjs compares.
const DESCRIBED = {
    users: {
        columns: 'id username external_id display_name email email_state avatar_url language role is_active created_at', changes: 'display_name email is_active language', orders: 'id name',
        filters: [['is_active', 'boolean'], ['role', 'word', 'member staff'], ['email_state', 'word', 'ok none failing'], ['username', 'text'], ['q', 'text']], export: true, export_item: true, erase: true,
    },
    churches: {
        columns: 'id name logo_url is_active staff_count unread_conversations created_at', changes: 'name logo_url is_active', orders: 'id name',
        filters: [['is_active', 'boolean'], ['q', 'text']], create: true, delete: true,
    },
    staff: {
        columns: 'id church_id church_name user_id username display_name user_is_active role created_at', changes: 'role',
        filters: [['church_id', 'number'], ['user_id', 'number'], ['role', 'word', 'staff manager'], ['q', 'text']], create: true, delete: true,
    },
    conversations: {
        columns: 'id member_id member_name church_id church_name last_seq last_message last_message_from last_message_at member_unread church_unread member_blocked version updated_at created_at',
        changes: 'member_blocked', actions: 'mark_read block unblock delete export', export: true, delete: true,
        filters: [['church_id', 'number'], ['member_id', 'number'], ['unread', 'boolean'], ['blocked', 'boolean'], ['flagged', 'boolean'], ['empty', 'boolean'], ['selection', 'number'], ['q', 'text']],
    },
    messages: {
        columns: 'id conversation_id seq church_id church_name member_id sender_id sender_name from_church content attachment flag read_at created_at', actions: 'delete unflag', export: true, delete: true,
        filters: [['church_id', 'number'], ['conversation_id', 'number'], ['sender_id', 'number'], ['flag', 'word', 'any none pattern links repeat'], ['unread', 'boolean'],
            ['has_attachment', 'boolean'], ['q', 'text']],
    },
    attachments: {
        columns: 'id conversation_id message_id church_id sender_id sender_name name type content_type size width height scanned store created_at', actions: 'delete', delete: true,
        filters: [['conversation_id', 'number'], ['type', 'word', 'image document other'], ['content_type', 'text'], ['min_size', 'number'], ['scanned', 'boolean']],
    },
    notifications: {
        columns: 'id church_id church_name member_id member_name member_unread member_unread_since church_unread church_unread_since last_message last_message_at',
        filters: [['church_id', 'number'], ['member_id', 'number']],
    },
    deliveries: {
        columns: 'id kind state conversation_id user_id user_name digest attempts due_at last_error done_at created_at', actions: 'retry drop',
        filters: [['kind', 'word', 'email push'], ['state', 'word', 'due sent dropped dead'], ['user_id', 'number'], ['conversation_id', 'number']],
    },
    audit: {
        columns: 'id created_at username address request_id action object_kind object_id before after reason', export: true,
        filters: [['username', 'text'], ['action', 'text'], ['object_kind', 'word', 'user church staff conversation message attachment delivery audit'], ['object_id', 'number']],
    },
};
const words = list => list.split(' ').filter(Boolean);

export class FakeAdminServer {
    requests = []; // {method, path, query, json, headers}
    userTag = 'tag1';
    isAllowed = true;
    isLoggedIn = true;
    isActive = true; // as a user of the chat
    isUp = true;
    hasStats = true;
    others = {}; // what it describes otherwise, as another version of the server would: {churches: {create: true}}
    partsWithoutAfter = 0; // of an action, in which the messages of one conversation go
    refusals = []; // of the next parts: null for one that is done; {status, code} for one that is not; 'lost': done, without an answer
    #versions = new Map(); // item -> its version
    #confirms = new Map(); // token -> what it is for
    #count = 0;

    constructor() {
        const at = n => new Date(Date.UTC(2026, 0, 1 + n)).toISOString().replace('Z', '000Z');

        this.lists = {
            users: [['admin', 'Ada Admin'], ['alice', 'Alice Archer'], ['bob', '<b>Bob</b>']].map(([username, name], i) => ({
                id: i + 1, username, display_name: name, email: null, is_active: true, language: 'en', created_at: at(i),
            })),
            churches: [{ id: 1, name: 'St. Mary’s Church', logo_url: null, is_active: true, created_at: at(0) }, { id: 2, name: 'Empty', logo_url: null, is_active: true, created_at: at(1) }],
            staff: [{ id: 1, user_id: 1, username: 'admin', church_id: 1, church_name: 'St. Mary’s Church', role: 'staff' }],
            conversations: Array.from({ length: 50 }, (_, i) => ({
                id: i + 1, member_id: 2 + i % 2, member_name: `Member ${i}`, church_id: 1, church_name: 'St. Mary’s Church', last_message: `message ${i}`,
                church_unread: i % 3, member_blocked: false, created_at: at(i), updated_at: at(i),
            })),
            messages: Array.from({ length: 30 }, (_, i) => ({
                id: i + 1, conversation_id: 1 + i % 5, sender_id: 2, sender_name: 'Alice Archer', content: `message ${i}`, from_church: false,
                flag: i % 10 === 0 ? 'links' : null, read_at: null, created_at: at(i), attachment: null,
            })),
            attachments: [], notifications: [],
            deliveries: [{ id: 1, kind: 'email', state: 'dead', user_id: 2, attempts: 9, last_error: 'refused', created_at: at(3) }],
            audit: [{
                id: 1, created_at: at(2), username: 'admin', address: '127.0.0.1', request_id: 'r1', action: 'update', object_kind: 'church', object_id: 1,
                before: { name: 'St. Mary', is_active: true }, after: { name: 'St. Mary’s Church', is_active: true }, reason: null,
            }],
        };
    }

    fetch = async (url, { method = 'GET', headers = {}, body } = {}) => {
        const { pathname, searchParams } = new URL(url, 'https://chat.example');
        const request = { method, path: pathname.replace(/^.*\/admin\//, ''), query: Object.fromEntries(searchParams), headers, json: body && JSON.parse(body) };

        this.requests.push(request);
        const refusal = isPart(request) ? this.refusals.shift() ?? null : null;

        if (!this.isUp)
            throw new TypeError('Failed to fetch');
        const { status, json = null, etag = null } = refusal?.status ? problem(refusal.status, refusal.code) : this.answer(request);

        if (refusal === 'lost')
            throw new TypeError('Failed to fetch');

        return new Response(json === null ? null : JSON.stringify(json), {
            status, headers: { 'X-Chat-User': this.userTag, ...etag && { ETag: etag }, ...json?.retry_after && { 'Retry-After': String(json.retry_after) } },
        });
    };

    answer(request) {
        if (request.path.endsWith('conversations/unread/') && this.isLoggedIn)
            return this.isActive ? { status: 200, json: { unread_count: 0 } } : problem(403, 'inactive');
        if (request.path.endsWith('conversations/unread/'))
            return problem(401, 'unauthorized');
        if (!this.isAllowed || !this.isLoggedIn)
            return problem(404, 'not_found');
        const [resource, id] = request.path.split('/');

        if (resource === '')
            return { status: 200, json: { resources: this.describe() } };
        if (resource === 'stats' && !this.hasStats)
            return problem(404, 'not_found');
        if (resource === 'stats')
            return { status: 200, json: this.stats() };
        const described = this.describe().find(({ name }) => name === resource);

        if (!described)
            return problem(404, 'not_found');
        if (!isThere(described, id, request))
            return problem(id === 'actions' || id === 'export' ? 404 : 405, 'not_there');
        if (id === 'actions')
            return this.#act(resource, request.json);
        if (id === '' || id === undefined)
            return request.method === 'POST' ? this.#create(resource, request.json) : { status: 200, json: this.#page(resource, request.query) };
        if (request.path.endsWith('/erase/'))
            return this.#erase(Number(id), request.json);
        return this.#one(resource, Number(id), request);
    }

    describe() {
        return Object.entries(DESCRIBED).map(([name, own]) => this.#describe(name, { ...own, ...this.others[name] }));
    }

    #describe(name, { columns, changes = '', actions = '', orders = 'id', filters, export: hasExport = false, export_item: hasItemExport = false, create = false, delete: canDelete = false, erase = false }) {
        return {
            name, columns: words(columns), read_only: words(columns).filter(one => !words(changes).includes(one)), orders: words(orders), actions: words(actions),
            export: hasExport, export_item: hasItemExport, create, delete: canDelete, erase,
            filters: filters.map(([name, type, values]) => ({ name, type, ...values && { values: words(values) } })),
        };
    }

    stats() {
        return {
            totals: { users: 3, churches: 2, conversations: 50, messages: 30, attachments: 0, attachment_bytes: 0, unread: 17, flagged: 3, push_subscriptions: 0 },
            days: Array.from({ length: 30 }, (_, i) => ({ date: `2026-01-${String(i + 1).padStart(2, '0')}`, conversations: 1, messages: i, by_members: i - Math.floor(i / 3), by_staff: Math.floor(i / 3), attachments: 0, mails: 2, pushes: 0 })),
            first_answer_seconds: { p50: 240, p90: 7200 }, outbox: { due: 0, dead: 1 }, as_of: '2026-01-31T12:00:00.000000Z',
        };
    }

    /** Somebody else changes it. */
    change(item, fields) {
        Object.assign(item, fields);
        this.#versions.set(item, this.#version(item) + 1);
    }

    /** What was rehearsed has to be so again. */
    forgetConfirms() {
        this.#confirms.clear();
    }

    find(resource, id) {
        return this.lists[resource].find(one => one.id === id);
    }

    #version(item) {
        return this.#versions.get(item) ?? 1;
    }

    #etag(item) {
        return `"${item.id}-${this.#version(item)}"`;
    }

    #filtered(resource, filter) {
        const { q, flag = '', unread, conversation_id: of, username } = filter;
        const isFlag = { '': () => true, any: one => one !== null, none: one => one === null }[flag] ?? (one => one === flag);

        return this.lists[resource].filter(one => (!q || JSON.stringify(one).toLowerCase().includes(q.toLowerCase())) && isFlag(one.flag) &&
            (!unread || one.church_unread > 0) && (!username || one.username === username) && (!of || String(one.conversation_id) === of)).sort((a, b) => filter.order === 'id' ? a.id - b.id : b.id - a.id);
    }

    #page(resource, { cursor, limit = PAGE, ...query }) {
        const all = this.#filtered(resource, query);
        const from = Number(cursor ?? 0);
        const to = from + Number(limit);
        const dates = query.month ? [{ day: 3, count: 2 }] : query.year ? [{ month: 1, count: 31 }] : [{ year: 2026, count: all.length }];

        return {
            items: all.slice(from, to), count: all.length, count_is: Object.keys(query).length === 0 ? 'about' : 'exact', dates,
            next: to < all.length ? `/api/admin/${resource}/?cursor=${to}` : null,
        };
    }

    #create(resource, fields) {
        if (resource === 'churches' && !fields.name)
            return problem(400, 'invalid', [{ field: 'name', detail: 'is missing' }]);
        const item = { id: this.lists[resource].length + 1, ...fields };

        this.lists[resource].push(item);
        return { status: 201, json: item, etag: this.#etag(item) };
    }

    #one(resource, id, { method, headers, json }) {
        const item = this.find(resource, id);

        if (!item)
            return problem(404, 'not_found');
        if (method === 'GET')
            return { status: 200, json: { ...item, ...resource === 'conversations' && this.#thread(id), read_only: ['id', 'created_at'] }, etag: this.#etag(item) };
        if (headers['If-Match'] === undefined)
            return problem(428, 'precondition_required');
        if (headers['If-Match'] !== this.#etag(item))
            return problem(412, 'stale');
        if (method === 'PATCH') {
            this.change(item, json);
            return { status: 200, json: item, etag: this.#etag(item) };
        }
        this.lists[resource] = this.lists[resource].filter(one => one !== item);
        return { status: 204 };
    }

    /* Another `confirm`, which is the only one from now on. */
    #renew(what) {
        const token = `token${++this.#count}`;

        this.#confirms.clear();
        this.#confirms.set(token, what);
        return { confirm: token };
    }

    /* In two parts. */
    #erase(id, { reason, dry_run: isRehearsal, confirm, after }) {
        if (isRehearsal) {
            const token = `token${++this.#count}`;

            this.#confirms.set(token, `erase ${id}`);
            return { status: 200, json: { would: { conversations: 1, messages: 30, attachments: 0 }, at_least: false, confirm: token } };
        }
        if (this.#confirms.get(confirm) !== `erase ${id}` || !reason)
            return problem(409, 'confirm');
        if (after === undefined)
            return { status: 200, json: { removed: { users: 0, messages: 20 }, audit_id: 3, has_more: true, after: 5 } };
        this.lists.users = this.lists.users.filter(one => one.id !== id);
        return { status: 200, json: { removed: { users: 1, messages: 10 }, audit_id: 4, has_more: false, after: null } };
    }

    #thread(id) {
        return { messages: this.lists.messages.filter(one => one.conversation_id === id), has_more: false };
    }

    #act(resource, { action, ids, filter, after = 0, reason, dry_run: isRehearsal, confirm }) {
        const items = (ids ? this.lists[resource].filter(({ id }) => ids.includes(id)) : this.#filtered(resource, filter)).filter(({ id }) => id > after);
        const what = JSON.stringify([resource, action, ids, filter]);

        if (isRehearsal) {
            const token = `token${++this.#count}`;

            this.#confirms.set(token, what);
            return { status: 200, json: { would: { conversations: 0, messages: 0, attachments: 0, [resource]: items.length }, at_least: false, confirm: token } };
        }
        if ((NEEDS_CONFIRM.includes(action) || filter) && (this.#confirms.get(confirm) !== what || !reason))
            return problem(409, 'confirm');
        if (this.partsWithoutAfter > 0) {
            this.partsWithoutAfter--;
            return { status: 200, json: { done: 0, skipped: 0, audit_id: 2, has_more: true, after: after || null, ...this.#renew(what) } };
        }
        const left = items.sort((a, b) => a.id - b.id);
        const part = left.slice(0, PART);

        for (const item of part)
            if (action === 'delete')
                this.lists[resource] = this.lists[resource].filter(one => one !== item);
            else if (action === 'unflag')
                this.change(item, { flag: null });
            else if (action === 'block')
                this.change(item, { member_blocked: true });
        if (action === 'export')
            return { status: 200, json: { done: items.length, skipped: 0, audit_id: 2, has_more: false, after: null, url: `/api/admin/${resource}/export/?selection=2` } };
        return { status: 200, json: { done: part.length, skipped: 0, audit_id: 2, has_more: left.length > PART, after: part.at(-1)?.id ?? null } };
    }
}

/* Not a rehearsal. */
function isPart({ method, path, json }) {
    return method === 'POST' && /\/(?:actions|erase)\/$/.test(path) && !json.dry_run;
}

/* Whether what is described has a route for it. */
function isThere({ columns, read_only: readOnly, actions, ...has }, id, { method, path }) {
    if (id === 'actions')
        return actions.length > 0;
    if (id === 'export' || path.endsWith('/erase/'))
        return id === 'export' ? has.export : has.erase;
    if (!id)
        return method === 'GET' || has.create;
    return method === 'GET' || (method === 'PATCH' ? readOnly.length < columns.length : has.delete);
}

function problem(status, code, errors = []) {
    return { status, json: { status, code, title: code, detail: code, errors } };
}
