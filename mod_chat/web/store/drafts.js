/**
 * @file drafts.js
 * What was written and is not sent yet, kept over a reload of the page.
 *
 * Drafts are texts by conversation. Whose they are is known when the server has said who the user is, setOwner(): from
 * then on they lie in localStorage, outlive the tab, and are the same in all tabs. Before, and when nobody is signed
 * in, they belong to one tab (draft_storage.js). The unsent are messages that were on their way, with their client_id,
 * so that sending them again makes none twice; they belong to the tab that sends them.
 *
 * All belongs to one user: setOwner() with another forgets everything. Before setOwner(), and where no socket says who
 * it is, what was written under another tag (net/rest.js) is not shown.
 * Bounded: DRAFTS_MAX conversations, for DAYS_MAX; UNSENT_MAX messages. Where a storage is full or forbidden, it is kept
 * as long as the page, beside what other tabs write meanwhile.
 */
import { KeptStorage, draftKey, moveToTab, readJson, writeJson } from './draft_storage.js';

const DRAFTS_MAX = 50;
const UNSENT_MAX = 50;
const DAYS_MAX = 30;
const DAY_MS = 86400000;
const EMPTY = { owner: null, drafts: [], unsent: [] };

export class Drafts {
    #tab;
    #local;
    #localArea; // as the browser names it
    #key;
    #owner = null; // the user, when known and signed in
    #onChange;
    #userTag;

    /** `tab` and `local`: the window's sessionStorage and localStorage, or null; `root`: the API whose conversations
     * these are; `onChange(why)`: drafts are other ones, as they were written (`here`), it is known now whose they are
     * (`owner`), or what was here is void (`other`: another tab has written, or it was another user's). `userTag()`: the tag of
     * the user; null: not known yet. */
    constructor(tab, local, root, onChange = () => {}, userTag = () => null) {
        this.#tab = new KeptStorage(tab);
        this.#local = local && new KeptStorage(local, merge);
        this.#localArea = local;
        this.#userTag = userTag;
        this.#key = draftKey(root);
        this.#onChange = onChange;
    }

    /** The user is known now. False: what was here was somebody else's, and is gone. */
    setOwner(userId) {
        const tab = this.#read(this.#tab);
        const local = this.#read(this.#local);
        const isOurs = tab.owner === null || tab.owner === userId;
        const ours = local.owner === userId ? local.drafts : [];
        const moved = isOurs ? tab.drafts : [];

        const drafts = [...ours.filter(({ id }) => !moved.some(one => one.id === id)), ...moved].slice(-DRAFTS_MAX);

        this.#owner = userId;
        this.#write(this.#local, { owner: userId, drafts });
        this.#write(this.#tab, {
            ...EMPTY, owner: userId, drafts: this.#place === this.#tab ? moved : [], unsent: isOurs ? tab.unsent : [],
        });
        this.#onChange(isOurs ? 'owner' : 'other');
        return isOurs;
    }

    /** Nobody is signed in any more: what is here stays for this tab alone. */
    leave() {
        this.#owner = null;
        moveToTab(this.#local, this.#tab, this.#key);
    }

    /** Another tab has changed what lies there (the event `storage` of the window). */
    onStorage({ key, storageArea }) {
        if (storageArea === this.#localArea && (key === this.#key || key === null))
            this.#onChange('other');
    }

    draft(id) {
        return this.texts.get(id) ?? '';
    }

    /** All of them: id of the conversation -> text. */
    get texts() {
        return new Map(this.#read(this.#place).drafts.map(({ id, text }) => [id, text]));
    }

    /** An empty text forgets it. */
    keep(id, text) {
        const all = this.#read(this.#place);
        const others = all.drafts.filter(one => one.id !== id);

        if (text === (all.drafts.find(one => one.id === id)?.text ?? ''))
            return;
        all.drafts = text ? [...others, { id, text, at: Date.now(), ...this.#mark }].slice(-DRAFTS_MAX) : others;
        this.#write(this.#place, all);
        this.#onChange('here');
    }

    /** Of a conversation: {id, clientId, content, at}. */
    unsent(id) {
        return this.#read(this.#tab).unsent.filter(one => one.id === id);
    }

    /** The conversations that have some. */
    get unsentIds() {
        return [...new Set(this.#read(this.#tab).unsent.map(({ id }) => id))];
    }

    addUnsent(one) {
        const all = this.#read(this.#tab);

        all.unsent = [...all.unsent.filter(({ clientId }) => clientId !== one.clientId), { ...one, ...this.#mark }].slice(-UNSENT_MAX);
        this.#write(this.#tab, all);
    }

    dropUnsent(clientId) {
        const all = this.#read(this.#tab);

        all.unsent = all.unsent.filter(one => one.clientId !== clientId);
        this.#write(this.#tab, all);
    }

    /* In the common one lies what belongs to its owner: it may be somebody else's by now. */
    get #place() {
        return this.#owner !== null && readJson(this.#local, this.#key).owner === this.#owner ? this.#local : this.#tab;
    }

    #read(storage) {
        const all = { ...EMPTY, ...readJson(storage, this.#key) };
        const oldest = Date.now() - DAYS_MAX * DAY_MS;

        return {
            ...all,
            drafts: all.drafts.filter(one => (one.at ?? oldest) >= oldest && this.#isOfUser(one)),
            unsent: all.unsent.filter(one => this.#isOfUser(one)),
        };
    }

    /* Whose it is, as far as that is known. */
    get #mark() {
        const user = this.#userTag();

        return user === null ? {} : { user };
    }

    #isOfUser({ user = null }) {
        const tag = this.#userTag();

        return user === null || tag === null || user === tag;
    }

    #write(storage, all) {
        writeJson(storage, this.#key, all);
    }
}

/* What other tabs have written (`now`, where `before` lay) is there, and what was written here is unless they have a newer one. */
function merge(text, before, now) {
    const [here, base, there] = [text, before, now].map(parse);

    if (there.owner !== here.owner)
        return now; // theirs
    const one = (all, id) => all.drafts.find(draft => draft.id === id);
    const isSame = (a, b) => a?.text === b?.text && a?.at === b?.at;
    const newest = id => {
        const [ours, old, theirs] = [here, base, there].map(all => one(all, id));

        if (isSame(theirs, old))
            return ours;
        return ours && !isSame(ours, old) && (ours.at ?? 0) > (theirs?.at ?? 0) ? ours : theirs;
    };
    const ids = new Set([...there.drafts, ...here.drafts].map(({ id }) => id));
    const drafts = [...ids].map(newest).filter(Boolean).sort((a, b) => (a.at ?? 0) - (b.at ?? 0)).slice(-DRAFTS_MAX);

    return JSON.stringify({ ...there, drafts });
}

function parse(text) {
    try {
        return { ...EMPTY, ...JSON.parse(text) };
    } catch {
        return EMPTY;
    }
}
