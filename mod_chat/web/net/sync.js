/**
 * @file sync.js
 * What REST tells of the time in which nothing was heard: changed conversations, missed messages, receipts.
 *
 * `updated_since` finds conversations with something new. It is asked for with the `sync` of the list before,
 * which knows what that list had, whoever commits when; over a socket the server is asked first whether there is
 * something (`question`). In another epoch of the database (a backup was
 * restored) the server answers as if nothing had been asked before, and the owner begins anew. Receipts change no
 * `updated_at`; they are looked for in the conversations that the page shows (watch), among the messages
 * since the last look and RECEIPTS_MAX before.
 *
 * Bounded: LIST_PAGES_MAX pages of a list and MESSAGE_PAGES_MAX of the messages of a conversation whose
 * place was unknown; what is beyond is told as `lost`. SHOWN_MAX conversations are compared with what they were,
 * WATCHED_MAX are watched.
 */
import { isOfOwnSide } from './message.js';
import { ChatProblem } from './problem.js';

const OVERLAP_MS = 10000; // moments are taken before commit, and so appear out of order
const FIRST_LIST_MAX = 100;
const PAGE_MAX = 200;
const LIST_PAGES_MAX = 10;
const MESSAGE_PAGES_MAX = 5;
const RECEIPTS_MAX = 50;
const SHOWN_MAX = 1000;
const WATCHED_MAX = 10;

export class Sync {
    role = null; // of the user in the conversations that are listed: member, staff; null: both
    #rest;
    #sequencer;
    #emit;
    #onEpoch;
    #first = null; // the list that a page has asked for, to begin with: a promise, of null where there is none
    #answer = null; // the same list, when it is there
    #since = null; // the newest moment up to which nothing is missing, as the server writes it
    #sync = null; // of the last list
    #version = null; // of the counts, the highest that was heard
    #shown = new Map(); // id -> the conversation as it was told last, as JSON
    #watched = new Map(); // id -> {mine, theirs, seen}: up to which message either side has read, and we have looked

    /**
     * `emit(type, detail)` hears `conversation`, `unread`, `read`, `lost`, `gone`; `onEpoch(epoch)` each list's epoch
     * before anything of it is told. False: it is not to be told, for everything begins anew.
     */
    constructor(rest, sequencer, emit, onEpoch = () => true) {
        this.#rest = rest;
        this.#sequencer = sequencer;
        this.#emit = emit;
        this.#onEpoch = onEpoch;
    }

    /** Whether there was a list before: only then can anything have been missed. */
    get hasBegun() {
        return this.#since !== null || this.#first !== null;
    }

    /** The page has asked for its first list: what that shows is known, and what came later is looked for. */
    beginWith(list) {
        if (this.hasBegun)
            return;
        const first = list.then(answer => {
            this.#answer = first === this.#first ? answer : this.#answer;
            return answer;
        }, () => null);

        this.#first = first;
    }

    /** Nothing that was listed counts any more. What is watched stays so, and is looked at as for the first time. */
    reset() {
        this.#first = this.#answer = this.#since = this.#sync = this.#version = null;
        this.#shown.clear();
        for (const id of this.watched)
            this.#watched.set(id, { mine: 0, theirs: 0, seen: Infinity });
    }

    /** Whether the list that the page has asked for is still on its way. */
    get isBeginning() {
        return this.#first !== null;
    }

    /** It is there, or failed; at once if it was there already. */
    async begin() {
        const first = this.#first;
        const list = this.#answer ?? await first;

        if (!list || first !== this.#first) {
            this.#first = first === this.#first ? null : this.#first;
            return;
        }
        this.#first = this.#answer = null;
        this.#heed(list.epoch);
        for (const conversation of list.conversations) { // the page tells of these itself
            this.#shown.set(conversation.id, JSON.stringify(conversation));
            this.#sequencer.markKnown(conversation.id, conversation.last_message_id);
        }
        this.#since = list.conversations[0]?.updated_at ?? this.#rest.moment;
        this.#sync = list.sync ?? null;
        this.onCounts(list);
    }

    /** What a `resume` asks, to know whether the last list is still what there is; null: there was none. */
    get question() {
        return this.#sync && { sync: this.#sync, ...this.role && { role: this.role } };
    }

