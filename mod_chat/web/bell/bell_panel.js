/**
 * @file bell_panel.js
 * What is in the dialog behind the bell: the list of notifications, and the settings. Loaded when the page is idle, or
 * at the first use.
 *
 * With the page's other elements it shares one ChatStore, and so one connection. Where there is none, or it is lost, the
 * bell asks now and then (chat_bell.js).
 */
import { PushClient } from '../net/push_client.js';
import { ChatStore } from '../store/chat_store.js';
import { NotificationList } from '../store/notification_list.js';
import { Banner } from '../ui/banner.js';
import { BANNER } from '../ui/banner_style.js';
import { BASE } from '../ui/base_style.js';
import { ConversationList } from '../ui/conversation_list.js';
import { LIST } from '../ui/conversation_list_style.js';
import { addIcons, el, icon, setAttribute } from '../ui/dom.js';
import '../ui/icons.js';
import { loginLink } from '../ui/login_link.js';
import { noticeOf, noticeOfState, noticeText } from '../ui/problem_text.js';
import { TimeFormat } from '../ui/time_format.js';
import { PANEL } from './bell_panel_style.js';
import { openConversation } from './open_conversation.js';
import { PushSwitch } from './push_switch.js';
import { SettingsView } from './settings_view.js';

export const SHEETS = [BASE, BANNER, LIST, PANEL];

addIcons([['settings', 'M4 7h9M17 7h3M4 17h3M11 17h9M13 4.5v5M7 14.5v5']]);

export class BellPanel {
    #frame;
    #i18n;
    #loginUrl;
    #onCount;
    #mayOpen;
    #store;
    #list;
    #client; // of pushes to this browser
    #hasPush;
    #rows;
    #settings;
    #isInSettings = false;
    #empty = el('div', { class: 'empty' });
    #banner; // the connection, and what was refused
    #status = el('p', { class: 'hidden', role: 'status' });
    #more;
    #markAll;
    #view;
    #back;
    #gear;
    #foot;
    #refresh = () => this.#render();
    #listener = ({ detail: { state, reason } }) => this.#onState(state, reason);

