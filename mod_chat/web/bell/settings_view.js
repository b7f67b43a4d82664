/**
 * @file settings_view.js
 * How the user is told of messages: the preferences of the API (notifications/preferences/), as a form.
 *
 * They are asked for each time it is opened, as another tab may have changed them. Times are those of the browser's
 * time zone, which is sent with them. What the server refuses is said at its field. The switch for pushes (push_switch.js)
 * is of this browser, and acts at once.
 */
import { languages } from '../i18n/i18n.js';
import { el, setAttribute } from '../ui/dom.js';
import { noticeOf, noticeText } from '../ui/problem_text.js';

const PATH = 'notifications/preferences/';
const QUIET = { from: '22:00', to: '07:00' }; // to begin with
const MAILS = [['off', 'bellMailOff'], ['instant', 'bellMailInstant'], ['digest', 'bellMailDigest']];

export class SettingsView {
    #i18n;
    #rest;
    #push;
    #run = 0; // of being open
    #form = null; // {preferences, fields}; null: there is none
    #status = el('p', { class: 'note', role: 'status' });

    /** `push`: a PushSwitch, or null. */
    constructor({ i18n, rest, push }) {
        this.#i18n = i18n;
        this.#rest = rest;
        this.#push = push;
        this.element = el('div', { class: 'view', hidden: true });
    }

