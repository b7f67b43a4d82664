/**
 * @file dialog.js
 * Asks before something is done: says what would happen, which may have to be found out first, asks for a reason, has a
 * name typed where nothing can be undone, and then does it. What was refused is said in it, and it stays.
 */
import { el, setAttribute } from '../ui/dom.js';
import { problemSentence } from './problem.js';

const REASON_MAX = 500; // characters

export class Dialog {
    #i18n;
    #parent;
    #question = null; // that is asked

    /** `parent`: where the dialog lies in the page. */
    constructor({ i18n, parent }) {
        this.#i18n = i18n;
        this.#parent = parent;
    }

    /**
     * `prepare()`: a promise of sentences, what would happen, asked again when the server says that it has changed (409).
     * `reason`: required, optional or none; `typed`: what has to be typed, or null; `run({reason})` does it. A promise of what
     * `run` gave; null: it was cancelled.
     */
    ask({ title, prepare = async () => [], reason = 'optional', typed = null, label, isDanger = false, run }) {
        return new Promise(resolve => {
            this.#question = new Question(this.#i18n, this.#parent, { title, prepare, reason, typed, label, isDanger, run }, resolve);
            this.#question.open();
        });
    }

    /** It is cancelled: what it is about is not shown any more. */
    close() {
        this.#question?.close();
    }
}

class Question {
    #i18n;
    #options;
    #resolve;
    #element;
    #what = el('div', { class: 'what' });
    #wrong = el('p', { class: 'wrong', role: 'alert' });
    #reason = null;
    #typed = null;
    #confirm;
    #result = null;
    #isReady = false;
    #isRunning = false;

    constructor(i18n, parent, options, resolve) {
        this.#i18n = i18n;
        this.#options = options;
        this.#resolve = resolve;
        this.#confirm = el('button', { type: 'submit', class: options.isDanger ? 'primary danger' : 'primary' }, options.label);
        if (options.reason !== 'none')
            this.#reason = el('textarea', { id: 'reason', rows: 2, maxlength: REASON_MAX, required: options.reason === 'required', oninput: () => this.#show() });
        if (options.typed !== null)
            this.#typed = el('input', { id: 'typed', autocomplete: 'off', spellcheck: 'false', oninput: () => this.#show() });
        this.#element = el('dialog', { class: 'question', 'aria-labelledby': 'question', onclose: () => this.#closed() },
            el('form', { onsubmit: event => this.#submit(event) },
                el('h2', { id: 'question', tabindex: -1, dir: 'auto' }, options.title), this.#what,
                this.#reason && el('label', { for: 'reason' }, i18n.t(options.reason === 'required' ? 'adminReasonRequired' : 'adminReason')), this.#reason,
                this.#typed && el('label', { for: 'typed' }, i18n.t('adminType', { text: options.typed })), this.#typed,
                this.#wrong,
                el('div', { class: 'buttons' },
                    el('button', { type: 'button', class: 'plain', onclick: () => this.#element.close() }, i18n.t('adminCancel')), this.#confirm)));
        parent.append(this.#element);
    }

    open() {
        this.#element.showModal();
        this.#element.querySelector('h2').focus();
        this.#prepare();
    }

    close() {
        this.#element.close();
    }

    async #prepare() {
        this.#isReady = false;
        this.#what.replaceChildren(el('p', { role: 'status' }, this.#i18n.t('adminRehearsing')));
        this.#show();
        try {
            const sentences = await this.#options.prepare();

            this.#what.replaceChildren(...sentences.map(sentence => el('p', { dir: 'auto' }, sentence)));
            this.#isReady = true;
        } catch (problem) {
            this.#what.replaceChildren();
            this.#refuse(problem);
        }
        this.#show();
    }

    get #canRun() {
        return this.#isReady && !this.#isRunning && (this.#options.reason !== 'required' || this.#reason.value.trim() !== '') &&
            (this.#typed === null || this.#typed.value.trim() === this.#options.typed);
    }

    #show() {
        setAttribute(this.#confirm, 'disabled', !this.#canRun);
        setAttribute(this.#element, 'aria-busy', this.#isRunning || null);
    }

    async #submit(event) {
        event.preventDefault();
        if (!this.#canRun)
            return;
        this.#isRunning = true;
        this.#wrong.textContent = '';
        this.#show();
        try {
            this.#result = await this.#options.run({ reason: this.#reason?.value.trim() ?? '' });
            this.#element.close();
        } catch (problem) {
            this.#refuse(problem);
            if (problem.code === 'confirm')
                await this.#prepare();
        }
        this.#isRunning = false;
        this.#show();
    }

    #refuse(problem) {
        this.#wrong.textContent = problemSentence(this.#i18n, problem);
    }

    #closed() {
        this.#element.remove();
        this.#resolve(this.#result);
    }
}