    /**
     * `href`: a page with all messages, or null; `hasPush`: the settings have a switch for pushes. `onCount(count,
     * isLive)`: how many are new, null: not known yet; `isLive`: it need not be asked for. `mayOpen(detail)`: a
     * notification was chosen; false: somebody else opens it.
     */
    constructor({ frame, i18n, root, loginUrl, href, hasPush, onCount, mayOpen }) {
        this.#frame = frame;
        this.#i18n = i18n;
        this.#loginUrl = loginUrl;
        this.#onCount = onCount;
        this.#mayOpen = mayOpen;
        this.#store = ChatStore.shared(root);
        this.#list = new NotificationList(this.#store);
        const { rest } = this.#store;

        this.#client = new PushClient(rest);
        this.#hasPush = hasPush;
        this.#settings = new SettingsView({
            i18n, rest, push: hasPush ? new PushSwitch({ i18n, rest, client: this.#client }) : null,
        });
        this.#build(href);
        this.#list.addEventListener('change', this.#refresh);
        this.#store.addEventListener('state', this.#listener);
        this.#client.listen(({ link, conversation_id: id }) => this.#lead(id, link)); // one that was shown by the system
        if (this.#store.state === 'online')
            this.#refreshPush();
        this.#render();
    }

    /** In the open frame: the list. */
    open() {
        this.#leaveSettings();
        this.refresh();
        this.#focus();
    }

    /** The list anew, where nobody tells what happens and it is looked at. */
    refresh() {
        const { state } = this.#store;
        const isLive = state === 'online' && !this.#list.problem;

        if (this.#frame.isOpen && !isLive && state !== 'stopped')
            this.#list.load();
    }

    /** The frame has changed: open, resize, close. */
    onFrame(type) {
        if (type === 'close')
            this.#leaveSettings();
    }

    /** For good. */
    remove() {
        this.#list.removeEventListener('change', this.#refresh);
        this.#store.removeEventListener('state', this.#listener);
        this.#banner.close();
        this.#list.close();
        this.#client.stop();
        this.#store.release();
    }

    // ---- Parts ---------------------------------------------------------------------------------

    #build(href) {
        const i18n = this.#i18n;

        this.#rows = new ConversationList({
            i18n, times: new TimeFormat(i18n.lang), label: i18n.t('bell'), onOpen: id => this.#lead(id, this.#list.item(id).link),
        });
        this.#more = el('button', {
            type: 'button', class: 'plain more', hidden: true, onclick: () => this.#list.more(),
        }, i18n.t('bellMore'));
        this.#markAll = el('button', {
            type: 'button', class: 'plain', hidden: true, onclick: () => this.#markAllRead(),
        }, i18n.t('bellMarkAll'));
        this.#banner = new Banner({
            i18n, loginUrl: this.#loginUrl, onRetry: () => this.#tryAgain(), onFocusLost: () => this.#frame.title.focus(),
        });
        this.#view = el('div', { class: 'view' }, this.#rows.element, this.#empty, this.#more);
        this.#back = el('button', {
            type: 'button', class: 'tool', 'aria-label': i18n.t('bellBack'), onclick: () => this.#showList(),
        }, icon('back'));
        this.#gear = el('button', {
            type: 'button', class: 'tool', 'aria-label': i18n.t('bellSettings'), onclick: () => this.#showSettings(),
        }, icon('settings'));
        this.#foot = el('div', { class: 'foot' }, this.#markAll, href && el('a', { href }, i18n.t('bellAll')));
        this.#frame.fill([this.#back], [this.#banner.element, this.#view, this.#foot, this.#settings.element, this.#status], [this.#gear]);
    }

    // ---- What is shown -------------------------------------------------------------------------

    /* That it has ended is said in the place of the list. */
    #onState(state, reason) {
        if (state !== 'stopped')
            this.#banner.showState(state, reason);
        if (state === 'online')
            this.#refreshPush();
        this.#render();
    }

    /* Once for each page; what does not work is told where it is switched on. */
    #refreshPush() {
        if (this.#hasPush)
            this.#client.refresh().catch(() => {});
        this.#hasPush = false;
    }

    #render() {
        const { items, unreadCount, hasMore, isLoaded } = this.#list;
        const isGone = this.#store.state === 'stopped';

        this.#rows.show(items.map(one => ({ conversation: this.#rowOf(one), typing: null })));
        this.#renderEmpty(items.length > 0);
        setAttribute(this.#more, 'hidden', !hasMore);
        setAttribute(this.#markAll, 'hidden', unreadCount === 0);
        if (isGone && this.#isInSettings)
            this.#showList();
        this.#renderView(isGone);
        this.#onCount(isLoaded || isGone ? unreadCount : null, this.#store.state === 'online' || isGone);
    }

    #renderView(isGone) {
        const title = this.#i18n.t(this.#isInSettings ? 'bellSettings' : 'bell');

        setAttribute(this.#view, 'hidden', this.#isInSettings);
        setAttribute(this.#foot, 'hidden', this.#isInSettings);
        setAttribute(this.#settings.element, 'hidden', !this.#isInSettings);
        setAttribute(this.#back, 'hidden', !this.#isInSettings);
        setAttribute(this.#gear, 'hidden', this.#isInSettings || isGone);
        if (this.#frame.title.textContent !== title)
            this.#frame.title.textContent = title;
    }

    /* As a list of conversations shows it (ui/conversation_list.js). */
    #rowOf({ id, title, body, count, updated_at: moment, read_at: readAt }) {
        return {
            id,
            church_name: title,
            church_avatar: this.#store.summary(id)?.church_avatar ?? null,
            last_message: body,
            last_message_id: id,
            last_message_time: moment,
            unread_count: readAt ? 0 : count,
        };
    }

    /* What stands where no row does. */
    #renderEmpty(hasRows) {
        const { isLoaded, problem } = this.#list;
        const { state, reason } = this.#store;
        const notice = state === 'stopped' ? noticeOfState(state, reason) : problem && !hasRows ? noticeOf(problem) : null;
        const kind = notice ? `problem ${notice.key}` : hasRows ? 'rows' : isLoaded ? 'empty' : 'loading';

        if (kind === this.#empty.dataset.kind)
            return;
        this.#empty.dataset.kind = kind;
        setAttribute(this.#empty, 'hidden', kind === 'rows');
        if (notice)
            this.#empty.replaceChildren(...this.#problem(notice));
        else if (kind === 'empty')
            this.#empty.replaceChildren(el('strong', {}, this.#i18n.t('bellNone')), el('p', {}, this.#i18n.t('bellNoneHint')));
        else
            this.#empty.replaceChildren(el('span', { class: 'spinner' }), el('span', { class: 'hidden' }, this.#i18n.t('loading')));
    }

    #problem(notice) {
        const signIn = notice.action === 'signIn' && loginLink(this.#i18n, this.#loginUrl);
        const retry = notice.action && el('button', { type: 'button', class: 'plain', onclick: () => this.#tryAgain() },
            this.#i18n.t('retry'));

        return [el('p', { role: 'status' }, noticeText(this.#i18n, notice)), signIn || retry].filter(Boolean);
    }

    // ---- What the person does ------------------------------------------------------------------

    #lead(id, link) {
        this.#frame.close();
        if (this.#mayOpen({ conversation_id: id, link }))
            openConversation(id, link, this.#store);
    }

    /* The button is not disabled meanwhile, which would take the focus away, and Escape with it; once more is no harm. */
    async #markAllRead() {
        try {
            await this.#list.markAll();
            this.#say(this.#i18n.t('bellMarked'));
            this.#focus();
        } catch (problem) {
            this.#banner.showProblem(problem);
        }
    }

    #tryAgain() {
        this.#banner.showProblem(null);
        this.#store.reconnect();
        this.#list.load();
    }

    #showSettings() {
        this.#isInSettings = true;
        this.#render();
        this.#settings.open();
        this.#frame.title.focus();
    }

    #showList() {
        this.#leaveSettings();
        this.#gear.focus();
    }

    #leaveSettings() {
        if (!this.#isInSettings)
            return;
        this.#isInSettings = false;
        this.#settings.leave();
        this.#render();
    }

    /* The newest one. */
    #focus() {
        if (!this.#rows.focus(this.#list.items[0]?.id))
            this.#frame.title.focus();
    }

    /* The same sentence twice is said twice. */
    #say(sentence) {
        this.#status.textContent = '';
        this.#status.append(el('span', {}, sentence));
    }
}
