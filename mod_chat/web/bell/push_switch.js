/**
 * @file push_switch.js
 * The switch for pushes to this browser, in the settings of the bell. Permission is asked for when it is switched on,
 * and only then.
 */
import { el, setAttribute } from '../ui/dom.js';
import { noticeOf, noticeText } from '../ui/problem_text.js';

const PREFERENCES = 'notifications/preferences/';
const WHY_NOT = { none: 'bellPushNone', denied: 'bellPushDenied' };

export class PushSwitch {
    #i18n;
    #rest;
    #client;
    #isBusy = false;
    #input = el('input', { type: 'checkbox', role: 'switch', id: 'push', 'aria-describedby': 'push-note', onchange: () => this.#toggle() });
    #note = el('p', { class: 'note', id: 'push-note', role: 'status' });

    /** `client`: a PushClient (net/push_client.js). */
    constructor({ i18n, rest, client }) {
        this.#i18n = i18n;
        this.#rest = rest;
        this.#client = client;
        this.element = el('fieldset', { hidden: true },
            el('label', { for: 'push' }, this.#input, el('span', {}, i18n.t('bellPush'))), this.#note);
    }

    /** As it is now. Not shown where the site sends no pushes. `isWanted`: the preference `push`. */
    async load(isWanted) {
        const [state, isThere] = await Promise.all([this.#client.state(), this.#isConfigured()]);

        setAttribute(this.element, 'hidden', !isThere);
        this.#show(isWanted || state !== 'on' ? state : 'off');
    }

    async #isConfigured() {
        try {
            await this.#rest.get('push/key/');
            return true;
        } catch (problem) {
            if (problem.status === 404)
                return false;
            throw problem;
        }
    }

    /* Not disabled meanwhile, which would take the focus away, and Escape with it. */
    async #toggle() {
        const isOn = this.#input.checked;

        if (this.#isBusy) {
            this.#input.checked = !isOn;
            return;
        }
        this.#isBusy = true;
        try {
            this.#show(await (isOn ? this.#switchOn() : this.#client.unsubscribe()));
        } catch (problem) {
            this.#show(await this.#client.state());
            this.#note.textContent = problem.name === 'ChatProblem' ? noticeText(this.#i18n, noticeOf(problem))
                : this.#i18n.t('bellPushFailed');
        }
        this.#isBusy = false;
    }

    /* For the user it may have been switched off on another device. */
    async #switchOn() {
        const state = await this.#client.subscribe();

        if (state === 'on')
            await this.#rest.put(PREFERENCES, { push: true });
        return state;
    }

    #show(state) {
        this.#input.checked = state === 'on';
        this.#input.disabled = state === 'none' || state === 'denied';
        this.#note.textContent = this.#i18n.t(WHY_NOT[state] ?? 'bellPushNote');
    }
}
