/**
 * @file address.js
 * The open conversation in the address of the page, #/conversations/7: a reload keeps it, Back leads to the one
 * before or to the list, and the address can be kept and passed on.
 *
 * A page that uses the part after # for something else keeps it: then nothing is read or written here.
 */
const FORM = /^#\/conversations\/([1-9]\d{0,18})$/;

export class Address {
    #onMove;
    #listener = () => this.#isOurs && this.#onMove(this.id);

    /** `onMove(id)`: the reader has gone back or forth, to a conversation or to none (null). */
    constructor(onMove) {
        this.#onMove = onMove;
        window.addEventListener('popstate', this.#listener);
    }

    /** The id that the address names, or null. */
    get id() {
        const [, id] = FORM.exec(location.hash) ?? [];

        return id === undefined ? null : Number(id);
    }

    /** Another conversation is open, or none (null). */
    set id(id) {
        if (!this.#isOurs || id === this.id)
            return;
        const isBack = id === null && history.state?.isFromChatList;

        if (isBack)
            history.back(); // to the entry of the list, which is there already
        else
            history.pushState({ isFromChatList: id !== null && this.id === null }, '',
                id === null ? location.pathname + location.search : `#/conversations/${id}`);
    }

    close() {
        window.removeEventListener('popstate', this.#listener);
    }

    get #isOurs() {
        return location.hash === '' || this.id !== null;
    }
}
