/**
 * @file unread_title.js
 * How many conversations are unread, where a tab in the background shows it: before the title of the page, `(3) Inbox`, and on the
 * icon of an installed app (Badging API). A page may change its title meanwhile.
 */
export class UnreadTitle {
    #prefix = '';

    set count(n) {
        const bare = document.title.startsWith(this.#prefix) ? document.title.slice(this.#prefix.length) : document.title;
        const prefix = n > 0 ? `(${n > 99 ? '99+' : n}) ` : '';

        if (prefix + bare !== document.title)
            document.title = prefix + bare;
        if (prefix !== this.#prefix)
            setBadge(n);
        this.#prefix = prefix;
    }

    close() {
        this.count = 0;
    }
}

/* Refused, say, where no app is installed. */
function setBadge(n) {
    const done = n > 0 ? navigator.setAppBadge?.(n) : navigator.clearAppBadge?.();

    done?.catch(() => {});
}
