/**
 * @file conversation_header.js
 * Whose conversation is open: the head over it with the way back, the member's name and church, and the
 * buttons that block and unblock. Blocking is asked about once more, unblocking harms nobody.
 *
 * Whether a member is blocked comes with the conversation (`member_blocked`); what we did ourselves is known
 * when the server has answered.
 */
import { avatar } from '../ui/avatar.js';
import { el, icon, setAttribute } from '../ui/dom.js';
import { noticeOf, noticeText } from '../ui/problem_text.js';

export class ConversationHeader {
    #i18n;
    #store;
    #onAnnounce;
    #conversation = null;
    #picture = el('span', { class: 'face' });
    #name = el('bdi');
    #title = el('h2', { class: 'title', tabindex: -1 }, this.#name);
    #church = el('bdi');
    #button;
    #strip;
    #stripText = el('p', {});
    #dialog;
    #dialogTitle = el('h2', { id: 'block-title' });
    #dialogText = el('p', { id: 'block-text' });
    #dialogProblem = el('p', { class: 'wrong', role: 'alert' });
    #confirm;
    #wrong = null; // a sentence
    #isBusy = false;

    /** `onBack()`: to the list; `onSearch()`: for messages of it; `onAnnounce(sentence)`: to be told to those who do not see
     * it. */
    constructor({ i18n, store, onBack, onSearch, onAnnounce }) {
        this.#i18n = i18n;
        this.#store = store;
        this.#onAnnounce = onAnnounce;
        this.#button = el('button', { type: 'button', class: 'plain', onclick: () => this.#press() });
        this.element = el('header', { class: 'head' },
            el('button', { type: 'button', class: 'tool back', 'aria-label': i18n.t('back'), onclick: onBack }, icon('back')),
            this.#picture, el('div', { class: 'names' }, this.#title, el('p', { class: 'of' }, this.#church)),
            el('button', {
                type: 'button', class: 'tool', 'aria-label': i18n.t('searchHere'), title: i18n.t('searchHere'), onclick: onSearch,
            }, icon('search')), this.#button);
        this.#strip = el('div', { class: 'strip', hidden: true }, icon('alert'), this.#stripText);
        this.#confirm = el('button', { type: 'button', class: 'primary danger', onclick: () => this.#setBlocked(true) },
            i18n.t('inboxBlock'));
        this.#dialog = el('dialog', { 'aria-labelledby': 'block-title', 'aria-describedby': 'block-text' },
            this.#dialogTitle, this.#dialogText, this.#dialogProblem,
            el('div', { class: 'buttons' },
                el('button', { type: 'button', class: 'plain', autofocus: true, onclick: () => this.#dialog.close() },
                    i18n.t('inboxCancel')),
                this.#confirm));
        this.parts = [this.element, this.#strip, this.#dialog];
    }

    /** The conversation as it is now. */
    show(conversation) {
        const i18n = this.#i18n;
        const isOther = conversation.id !== this.#conversation?.id;
        const { church_name: name, managed_church_name: church, church_avatar: url, member_blocked: isBlocked } = conversation;
        const values = { name, church };

        if (isOther) {
            this.#wrong = null;
            this.#dialog.close();
        }
        if (isOther || this.#conversation.church_name !== name || this.#conversation.church_avatar !== url)
            this.#picture.replaceChildren(avatar(name, url));
        this.#conversation = conversation;
        setText(this.#name, name);
        setText(this.#church, church);
        setText(this.#button, i18n.t(isBlocked ? 'inboxUnblock' : 'inboxBlock'));
        this.#button.setAttribute('aria-label', i18n.t(isBlocked ? 'inboxUnblockMember' : 'inboxBlockMember', values));
        this.#showStrip(isBlocked ? i18n.t('inboxIsBlocked', values) : null);
        setText(this.#dialogTitle, i18n.t('inboxBlockTitle', values));
        setText(this.#dialogText, i18n.t('inboxBlockText', values));
    }

    focus() {
        this.#title.focus();
    }

    #press() {
        if (this.#conversation.member_blocked)
            this.#setBlocked(false);
        else
            this.#dialog.showModal();
    }

    async #setBlocked(isBlocked) {
        const { id, church_name: name, managed_church_name: church } = this.#conversation;

        if (this.#isBusy)
            return;
        this.#isBusy = true;
        this.#wrong = null;
        setText(this.#dialogProblem, '');
        try {
            await this.#store.rest.post(`conversations/${id}/block/`, { blocked: isBlocked });
            this.#store.change(id, { member_blocked: isBlocked });
            this.#dialog.close();
            this.#onAnnounce(this.#i18n.t(isBlocked ? 'inboxIsBlocked' : 'inboxIsFree', { name, church }));
        } catch (problem) {
            const sentence = noticeText(this.#i18n, noticeOf(problem));

            if (this.#dialog.open)
                setText(this.#dialogProblem, sentence);
            else
                this.#wrong = sentence;
            this.show(this.#conversation);
        } finally {
            this.#isBusy = false;
        }
    }

    /* The line under the head: what went wrong, or that nobody can answer. */
    #showStrip(sentence) {
        setAttribute(this.#strip, 'hidden', !this.#wrong && !sentence);
        setAttribute(this.#stripText, 'role', this.#wrong ? 'alert' : null);
        this.#strip.classList.toggle('wrong', Boolean(this.#wrong));
        setText(this.#stripText, this.#wrong ?? sentence ?? '');
    }
}

function setText(element, text) {
    if (element.textContent !== text)
        element.textContent = text;
}
