/**
 * @file chat_inbox_member.js
 * Whose conversation is open: the head over it with the way back, the member's name and church, and the
 * buttons that block and unblock. Blocking is asked about once more, unblocking harms nobody.
 *
 * Whether a member is blocked comes with the conversation (`member_blocked`); what we did ourselves is known
 * when the server has answered.
 */
import { avatar } from './chat_avatar.js';
import { el, icon, setAttribute } from './chat_dom.js';
import { noticeOf, sayNotice } from './chat_notice.js';

export class ChatInboxMember {
    #texts;
    #model;
    #onSay;
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

    /** `onBack()`: to the list; `onSay(sentence)`: to be told to those who do not see it. */
    constructor({ texts, model, onBack, onSay }) {
        this.#texts = texts;
        this.#model = model;
        this.#onSay = onSay;
        this.#button = el('button', { type: 'button', class: 'plain', onclick: () => this.#press() });
        this.element = el('header', { class: 'head' },
            el('button', { type: 'button', class: 'tool back', 'aria-label': texts.say('back'), onclick: onBack }, icon('back')),
            this.#picture, el('div', { class: 'names' }, this.#title, el('p', { class: 'of' }, this.#church)), this.#button);
        this.#strip = el('div', { class: 'strip', hidden: true }, icon('alert'), this.#stripText);
        this.#confirm = el('button', { type: 'button', class: 'primary danger', onclick: () => this.#tell(true) },
            texts.say('inboxBlock'));
        this.#dialog = el('dialog', { 'aria-labelledby': 'block-title', 'aria-describedby': 'block-text' },
            this.#dialogTitle, this.#dialogText, this.#dialogProblem,
            el('div', { class: 'buttons' },
                el('button', { type: 'button', class: 'plain', autofocus: true, onclick: () => this.#dialog.close() },
                    texts.say('inboxCancel')),
                this.#confirm));
        this.parts = [this.element, this.#strip, this.#dialog];
    }

    /** The conversation as it is now. */
    show(conversation) {
        const texts = this.#texts;
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
        setText(this.#button, texts.say(isBlocked ? 'inboxUnblock' : 'inboxBlock'));
        this.#button.setAttribute('aria-label', texts.say(isBlocked ? 'inboxUnblockMember' : 'inboxBlockMember', values));
        this.#showStrip(isBlocked ? texts.say('inboxIsBlocked', values) : null);
        setText(this.#dialogTitle, texts.say('inboxBlockTitle', values));
        setText(this.#dialogText, texts.say('inboxBlockText', values));
    }

    focus() {
        this.#title.focus();
    }

    #press() {
        if (this.#conversation.member_blocked)
            this.#tell(false);
        else
            this.#dialog.showModal();
    }

    async #tell(isBlocked) {
        const { id, church_name: name, managed_church_name: church } = this.#conversation;

        if (this.#isBusy)
            return;
        this.#isBusy = true;
        this.#wrong = null;
        setText(this.#dialogProblem, '');
        try {
            await this.#model.rest.post(`conversations/${id}/block/`, { blocked: isBlocked });
            this.#model.keep([{ ...this.#model.conversation(id), member_blocked: isBlocked }]);
            this.#dialog.close();
            this.#onSay(this.#texts.say(isBlocked ? 'inboxIsBlocked' : 'inboxIsFree', { name, church }));
        } catch (problem) {
            const sentence = sayNotice(this.#texts, noticeOf(problem));

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
