/**
 * @file address.js
 * The open conversation in the address of the page, #/conversations/7, and the message in it that was looked for,
 * #/conversations/7/messages/123: a reload keeps it, Back leads to the one before or to the list, and the address can be
 * kept and passed on.
 *
 * A page that uses the part after # for something else keeps it: then nothing is read or written here.
 */
const FORM = /^#\/conversations\/([1-9]\d{0,18})(?:\/messages\/([1-9]\d{0,18}))?$/;

export class Address {
    #onMove;
    #listener = () => this.#isOurs && this.#onMove(this.place);

    /** `onMove(place)`: the reader has gone back or forth, to a conversation or to none (null). */
    constructor(onMove) {
        this.#onMove = onMove;
        window.addEventListener('popstate', this.#listener);
    }

    /** {id, at} that the address names, the conversation and the message or null; null: none. */
    get place() {
        const [, id, at] = FORM.exec(location.hash) ?? [];

        return id === undefined ? null : { id: Number(id), at: at === undefined ? null : Number(at) };
    }

    /** Another conversation is open, or none (null), or another message of it was looked for. */
    set place(place) {
        const before = this.place;

        if (!this.#isOurs || (place?.id === before?.id && place?.at === before?.at))
            return;
        const isBack = place === null && history.state?.isFromChatList;

        if (isBack)
            history.back(); // to the entry of the list, which is there already
        else
            history.pushState({ isFromChatList: place !== null && before === null }, '', place === null
                ? location.pathname + location.search : `#/conversations/${place.id}${place.at === null ? '' : `/messages/${place.at}`}`);
    }

    /** The reader has left the message for the newest. */
    leaveMessage() {
        if (this.place?.at)
            history.replaceState(history.state, '', `#/conversations/${this.place.id}`);
    }

    close() {
        window.removeEventListener('popstate', this.#listener);
    }

    get #isOurs() {
        return location.hash === '' || this.place !== null;
    }
}
