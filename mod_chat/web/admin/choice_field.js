/**
 * @file choice_field.js
 * A field for a user or a church: one types the beginning of a name and chooses among what the server finds, or types the
 * exact user name or the id. It gives the id. A number that is an id and also what another one is called has to be chosen.
 *
 * A combobox with a list, as the ARIA Authoring Practices Guide has it: the focus stays in the field, arrows go through the
 * suggestions, Enter takes one, Escape closes them, and then empties the field; how many there are is said.
 */
import { el, setAttribute } from '../ui/dom.js';
import { problemSentence } from './problem.js';
import { Suggestions, WORDS_MAX, isId } from './suggestions.js';

export class ChoiceField {
    #i18n;
    #resource;
    #onChoose;
    #suggestions;
    #given = null; // the id that show() got, until something is typed
    #chosen = null; // of the suggestions; what stands in the field means it while it is its text
    #active = -1; // which suggestion Enter takes
    #isOpen = false;
    #list;
    #note = el('p', { class: 'quiet', 'aria-hidden': 'true' }); // what #status says, to see
    #status = el('p', { class: 'hidden', role: 'status' });
    #popup;
    #wrong;

    /** `resource`: users or churches; `id`: of its input; `label`: what it is called; `onChoose()`: one was chosen. */
    constructor({ i18n, api, resource, id, label, isRequired = false, onChoose = () => {} }) {
        this.#i18n = i18n;
        this.#resource = resource;
        this.#onChoose = onChoose;
        this.#suggestions = new Suggestions({ api, resource, onChange: () => this.#show() });
        this.#list = el('ul', { id: `${id}-list`, role: 'listbox', 'aria-label': label });
        this.#popup = el('div', { class: 'suggestions', hidden: true, onmousedown: event => event.preventDefault() }, this.#list, this.#note);
        this.#wrong = el('p', { class: 'wrong', id: `${id}-wrong`, role: 'alert' });
        this.input = el('input', {
            type: 'text', id, role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'false', 'aria-controls': this.#list.id, 'aria-describedby': this.#wrong.id,
            autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', dir: 'auto', maxlength: WORDS_MAX, required: isRequired,
            placeholder: i18n.t(resource === 'users' ? 'adminChoiceUser' : 'adminChoiceChurch'),
            oninput: () => this.#typed(), onkeydown: event => this.#key(event), onblur: () => this.#leave(), onclick: () => this.#open(),
        });
        this.element = el('div', { class: 'choice-field' }, this.input, this.#popup, this.#status, this.#wrong);
    }

    /** An id, as text, or '': the field has the name as soon as that is known. */
    async show(id) {
        this.#refuse('');
        this.#leave();
        this.#given = id;
        if (id === this.#chosen?.id) {
            this.input.value = this.#chosen.text;
            return;
        }
        this.#chosen = null;
        this.input.value = id;
        const choice = isId(id) ? await this.#suggestions.known(id).catch(() => null) : null; // the id says it, too

        if (choice && this.input.value === id)
            this.#take(choice);
    }

    /** A promise of the id, as text; '': of none; null: who is meant is not known, which the field has said, or it has another
     * text meanwhile, or has gone. */
    async read() {
        const text = this.input.value.trim();

        if (text === this.#chosen?.text)
            return this.#chosen.id;
        this.#refuse('');
        if (text === '' || text === this.#given)
            return text;
        try {
            const isItsId = isId(text) && !await this.#suggestions.isNameOfOther(text);
            const choice = isId(text) ? null : await this.#suggestions.exact(text);

            if (text !== this.input.value.trim() || !this.element.isConnected)
                return null;
            if (isItsId)
                return text;
            if (choice) {
                this.#take(choice);
                return choice.id;
            }
            this.#refuse(this.#i18n.t(isId(text) ? 'adminChoose' : 'adminNoMatch'));
            this.input.focus();
            this.#open();
        } catch (problem) {
            this.#refuse(problemSentence(this.#i18n, problem));
        }
        return null;
    }

    /** It has gone from the page: nothing is asked for any more. */
    close() {
        this.#suggestions.close();
    }

    #take(choice) {
        this.#chosen = choice;
        this.input.value = choice.text;
        this.#close();
    }

    #refuse(sentence) {
        this.#wrong.textContent = sentence;
        setAttribute(this.input, 'aria-invalid', sentence !== '' && 'true');
    }

    // ---- The suggestions -----------------------------------------------------------------------

    #typed() {
        this.#given = null;
        this.#refuse('');
        this.#isOpen = this.input.value.trim() !== '';
        this.#suggestions.type(this.input.value);
        this.#show();
    }

