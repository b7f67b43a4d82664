/**
 * @file dialog.js
 * Asks before something is done: says what would happen, which may have to be found out first, asks for a reason, has a
 * name typed where nothing can be undone, and then does it. What was refused is said in it, and it stays.
 *
 * What runs is not cancelled, but stopped after the part that the server is doing: the dialog stays until then, and what
 * was done is the result. When a later part is refused, it says what was done and why it has stopped; after another look at
 * what would happen to the rest it can go on there, and counts on. Closed instead, what was done is the result.
 */
import { el, setAttribute } from '../ui/dom.js';
import { mayBeDone, problemSentence } from './problem.js';

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
     * `prepare(from)`: a promise of sentences, what would happen, asked again when the server says that it has changed (409);
     * `from`: what was done of it already, or null. `reason`: required, optional or none; `typed`: what has to be typed, or
     * null; `run({reason, signal, onPart, from})` does it: `signal` says when to stop, `onPart(result)` what is done so far,
     * `from` after what to go on; `soFar(result)` is a sentence of that. A promise of what `run` gave, or of the last that
     * onPart() got, or null: nothing was done; with {isUnknown: true} of something it is not known whether it was done.
     */
    ask({ title, prepare = async () => [], reason = 'optional', typed = null, label, isDanger = false, soFar = () => '', run }) {
        return new Promise(resolve => {
            this.#question = new Question(this.#i18n, this.#parent, { title, prepare, reason, typed, label, isDanger, soFar, run }, resolve);
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
    #form;
    #what = el('div', { class: 'what', role: 'status' });
    #wrong = el('p', { class: 'wrong', role: 'alert' });
    #soFar = el('p', { class: 'so-far', role: 'status' });
    #stopping = el('p', { role: 'status' });
    #reason = null;
    #typed = null;
    #confirm;
    #cancel;
    #result = null;
    #isUnknown = false; // whether all that was asked for was done
    #isReady = false; // it was said what would happen
    #isLooking = false; // that is being found out
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
        this.#form = el('form', { onsubmit: event => this.#submit(event) },
            el('h2', { id: 'question', tabindex: -1, dir: 'auto' }, options.title), this.#what,
            this.#reason && el('label', { for: 'reason' }, i18n.t(options.reason === 'required' ? 'adminReasonRequired' : 'adminReason')), this.#reason,
            this.#typed && el('label', { for: 'typed' }, i18n.t('adminType', { text: options.typed })), this.#typed,
            this.#soFar, this.#wrong, this.#stopping,
            el('div', { class: 'buttons' }, this.#cancel, this.#confirm));
        this.#element = el('dialog', {
            class: 'question', 'aria-labelledby': 'question', oncancel: event => this.#onCancel(event), onclose: () => this.#closed(),
        }, this.#form);
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

    /* What was refused before is said until it is known again what would happen. */
    async #prepare() {
        this.#isReady = false;
        this.#isLooking = true;
        this.#what.replaceChildren(el('p', {}, this.#i18n.t('adminRehearsing')));
        this.#show();
        try {
            const sentences = await this.#options.prepare(this.#result);

            this.#what.replaceChildren(...sentences.map(sentence => el('p', { dir: 'auto' }, sentence)));
            this.#isReady = true;
        } catch (problem) {
            this.#what.replaceChildren();
            this.#refuse(problem);
        }
        this.#isLooking = false;
        this.#show();
    }

    /* What would happen is not known: that has to be found out again first. */
    get #mustLook() {
        return !this.#isReady && !this.#isLooking;
    }

    get #canSubmit() {
        return this.#mustLook || this.#isReady && !this.#running && (this.#options.reason !== 'required' || this.#reason.value.trim() !== '') &&
            (this.#typed === null || this.#typed.value.trim() === this.#options.typed);
    }

    /* Not disabled, which would take the focus away. */
    #show() {
        const i18n = this.#i18n;
        const isStopping = this.#running?.signal.aborted ?? false;
        const hasStopped = this.#result !== null && !this.#running;

        this.#confirm.textContent = this.#mustLook ? i18n.t('adminLookAgain') : hasStopped ? i18n.t('adminGoOn') : this.#options.label;
        this.#cancel.textContent = i18n.t(hasStopped ? 'adminEndHere' : 'adminCancel');
        this.#form.noValidate = this.#mustLook; // a reason is not needed for that
        setAttribute(this.#confirm, 'aria-disabled', this.#canSubmit ? null : 'true');
        setAttribute(this.#cancel, 'aria-disabled', isStopping ? 'true' : null);
        this.#stopping.textContent = isStopping ? i18n.t('adminStopping') : '';
        setAttribute(this.#element, 'aria-busy', this.#running ? 'true' : null);
    }

    async #submit(event) {
        event.preventDefault();
        if (!this.#canSubmit)
            return;
        this.#wrong.textContent = '';
        if (this.#mustLook)
            await this.#prepare();
        else
            await this.#do();
    }

    async #do() {
        const running = this.#running = new AbortController();

        this.#soFar.textContent = '';
        this.#show();
        try {
            this.#result = await this.#run(running);
            this.#end(running);
            this.#element.close();
        } catch (problem) {
            this.#stop(running, problem);
            if (problem.code === 'confirm')
                await this.#prepare();
        }
    }

    /* Of what is begun, or may be, the rest is looked at again before it goes on. */
    #stop(running, problem) {
        const i18n = this.#i18n;
        const isUnknown = mayBeDone(problem); // whether the part that was asked for last was done

        this.#isUnknown ||= isUnknown;
        this.#isReady &&= this.#result === null && !isUnknown;
        this.#end(running);
        this.#refuse(problem);
        this.#soFar.textContent = [
            this.#result && i18n.t('adminStopped', { done: this.#options.soFar(this.#result) }), isUnknown && i18n.t('adminMaybeDone'),
        ].filter(Boolean).join(' ');
    }

    #run(running) {
        return this.#options.run({
            reason: this.#reason?.value.trim() ?? '',
            signal: running.signal,
            from: this.#result,
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
        this.#resolve(this.#isUnknown ? { ...this.#result, isUnknown: true } : this.#result);
    }
}
