/**
 * @file field_form.js
 * A form for members of an item. It gives what was changed, and says what was refused; a refusal because somebody else was
 * quicker comes with a button that shows what is there now.
 */
import { el, setAttribute } from '../ui/dom.js';
import { ChoiceField } from './choice_field.js';
import { problemSentence } from './problem.js';
import { choiceText, fieldText, valueText } from './words.js';

const TEXT_MAX = 2048;

export class FieldForm {
    #i18n;
    #api;
    #values;
    #fields;
    #onSubmit;
    #wrong = el('p', { class: 'wrong', role: 'alert' });
    #reload;
    #submit;
    #isBusy = false;

    /** `fields`: [[name, kind, values]], the kind text, flag, id, or choice of values; `values`: as they are; `proposed`:
     * what is typed already; `chosenFrom(name)`: the list that what a field of the kind id means is chosen from, or null;
     * `onSubmit(changes)`: a promise; `onReload()`. */
    constructor({ i18n, api, fields, values, proposed = values, chosenFrom = () => null, label, onSubmit, onReload = null }) {
        this.#i18n = i18n;
        this.#api = api;
        this.#values = values;
        this.#onSubmit = onSubmit;
        this.#fields = fields.map(([name, kind, values]) => ({ name, kind, ...this.#field(name, kind, values, proposed[name], kind === 'id' ? chosenFrom(name) : null) }));
        this.#reload = el('button', { type: 'button', class: 'plain', hidden: true, onclick: onReload }, i18n.t('adminReload'));
        this.#submit = el('button', { type: 'submit', class: 'primary' }, label);
        this.element = el('form', { class: 'fields', onsubmit: event => this.#send(event) },
            ...this.#fields.map(({ kind, input, label: text, element = input }) => el('div', { class: kind === 'flag' ? 'field flag' : 'field' },
                el('label', { for: input.id }, text), element)),
            this.#wrong, el('div', { class: 'buttons' }, this.#reload, this.#submit));
    }

    /** It has gone from the page. */
    close() {
        for (const { choice } of this.#fields)
            choice?.close();
    }

    /* {label, input, choice}, and the element that has the input. */
    #field(name, kind, values, value, resource) {
        const label = resource ? choiceText(this.#i18n, name) : fieldText(this.#i18n, name);

        if (!resource)
            return { label, input: this.#input(name, kind, values, value), choice: null };
        const choice = new ChoiceField({ i18n: this.#i18n, api: this.#api, resource, id: `field-${name}`, label, isRequired: true });

        choice.show(value ?? '');
        return { label, input: choice.input, choice, element: choice.element };
    }

    #input(name, kind, values, value) {
        const id = `field-${name}`;

        if (kind === 'choice')
            return el('select', { id }, ...values.map(one => el('option', { value: one, selected: one === value }, valueText(this.#i18n, one))));
        return kind === 'flag' ? el('input', { type: 'checkbox', id, checked: value === true })
            : el('input', { type: 'text', id, value: value ?? '', maxlength: TEXT_MAX, autocomplete: 'off', dir: 'auto', inputmode: kind === 'id' ? 'numeric' : null, pattern: kind === 'id' ? '[1-9]\\d{0,17}' : null, required: kind === 'id' });
    }

    /* What differs from what was there; null: a field has said that it is not to be read. An empty text where there was none
     * changes nothing. */
    async #read() {
        const changes = {};

        for (const { name, kind, input, choice } of this.#fields) {
            const text = choice ? await choice.read() : input.value.trim();
            const value = kind === 'flag' ? input.checked : kind === 'id' ? Number(text) : text === '' ? null : text;

            if (text === null)
                return null;
            if (value !== (this.#values[name] ?? null))
                changes[name] = value;
        }
        return changes;
    }

    async #send(event) {
        event.preventDefault();
        if (this.#isBusy)
            return;
        this.#setBusy(true);
        this.#wrong.textContent = '';
        try {
            const changes = await this.#read();

            if (changes && this.element.isConnected)
                await this.#onSubmit(changes);
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