    /* Those of what stands there; of one that was chosen, others. */
    #open() {
        this.#isOpen = true;
        this.#suggestions.want(this.#chosen?.text === this.input.value ? '' : this.input.value);
        this.#show();
    }

    #close() {
        this.#isOpen = false;
        this.#suggestions.stop();
        this.#show();
    }

    #leave() {
        if (this.#isOpen)
            this.#close();
    }

    #show() {
        const { choices } = this.#suggestions;
        const sentence = this.#isOpen ? this.#sentence : '';
        const isOpen = this.#isOpen && choices.length > 0;

        this.#list.replaceChildren(...(isOpen ? choices : []).map((choice, i) => this.#option(choice, i)));
        this.#status.textContent = this.#note.textContent = sentence;
        setAttribute(this.#list, 'hidden', !isOpen);
        setAttribute(this.#popup, 'hidden', sentence === '');
        this.input.setAttribute('aria-expanded', String(isOpen));
        this.#activate(-1);
    }

    get #sentence() {
        const { choices, hasMore, isLoaded, problem } = this.#suggestions;

        if (problem)
            return problemSentence(this.#i18n, problem);
        if (!isLoaded)
            return '';
        return this.#i18n.t(choices.length === 0 ? 'adminNothingFound' : hasMore ? 'adminSuggestionsMore' : 'adminSuggestions', { n: choices.length });
    }

    #option({ id, name, username, isActive }, i) {
        const details = [username, id, isActive === false && this.#i18n.t('adminInactive')].filter(Boolean);

        return el('li', { id: `${this.#list.id}-${i}`, role: 'option', 'aria-selected': 'false', onclick: () => this.#choose(i) },
            el('bdi', {}, name), ' ', el('span', { class: 'quiet' }, el('bdi', {}, details.join(' · '))));
    }

    #activate(i) {
        this.#active = i;
        for (const [at, option] of [...this.#list.children].entries())
            option.setAttribute('aria-selected', String(at === i));
        setAttribute(this.input, 'aria-activedescendant', this.#list.children[i]?.id);
        this.#list.children[i]?.scrollIntoView({ block: 'nearest' });
    }

    #choose(i) {
        this.#refuse('');
        this.#take(this.#suggestions.choices[i]);
        this.#onChoose();
    }

    /* As if it were deleted by hand. */
    #empty() {
        this.input.value = '';
        this.input.dispatchEvent(new Event('input', { bubbles: true }));
    }

    // ---- Keys ----------------------------------------------------------------------------------

    #key(event) {
        const { key, altKey } = event;
        const n = this.#list.children.length;

        if (event.isComposing || event.ctrlKey || event.metaKey || event.shiftKey)
            return;
        if (key === 'ArrowDown' && n === 0)
            this.#open();
        else if (key === 'ArrowDown' && !altKey)
            this.#activate((this.#active + 1) % n);
        else if (key === 'ArrowUp' && n > 0 && altKey)
            this.#close();
        else if (key === 'ArrowUp' && n > 0)
            this.#activate((Math.max(this.#active, 0) + n - 1) % n);
        else if (key === 'Enter' && this.#active >= 0)
            this.#choose(this.#active);
        else if (key === 'Enter') { // the form is sent
            this.#leave();
            return;
        } else if (key === 'Escape' && this.#isOpen)
            this.#close();
        else if (key === 'Escape' && this.input.value !== '')
            this.#empty();
        else
            return;
        event.preventDefault();
        event.stopPropagation();
    }
}
