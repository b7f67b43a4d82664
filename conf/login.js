/**
 * @file login.js
 * Where the login form (login.html) leads to: back to the page that somebody came from, as login-url says it in `to`
 * or `next`: `/login.html?to={path}`, or {url}. Only to this site, whoever made the link that led here; otherwise, and
 * without scripts, to where AuthFormLoginSuccessLocation says. Kept over a wrong password, where storage is allowed.
 * The page loads it in its head and waits for it, so that nobody can send the form before.
 */
(() => {
    const KEY = 'mod_chat login';
    const hasFailed = location.hash === '#failed';

    /* The place on this site, from the path on; null: it is elsewhere. Dots are resolved before it is looked at. */
    function placeOf(to) {
        try {
            const { origin, pathname, search, hash } = new URL(to, location.origin);

            return origin === location.origin && !/^\/[/\\]/.test(pathname) ? pathname + search + hash : null;
        } catch {
            return null;
        }
    }

    /* What is after # may have come along unescaped. */
    function asked() {
        const words = new URLSearchParams(location.search);
        const to = words.get('to') ?? words.get('next');

        return to === null || to.includes('#') || hasFailed ? to : to + location.hash;
    }

    function kept(to) {
        try {
            if (!hasFailed)
                sessionStorage.removeItem(KEY);
            if (to !== null)
                sessionStorage.setItem(KEY, to);
            return sessionStorage.getItem(KEY);
        } catch {
            return to;
        }
    }

    const to = kept(asked());
    const place = to === null ? null : placeOf(to);

    if (place !== null) {
        const field = document.createElement('input');

        Object.assign(field, { type: 'hidden', name: 'httpd_location', value: place });
        document.addEventListener('submit', ({ target }) => target.append(field));
    }
})();
