/**
 * @file dialog.js
 * Asks before something is done: says what would happen, which may have to be found out first, asks for a reason, has a
 * name typed where nothing can be undone, and then does it. What was refused is said in it, and it stays.
 *
 * What runs is not cancelled, but stopped after the part that the server is doing: the dialog stays until then, and what
 * was done is the result, also when a later part was refused.
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
     * `reason`: required, optional or none; `typed`: what has to be typed, or null; `run({reason, signal, onPart})` does it:
     * `signal` says when to stop, `onPart(result)` what is done so far. A promise of what `run` gave, or of the last that
     * onPart() got; null: nothing was done.
     */
    ask({ title, prepare = async () => [], reason = 'optional', typed = null, label, isDanger = false, run }) {
        return new Promise(resolve => {
            this.#question = new Question(this.#i18n, this.#parent, { title, prepare, reason, typed, label, isDanger, run }, resolve);
            this.#question.open();
        });
    }

    /** It is cancelled, or stopped: what it is about is not shown any more. */
    close() {
        this.#question?.close();
    }

    /** It goes at once: nobody is there who could be told what was done. */
    dismiss() {
        this.#question?.dismiss();
    }
}

class Question {
    #i18n;
    #options;
    #resolve;
    #element;
    #what = el('div', { class: 'what' });
    #wrong = el('p', { class: 'wrong', role: 'alert' });
    #stopping = el('p', { role: 'status' });
    #reason = null;
    #typed = null;
    #confirm;
    #cancel;
    #result = null;
    #isReady = false;
    #running = null; // an AbortController

    constructor(i18n, parent, options, resolve) {
        this.#i18n = i18n;
        this.#options = options;
        this.#resolve = resolve;
        this.#confirm = el('button', { type: 'submit', class: options.isDanger ? 'primary danger' : 'primary' }, options.label);
        this.#cancel = el('button', { type: 'button', class: 'plain', onclick: () => this.close() }, i18n.t('adminCancel'));
        if (options.reason !== 'none')
            this.#reason = el('textarea', { id: 'reason', rows: 2, maxlength: REASON_MAX, required: options.reason === 'required', oninput: () => this.#show() });
        if (options.typed !== null)
            this.#typed = el('input', { id: 'typed', autocomplete: 'off', spellcheck: 'false', oninput: () => this.#show() });
        this.#element = el('dialog', {
            class: 'question', 'aria-labelledby': 'question', oncancel: event => this.#onCancel(event), onclose: () => this.#closed(),
        },
            el('form', { onsubmit: event => this.#submit(event) },
                el('h2', { id: 'question', tabindex: -1, dir: 'auto' }, options.title), this.#what,
                this.#reason && el('label', { for: 'reason' }, i18n.t(options.reason === 'required' ? 'adminReasonRequired' : 'adminReason')), this.#reason,
                this.#typed && el('label', { for: 'typed' }, i18n.t('adminType', { text: options.typed })), this.#typed,
                this.#wrong, this.#stopping,
                el('div', { class: 'buttons' }, this.#cancel, this.#confirm)));
        parent.append(this.#element);
    }

    open() {
        this.#element.showModal();
        this.#element.querySelector('h2').focus();
        this.#prepare();
    }

    close() {
        if (!this.#running) {
            this.#element.close();
            return;
        }
        this.#running.abort();
        this.#show();
    }

    dismiss() {
        this.#result = null;
        this.#running?.abort();
        this.#running = null;
        this.#element.remove();
        this.#resolve(null);
    }

    #onCancel(event) {
        if (!this.#running)
            return;
        event.preventDefault();
        this.close();
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
        return this.#isReady && !this.#running && (this.#options.reason !== 'required' || this.#reason.value.trim() !== '') &&
            (this.#typed === null || this.#typed.value.trim() === this.#options.typed);
    }

    /* Not disabled, which would take the focus away. */
    #show() {
        const isStopping = this.#running?.signal.aborted ?? false;

        setAttribute(this.#confirm, 'aria-disabled', this.#canRun ? null : 'true');
        setAttribute(this.#cancel, 'aria-disabled', isStopping ? 'true' : null);
        this.#stopping.textContent = isStopping ? this.#i18n.t('adminStopping') : '';
        setAttribute(this.#element, 'aria-busy', this.#running ? 'true' : null);
    }

    async #submit(event) {
        event.preventDefault();
        if (!this.#canRun)
            return;
        const running = this.#running = new AbortController();

        this.#wrong.textContent = '';
        this.#show();
        try {
            this.#result = await this.#run(running);
            this.#end(running);
            this.#element.close();
        } catch (problem) {
            this.#end(running);
            this.#refuse(problem);
            if (problem.code === 'confirm')
                await this.#prepare();
        }
    }

    #run(running) {
        return this.#options.run({
            reason: this.#reason?.value.trim() ?? '',
            signal: running.signal,
            onPart: result => {
                this.#result = result;
            },
        });
    }

    #end(running) {
        if (running === this.#running)
            this.#running = null;
        this.#show();
    }

    #refuse(problem) {
        this.#wrong.textContent = problemSentence(this.#i18n, problem);
    }

    /* Escape, pressed twice, closes it whatever is said to that. */
    #closed() {
        if (this.#running) {
            this.#element.showModal();
            this.close();
            return;
        }
        this.#element.remove();
        this.#resolve(this.#result);
    }
}
