/**
 * @file notice.js
 * What tells staff of a new message that they are not looking at: a toast, a sentence for those who listen, a sound, a
 * notification of the system. Loaded when the inbox is idle.
 *
 * Of several tabs, one gives notice (front_tab.js). Sound and notifications are what the user has switched on
 * (settings.js). However many messages come at once, each conversation has one toast, one notification and, after the
 * first, one sentence for all within BURST_MS, and there is one sound within SOUND_MS.
 */
import { textOf } from '../net/message.js';
import { isLookedAt } from '../ui/looked_at.js';
import { adopt } from '../ui/sheet.js';
import { DesktopNotice } from './desktop_notice.js';
import { Sound } from './sound.js';
import { TOASTS, Toasts } from './toasts.js';

const BURST_MS = 1500;
const SOUND_MS = 3000;
const PENDING_MAX = 100; // conversations

export class Notice {
    #i18n;
    #settings;
    #isFront;
    #onAnnounce;
    #toasts;
    #desktop;
    #sound = new Sound();
    #soundAt = -Infinity;
    #pending = new Map(); // id -> {timer, unsaid, message, conversation, isOpen}

    /** `root`: the shadow root; `place`: where toasts appear in it; `isFront()`: whether this tab gives notice;
     * `onOpen(id)`; `onAnnounce(sentence)`. */
    constructor({ i18n, root, place, settings, isFront, onOpen, onAnnounce }) {
        this.#i18n = i18n;
        this.#settings = settings;
        this.#isFront = isFront;
        this.#onAnnounce = onAnnounce;
        this.#toasts = new Toasts({ i18n, onOpen });
        this.#desktop = new DesktopNotice({ lang: i18n.lang, onOpen });
        adopt(root, TOASTS);
        place.append(this.#toasts.element);
    }

    /** A message of the other side. `isOpen`: its conversation is, so that it is seen and read out there. */
    tell(message, conversation, { isOpen }) {
        const { id } = conversation;

        if (!this.#isFront())
            return;
        if (!isOpen)
            this.#toasts.show(id, {
                name: conversation.church_name, url: conversation.church_avatar, text: textOf(message),
                count: conversation.unread_count,
            });
        this.#ring();
        const waiting = this.#pending.get(id);

        if (waiting) {
            Object.assign(waiting, { unsaid: waiting.unsaid + 1, message, conversation, isOpen });
            return;
        }
        this.#say({ unsaid: 1, message, conversation, isOpen });
        this.#wait(id);
    }

    /** This conversation was read, or is being looked at. */
    drop(id) {
        clearTimeout(this.#pending.get(id)?.timer);
        this.#pending.delete(id);
        this.#toasts.drop(id);
        this.#desktop.drop(id);
    }

    /** Those that `isUnread(id)` is not true of any more. */
    dropRead(isUnread) {
        for (const id of this.#shown)
            if (!isUnread(id))
                this.drop(id);
    }

    /** What the sound is like. */
    playSound() {
        this.#sound.play();
    }

    close() {
        for (const { timer } of this.#pending.values())
            clearTimeout(timer);
        this.#pending.clear();
        this.#toasts.close();
        this.#desktop.close();
        this.#sound.close();
    }

    get #shown() {
        return new Set([...this.#pending.keys(), ...this.#toasts.ids, ...this.#desktop.ids]);
    }

    #wait(id) {
        const timer = setTimeout(() => this.#endOfBurst(id), BURST_MS);

        this.#pending.set(id, { timer, unsaid: 0 });
        if (this.#pending.size > PENDING_MAX)
            this.#endOfBurst(this.#pending.keys().next().value);
    }

    #endOfBurst(id) {
        const waiting = this.#pending.get(id);

        clearTimeout(waiting.timer);
        this.#pending.delete(id);
        if (waiting.unsaid === 0)
            return;
        this.#say(waiting);
        this.#wait(id);
    }

    /* Whoever looks is read to; whoever does not, is notified. */
    #say({ unsaid, message, conversation, isOpen }) {
        const { id, church_name: name, unread_count: count } = conversation;

        if (!isOpen)
            this.#onAnnounce(unsaid > 1
                ? this.#i18n.t('inboxNewMessages', { n: unsaid, name })
                : this.#i18n.t('inboxNewMessage', { name, text: textOf(message) }));
        if (this.#settings.get('desktop') && !isLookedAt())
            this.#desktop.show(id, {
                title: count > 1 ? this.#i18n.t('inboxNoticeTitle', { name, n: count }) : name, body: textOf(message),
            });
    }

    #ring() {
        const now = performance.now();

        if (!this.#settings.get('sound') || now - this.#soundAt < SOUND_MS)
            return;
        this.#soundAt = now;
        this.#sound.play();
    }
}
