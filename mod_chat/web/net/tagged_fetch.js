/**
 * @file tagged_fetch.js
 * A fetch that remembers the ETag with which each address was read last, and sends it as If-Match with what changes or
 * deletes what is there: the server refuses that (412) when somebody else has changed it meanwhile.
 *
 *     const { fetch } = new TaggedFetch((url, request) => window.fetch(url, request));
 */
const TAGS_MAX = 200; // the addresses that were read last
const CHANGES = ['PATCH', 'DELETE'];

export class TaggedFetch {
    #tags = new Map(); // URL -> ETag, the newest last
    #fetch;

    constructor(fetch) {
        this.#fetch = fetch;
    }

    fetch = async (url, request) => {
        const { method, headers } = request;
        const tag = CHANGES.includes(method) ? this.#tags.get(url) : undefined;
        const answer = await this.#fetch(url, tag === undefined ? request : { ...request, headers: { ...headers, 'If-Match': tag } });

        if (answer.ok && (method === 'GET' || method === 'PATCH'))
            this.#remember(url, answer.headers.get('ETag'));
        return answer;
    };

    #remember(url, tag) {
        this.#tags.delete(url);
        if (tag === null)
            return;
        this.#tags.set(url, tag);
        if (this.#tags.size > TAGS_MAX)
            this.#tags.delete(this.#tags.keys().next().value);
    }
}
