/**
 * @file preferences.js
 * The dialog for what a user may choose, and for the keys that there are. Loaded when it is wanted.
 *
 * Permission for notifications is asked for when they are switched on, and only then; where the browser forbids them, it
 * says so, and what to do.
 */
import { el, icon } from '../ui/dom.js';
import '../ui/icons.js';
import { adopt, sheet } from '../ui/sheet.js';
import { askForDesktop, desktopPermission } from './desktop_notice.js';

const SWITCHES = {
    sound: { label: 'inboxSwitchSound', about: 'inboxAboutSound' },
    desktop: { label: 'inboxSwitchDesktop', about: 'inboxAboutDesktop' },
    keys: { label: 'inboxSwitchKeys', about: 'inboxAboutKeys' },
};
const WHY = { denied: 'inboxDesktopDenied', insecure: 'inboxDesktopInsecure', missing: 'inboxDesktopMissing' };

const PREFERENCES = sheet(`
.preferences { inline-size: min(30rem, 100vw - 32px); max-block-size: calc(100dvh - 32px); overflow-y: auto; }
.preferences > header { display: flex; align-items: start; justify-content: space-between; gap: 8px; }
.preferences > header .tool { margin-block-start: -10px; margin-inline-end: -10px; }
.preferences h3 { margin: 20px 0 8px; font: inherit; font-weight: 650; }
.switch {
    inline-size: 100%; display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 2px 16px; align-items: center; padding: 8px 0; text-align: start;
}
.switch::after { content: ""; grid-row: 1; grid-column: 2; inline-size: 20px; block-size: 20px; margin: 3px; border-radius: 50%; background: var(--surface); justify-self: start; }
.switch .track {
    grid-row: 1; grid-column: 2; inline-size: 46px; block-size: 26px; border-radius: 13px; background: var(--edge); transition: background-color 0.12s;
}
.switch[aria-checked="true"] .track { background: var(--link); }
.switch[aria-checked="true"]::after { justify-self: end; }
.switch + p { font-size: 0.87em; padding-inline-end: 62px; }
.switch + p.wrong { color: var(--danger); padding-inline-end: 0; margin: 0; }
.keys + .switch { margin-block-start: 8px; }
@media (forced-colors: active) { .switch .track { border: 1px solid; } .switch::after { background: ButtonText; } }
`);

export class Preferences {
    #i18n;
    #settings;
    #onSound;
    #switches;

    /** `root`: the shadow root; `keys`: the table of keys, an element; `onSound()`: the sound was switched on. */
    constructor({ i18n, root, settings, keys, onSound }) {
        this.#i18n = i18n;
        this.#settings = settings;
        this.#onSound = onSound;
        this.#switches = Object.keys(SWITCHES).map(name => this.#makeSwitch(name));
        this.element = el('dialog', { class: 'preferences', 'aria-labelledby': 'preferences' },
            el('header', { role: 'presentation' }, el('h2', { id: 'preferences' }, i18n.t('inboxPreferences')),
                el('button', {
                    type: 'button', class: 'tool', 'aria-label': i18n.t('inboxPreferencesClose'), onclick: () => this.element.close(),
                }, icon('close'))),
            el('h3', {}, i18n.t('inboxNotices')), ...this.#switches[0].parts, ...this.#switches[1].parts,
            el('h3', {}, i18n.t('inboxKeys')), keys, ...this.#switches[2].parts);
        adopt(root, PREFERENCES);
        root.append(this.element);
    }

    open() {
        this.#show();
        this.element.showModal();
    }

    #makeSwitch(name) {
        const hint = el('p', { id: `about-${name}`, role: name === 'desktop' ? 'status' : null });
        const button = el('button', {
            type: 'button', class: 'switch', role: 'switch', 'aria-describedby': hint.id, onclick: () => this.#toggle(name),
        }, this.#i18n.t(SWITCHES[name].label), el('span', { class: 'track' }));

        return { name, button, hint, parts: [button, hint] };
    }

    async #toggle(name) {
        const isOn = !this.#isOn(name);

        if (name === 'desktop' && isOn)
            await askForDesktop();
        this.#settings.set(name, isOn && (name !== 'desktop' || desktopPermission() === 'granted'));
        this.#show();
        if (name === 'sound' && isOn)
            this.#onSound();
    }

    #isOn(name) {
        return this.#settings.get(name) && (name !== 'desktop' || desktopPermission() === 'granted');
    }

    #show() {
        for (const { name, button, hint } of this.#switches) {
            const why = name === 'desktop' && WHY[desktopPermission()];
            const text = this.#i18n.t(why || SWITCHES[name].about);

            button.setAttribute('aria-checked', String(this.#isOn(name)));
            hint.classList.toggle('wrong', Boolean(why));
            if (hint.textContent !== text)
                hint.textContent = text;
        }
    }
}
