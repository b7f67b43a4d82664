/**
 * @file field_form.js
 * A form for members of an item. It gives what was changed, and says what was refused; a refusal because somebody else was
 * quicker comes with a button that shows what is there now.
 */
import { el, setAttribute } from '../ui/dom.js';
import { problemSentence } from './problem.js';
import { fieldText, valueText } from './words.js';

const TEXT_MAX = 2048;

export class FieldForm {
    #i18n;
    #values;
    #fields;
    #onSubmit;
    #wrong = el('p', { class: 'wrong', role: 'alert' });
    #reload;
    #submit;
    #isBusy = false;

    /** `fields`: [[name, kind, values]], the kind text, flag, id, or choice of values; `values`: as they are; `proposed`:
     * what is typed already; `onSubmit(changes)`: a promise; `onReload()`. */
    constructor({ i18n, fields, values, proposed = values, label, onSubmit, onReload = null }) {
        this.#i18n = i18n;
        this.#values = values;
        this.#onSubmit = onSubmit;
        this.#fields = fields.map(([name, kind, values]) => ({ name, kind, input: this.#input(name, kind, values, proposed[name]) }));
        this.#reload = el('button', { type: 'button', class: 'plain', hidden: true, onclick: onReload }, i18n.t('adminReload'));
        this.#submit = el('button', { type: 'submit', class: 'primary' }, label);
        this.element = el('form', { class: 'fields', onsubmit: event => this.#send(event) },
            ...this.#fields.map(({ name, kind, input }) => el('div', { class: kind === 'flag' ? 'field flag' : 'field' },
                el('label', { for: input.id }, fieldText(i18n, name)), input)),
            this.#wrong, el('div', { class: 'buttons' }, this.#reload, this.#submit));
    }

    #input(name, kind, values, value) {
        const id = `field-${name}`;

        if (kind === 'choice')
            return el('select', { id }, ...values.map(one => el('option', { value: one, selected: one === value }, valueText(this.#i18n, one))));
        return kind === 'flag' ? el('input', { type: 'checkbox', id, checked: value === true })
            : el('input', { type: 'text', id, value: value ?? '', maxlength: TEXT_MAX, autocomplete: 'off', dir: 'auto', inputmode: kind === 'id' ? 'numeric' : null, pattern: kind === 'id' ? '[1-9]\\d{0,17}' : null, required: kind === 'id' });
    }

    /* What differs from what was there. An empty text where there was none changes nothing. */
    get #changes() {
        const changed = this.#fields.map(({ name, kind, input }) => {
            const value = kind === 'flag' ? input.checked : kind === 'id' ? Number(input.value) : input.value.trim();

            return [name, value === '' ? null : value];
        }).filter(([name, value]) => value !== (this.#values[name] ?? null));

        return Object.fromEntries(changed);
    }

    async #send(event) {
        event.preventDefault();
        if (this.#isBusy)
            return;
        this.#setBusy(true);
        this.#wrong.textContent = '';
        try {
            await this.#onSubmit(this.#changes);
        } catch (problem) {
            this.#wrong.textContent = problemSentence(this.#i18n, problem);
            setAttribute(this.#reload, 'hidden', problem.status !== 412);
        }
        this.#setBusy(false);
    }

    /* Not disabled meanwhile, which would take the focus away. */
    #setBusy(isBusy) {
        this.#isBusy = isBusy;
        setAttribute(this.#submit, 'aria-disabled', isBusy ? 'true' : null);
    }
}
