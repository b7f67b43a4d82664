/**
 * @file panel_state.js
 * Where a visitor was in the widget, kept while the tab goes from page to page: whether its dialog was open, and what
 * it showed.
 *
 * {isOpen, id, place, church, isSigningIn}: the conversation that was shown, or null for the list; where in it one was
 * when the page was left (thread/message_list.js), null: at its end; the church with which one was to be opened by
 * somebody who had to sign in first; whether they have gone to do so. In the window's
 * sessionStorage; where there is none, a page begins with the launcher.
 */
const EMPTY = { isOpen: false, id: null, place: null, church: null, isSigningIn: false };

export class PanelState {
    #key;

    /** `root`: the path of the API. */
    constructor(root) {
        this.#key = `mod_chat panel ${root}`;
    }

    get() {
        try {
            return { ...EMPTY, ...JSON.parse(sessionStorage.getItem(this.#key)) };
        } catch {
            return EMPTY; // forbidden, or not ours
        }
    }

    /** Some members of it. */
    set(change) {
        try {
            sessionStorage.setItem(this.#key, JSON.stringify({ ...this.get(), ...change }));
        } catch {
            // Forbidden or full: then it is not kept.
        }
    }
}