    /** Ask for what is set, and show it. */
    async open() {
        const run = ++this.#run;

        this.element.replaceChildren(el('div', { class: 'empty' }, el('span', { class: 'spinner' }),
            el('p', { class: 'hidden', role: 'status' }, this.#i18n.t('loading'))));
        try {
            const preferences = await this.#rest.get(PATH);

            await this.#push?.load(preferences.push);
            if (run === this.#run)
                this.#show(preferences);
        } catch (problem) {
            if (run === this.#run)
                this.#showProblem(problem);
        }
    }

    /** It is not looked at any more. */
    leave() {
        this.#run++;
        this.#form = null;
        this.element.replaceChildren();
    }

    #showProblem(problem) {
        this.element.replaceChildren(el('div', { class: 'empty' },
            el('p', { role: 'alert' }, noticeText(this.#i18n, noticeOf(problem))),
            el('button', { type: 'button', class: 'plain', onclick: () => this.open() }, this.#i18n.t('retry'))));
    }

    // ---- The form ------------------------------------------------------------------------------

    #show(preferences) {
        const i18n = this.#i18n;
        const fields = this.#makeFields(preferences);

        this.#form = { preferences, fields };
        this.#status.textContent = '';
        this.element.replaceChildren(...this.#push ? [this.#push.element] : [], el('form', {
            novalidate: true, onsubmit: event => this.#submit(event), onchange: () => this.#follow(),
        },
        el('fieldset', {}, el('legend', {}, i18n.t('bellMail')), this.#address(preferences),
            ...fields.email.map(([input, text]) => el('label', {}, input, el('span', {}, text)))),
        fields.digest_at.row,
        el('fieldset', {}, el('label', {}, fields.isQuiet, el('span', {}, i18n.t('bellQuiet'))),
            el('div', { class: 'times' }, fields['quiet.from'].row, fields['quiet.to'].row)),
        fields.language.row,
        el('p', { class: 'note' }, i18n.t('bellZone', { zone: browserZone() })), fields.time_zone.wrong,
        el('div', { class: 'buttons' }, el('button', { class: 'primary' }, i18n.t('bellSave')), this.#status)));
        this.#follow();
    }

    #makeFields({ email, quiet, digest_at: digestAt, language }) {
        const i18n = this.#i18n;
        const time = value => el('input', { type: 'time', value });

        return {
            email: MAILS.map(([value, key]) =>
                [el('input', { type: 'radio', name: 'email', value, checked: value === email }), i18n.t(key)]),
            isQuiet: el('input', { type: 'checkbox', checked: quiet !== null }),
            'quiet.from': this.#field('bellFrom', time((quiet ?? QUIET).from)),
            'quiet.to': this.#field('bellTo', time((quiet ?? QUIET).to)),
            digest_at: this.#field('bellDigestAt', time(digestAt)),
            language: this.#field('bellLanguage', this.#languages(language)),
            time_zone: { wrong: el('p', { class: 'wrong', hidden: true, role: 'alert' }) },
        };
    }

    /* A label with what is to be filled in, and what was wrong with it. */
    #field(key, input) {
        const wrong = el('p', { class: 'wrong', id: `${key}-wrong`, hidden: true });

        input.id = key;
        return { input, wrong, row: el('div', {},
            el('div', { class: 'field' }, el('label', { for: key }, this.#i18n.t(key)), input), wrong) };
    }

    #languages(chosen) {
        const names = new Intl.DisplayNames(this.#i18n.lang, { type: 'language' });
        const all = languages();

        return el('select', {}, ...(all.includes(chosen) ? all : [...all, chosen]).map(lang =>
            el('option', { value: lang, selected: lang === chosen }, names.of(lang))));
    }

    /* Where mails go, and what to do when they do not arrive. */
    #address({ email_address: address, email_state: state }) {
        const i18n = this.#i18n;

        if (state === 'none' || address === null)
            return el('p', { class: 'note' }, i18n.t('bellMailNone'));
        if (state === 'ok')
            return el('p', { class: 'note' }, i18n.t('bellMailTo', { address }));
        return el('div', { class: 'failing' }, el('p', {}, i18n.t('bellMailFailing', { address })),
            el('button', { type: 'button', class: 'plain', onclick: () => this.#retryMail() }, i18n.t('retry')));
    }

    /* What does not matter now is not asked for. */
    #follow() {
        const { isQuiet, digest_at: digestAt, ...fields } = this.#form.fields;

        setAttribute(digestAt.row, 'hidden', this.#email !== 'digest');
        setAttribute(fields['quiet.from'].row.parentElement, 'hidden', !isQuiet.checked);
        this.#status.textContent = '';
    }

    get #email() {
        return this.#form.fields.email.find(([input]) => input.checked)?.[0].value ?? 'off';
    }

    // ---- Saved and refused ---------------------------------------------------------------------

    async #submit(event) {
        const run = this.#run;
        const { fields } = this.#form;

        event.preventDefault();
        this.#showRefused([]);
        try {
            await this.#rest.put(PATH, {
                email: this.#email,
                digest_at: fields.digest_at.input.value,
                quiet: fields.isQuiet.checked
                    ? { from: fields['quiet.from'].input.value, to: fields['quiet.to'].input.value } : null,
                language: fields.language.input.value,
                time_zone: browserZone(),
            });
            if (run === this.#run)
                this.#status.textContent = this.#i18n.t('bellSaved');
        } catch (problem) {
            if (run === this.#run)
                this.#refused(problem);
        }
    }

    #refused(problem) {
        const known = problem.errors.filter(({ field }) => this.#form.fields[field]?.wrong);

        this.#showRefused(known.map(({ field }) => field));
        this.#status.textContent = known.length > 0 ? this.#i18n.t('bellNotSaved')
            : `${this.#i18n.t('bellNotSaved')} ${noticeText(this.#i18n, noticeOf(problem))}`;
    }

    #showRefused(names) {
        const { fields } = this.#form;

        for (const [name, { input, wrong }] of Object.entries(fields).filter(([, one]) => one.wrong)) {
            const isRefused = names.includes(name);

            wrong.textContent = isRefused ? this.#i18n.t('bellRefused') : '';
            setAttribute(wrong, 'hidden', !isRefused);
            if (input) {
                setAttribute(input, 'aria-invalid', isRefused ? 'true' : null);
                setAttribute(input, 'aria-describedby', isRefused ? wrong.id : null);
            }
        }
        fields[names[0]]?.input?.focus();
    }

    async #retryMail() {
        const run = this.#run;

        try {
            const preferences = await this.#rest.post(`${PATH}email/`, { retry: true });

            if (run !== this.#run)
                return;
            this.#show(preferences);
            this.#status.textContent = this.#i18n.t('bellMailRetried');
        } catch (problem) {
            if (run === this.#run)
                this.#status.textContent = problem.code === 'no_mail' ? this.#i18n.t('bellMailNo')
                    : noticeText(this.#i18n, noticeOf(problem));
        }
    }
}

/** The time zone of the browser, as IANA names it. */
function browserZone() {
    return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}
