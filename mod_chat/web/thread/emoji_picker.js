/**
 * @file emoji_picker.js
 * A few emoji to choose from, for who has no keyboard with them. Loaded when it is wanted (composer.js).
 *
 * One place for Tab, arrows within; Enter or a click writes one and stays, Escape leads back. What an emoji is called,
 * screen readers know themselves.
 */
import { el } from '../ui/dom.js';
import { adopt, sheet } from '../ui/sheet.js';

const COLUMNS = 8;
const EMOJI = `😀 😃 😄 😁 😅 😂 🤣 🙂 😉 😊 😇 🥰 😍 🤩 😘 😋 😜 🤔 🤗 🤭 🤫 😐 🙄 😏 😌 😴 🥱 😷 🤒 🥵 🥶 😎
🤓 😕 😟 😮 😳 🥺 😢 😭 😤 😡 😱 🥳 👋 👍 👎 👌 🤞 ✌️ 👏 🙌 🙏 💪 👉 👀 🫶 🤝 ❤️ 🧡 💛 💚 💙 💜 🤍 💔
💯 ✨ 🔥 ⭐ 🎉 🎂 🎁 🎄 🐣 🕊️ ⛪ ✝️ 🕯️ 📖 🎵 🎶 ☀️ 🌈 🌧️ ❄️ 🌷 🌹 🌻 🍀 🐶 🐱 ☕ 🍰 🍞 🍷 ✅ ❌ ❗ ❓ 📅 ⏰`.split(/\s+/);

const PICKER = sheet(`
.emoji-picker {
    position: absolute; inset-block-end: calc(100% - 4px); inset-inline: auto 12px; z-index: 2; box-sizing: border-box;
    inline-size: min(20rem, 100% - 24px); max-block-size: min(15rem, 40vh); padding: 8px; overflow-y: auto;
    display: grid; grid-template-columns: repeat(${COLUMNS}, minmax(0, 1fr)); gap: 2px;
    border-radius: 14px; background: var(--surface); box-shadow: var(--shadow); scrollbar-width: thin;
}
.emoji-picker button {
    min-block-size: 34px; border-radius: 8px; font-size: 1.45em; line-height: 1.2; text-align: center;
}
.emoji-picker button:hover { background: var(--hover); }
.emoji-picker button:focus-visible { outline-offset: -2px; background: var(--hover); }
`);

export class EmojiPicker {
    #buttons;
    #onChoose;
    #onClose;

    /** `root`: the shadow root it stands in; `onChoose(emoji)`; `onClose(event)`: Escape was pressed, or the focus
     * goes elsewhere. */
    constructor({ i18n, root, onChoose, onClose }) {
        this.#onChoose = onChoose;
        this.#onClose = onClose;
        this.#buttons = EMOJI.map((emoji, i) => el('button', { type: 'button', tabindex: i === 0 ? 0 : -1 }, emoji));
        this.element = el('div', {
            class: 'emoji-picker', role: 'group', 'aria-label': i18n.t('emoji'),
            onkeydown: event => this.#key(event),
            onmousedown: event => event.preventDefault(), // the focus stays where it is
            onclick: event => this.#choose(event.target),
            onfocusout: event => this.element.contains(event.relatedTarget) || this.#onClose(event),
        }, ...this.#buttons);
        adopt(root, PICKER);
    }

    focus() {
        this.#buttons.find(one => one.tabIndex === 0).focus();
    }

    #key(event) {
        const at = this.#buttons.indexOf(event.target);
        const ahead = getComputedStyle(this.element).direction === 'rtl' ? -1 : 1;
        const to = {
            ArrowRight: at + ahead, ArrowLeft: at - ahead, ArrowDown: at + COLUMNS, ArrowUp: at - COLUMNS,
            Home: 0, End: this.#buttons.length - 1,
        }[event.key];

        if (event.ctrlKey || event.metaKey || event.altKey)
            return;
        if (event.key === 'Escape')
            this.#onClose(event);
        else if (to === undefined)
            return;
        else
            this.#moveTo(to);
        event.preventDefault();
        event.stopPropagation();
    }

    #moveTo(to) {
        const next = this.#buttons[to];

        if (!next)
            return;
        for (const one of this.#buttons)
            one.tabIndex = one === next ? 0 : -1;
        next.focus();
    }

    #choose(button) {
        if (this.#buttons.includes(button))
            this.#onChoose(button.textContent);
    }
}