    /** The counts were heard. */
    onCounts({ version = null }) {
        if (version !== null && version > (this.#version ?? -1)) // 0: a user without conversations
            this.#version = version;
    }

    get watched() {
        return [...this.#watched.keys()];
    }

    /**
     * `newest`: the newest message that the page has, null when there is none, undefined when it has not looked.
     * True: whether something came after it is not known.
     */
    watch(id, newest) {
        this.#watched.delete(id);
        this.#watched.set(id, { mine: 0, theirs: 0, seen: newest?.id ?? Infinity });
        if (this.#watched.size > WATCHED_MAX)
            this.#watched.delete(this.#watched.keys().next().value);
        return newest !== undefined && this.#sequencer.markKnown(id, newest?.id ?? null, newest?.seq ?? 0);
    }

    unwatch(id) {
        this.#watched.delete(id);
    }

    /** Something was heard on a connection over which nothing is missed. */
    advance(moment) {
        if (this.#since !== null && moment > this.#since)
            this.#since = moment;
    }

    /** A conversation came: told unless it is what was told before. */
    receive(conversation) {
        const json = JSON.stringify(conversation);
        const isNew = this.#shown.get(conversation.id) !== json;

        this.#shown.delete(conversation.id);
        this.#shown.set(conversation.id, json);
        if (this.#shown.size > SHOWN_MAX)
            this.#shown.delete(this.#shown.keys().next().value);
        if (conversation.last_message_id === null && this.#sequencer.isBehind(conversation.id, null) === null)
            this.#sequencer.markKnown(conversation.id, null); // all that will be in it is new
        if (isNew)
            this.#emit('conversation', { conversation });
    }

    /** A receipt came by socket. */
    onRead({ conversation_id, up_to, by_me }) {
        const read = this.#watched.get(conversation_id);
        const side = by_me ? 'mine' : 'theirs';

        if (read)
            read[side] = Math.max(read[side], up_to);
    }

    /**
     * List what has changed, and fetch the messages that were missed, but for conversations which a socket
     * resumes by seq: `isResumed(id)`. `news`: the answer to `question`; null: it was not asked.
     */
    async run(isResumed, news = null) {
        await this.begin();
        const { has_changed: hasChanged, ...heard } = news ?? {};
        const isSame = hasChanged === false; // then no message is missing

        if (isSame && heard.version === this.#version) {
            this.#emit('unread', heard);
            return;
        }
        const before = isSame ? null : this.#since; // something was read: what, only the list from its beginning says
        const { conversations, counts, isWhole, epoch, sync } = await this.#list(before);
        let newest = before;

        this.#heed(epoch);
        if (before !== null && !isWhole)
            this.#emit('lost', { conversation_id: null });
        for (const conversation of conversations.reverse()) { // now the newest comes last
            const { id, updated_at } = conversation;

            this.receive(conversation);
            if (before === null)
                this.#sequencer.markKnown(id, conversation.last_message_id);
            else
                await this.#fetchMissed(conversation, before, isResumed);
            if (newest === null || updated_at > newest)
                newest = updated_at;
        }
        this.#since = newest ?? this.#rest.moment;
        this.#sync = sync ?? null;
        this.onCounts(counts);
        this.#emit('unread', counts);
    }

    /** The conversations that the page shows: receipts, and without a socket messages too. */
    async refresh(isResumed) {
        for (const id of this.watched) {
            const messages = await this.#of(id, () => this.#newest(id), []);

            if (!isResumed(id) && this.#sequencer.isBehind(id, messages.at(-1)?.id ?? null))
                await this.#fetch(id, after => this.#fetchAfter(id, after));
            for (const byMe of [false, true])
                this.#emitNewest(id, byMe, messages);
        }
    }

    #heed(epoch) {
        if (!this.#onEpoch(epoch))
            throw new ChatProblem('restored', 'The chat was set back to an earlier state.');
    }

    /* From the newest back to some that we have looked at before: those may have been read since. */
    async #newest(id) {
        const seen = this.#watched.get(id)?.seen ?? Infinity;
        let page = await this.#rest.get(`conversations/${id}/messages/?limit=${RECEIPTS_MAX}`);
        const { messages } = page;

        for (let pages = 1; page.has_more && messages[0].id > seen && pages < MESSAGE_PAGES_MAX; pages++) {
            page = await this.#rest.get(`conversations/${id}/messages/?limit=${PAGE_MAX}&before=${messages[0].id}`);
            messages.unshift(...page.messages);
        }
        if (this.#watched.has(id))
            this.#watched.get(id).seen = messages.at(-1)?.id ?? Infinity;
        return messages;
    }

    async #list(before) {
        const since = before && encodeURIComponent(this.#sync ?? earlier(before));
        const role = this.role ? `&role=${this.role}` : '';
        const first = since
            ? `conversations/?limit=${PAGE_MAX}&updated_since=${since}${role}` : `conversations/?limit=${FIRST_LIST_MAX}${role}`;
        const { conversations, next, epoch, sync, ...counts } = await this.#rest.get(first);
        let rest = next;

        for (let pages = 1; since && rest && pages < LIST_PAGES_MAX; pages++) {
            const page = await this.#rest.get(rest);

            conversations.push(...page.conversations);
            rest = page.next;
        }
        return { conversations, counts, isWhole: !rest, epoch, sync };
    }

    async #fetchMissed(conversation, since, isResumed) {
        const { id, last_message_id: messageId, created_at } = conversation;

        if (isResumed(id))
            return;
        if (this.#sequencer.isBehind(id, messageId) === null && created_at >= earlier(since))
            this.#sequencer.markKnown(id, null); // a new one: all that is in it is new
        const isBehind = this.#sequencer.isBehind(id, messageId);

        if (isBehind && messageId !== null)
            await this.#fetch(id, after => this.#fetchAfter(id, after));
        else if (isBehind === null && messageId !== null)
            await this.#fetch(id, () => this.#fetchNewer(id, earlier(since)));
    }

    async #fetch(id, run) {
        const { after, turn } = this.#sequencer.fetchBegin(id);

        if (await this.#of(id, () => run(after), false))
            this.#sequencer.fetchEnd(id, turn);
    }

    async #fetchAfter(id, after) {
        let page;

        do {
            page = await this.#rest.get(`conversations/${id}/messages/?limit=${PAGE_MAX}&after=${after}`);
            this.#sequencer.fetched(page.messages);
            after = page.messages.at(-1)?.id;
        } while (page.has_more && after);
        return true;
    }

    /* Of a conversation that was not known: what is younger than `since`, from the newest backwards. */
    async #fetchNewer(id, since) {
        const missed = [];
        let before = '';
        let pages = 0;
        let page;

        do {
            page = await this.#rest.get(`conversations/${id}/messages/?limit=${PAGE_MAX}${before}`);
            missed.unshift(...page.messages.filter(message => message.created_at >= since));
            before = `&before=${page.messages[0]?.id}`;
        } while (page.has_more && page.messages[0].created_at >= since && ++pages < MESSAGE_PAGES_MAX);
        if (pages >= MESSAGE_PAGES_MAX)
            this.#emit('lost', { conversation_id: id });
        this.#sequencer.fetched(missed);
        return true;
    }

    /* What is not to be seen any more has nothing to bring. */
    async #of(id, ask, otherwise) {
        try {
            return await ask();
        } catch (problem) {
            if (problem.status !== 404)
                throw problem;
            this.forget(id);
            return otherwise;
        }
    }

    /** It is not to be seen any more. */
    forget(id) {
        this.#sequencer.forget(id);
        this.#shown.delete(id);
        this.#watched.delete(id);
        this.#emit('gone', { conversation_id: id });
    }

    /* A reader has read the messages of the other side: to staff, colleagues' messages are of their own. */
    #emitNewest(id, byMe, messages) {
        const newest = messages.findLast(message => message.is_read && isOfOwnSide(message) !== byMe);
        const read = this.#watched.get(id);
        const side = byMe ? 'mine' : 'theirs';

        if (!newest || !read || newest.id <= read[side])
            return;
        read[side] = newest.id;
        this.#emit('read', { conversation_id: id, up_to: newest.id, read_at: newest.read_at, by_me: byMe });
    }
}

function earlier(moment) {
    return new Date(Date.parse(moment) - OVERLAP_MS).toISOString();
}
