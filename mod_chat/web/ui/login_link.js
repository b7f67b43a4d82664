/**
 * @file login_link.js
 * Where the site has people sign in (the attribute `login-url`), and how they come back to where they were.
 *
 * In the address, {path} stands for the page that they are on, from the path on and with what is after #; {url} for the
 * whole of its address: `login-url="/login?next={path}"`.
 */
import { el, safeUrl } from './dom.js';

/** A link that leads there; null: the site says no address. */
export function loginLink(i18n, loginUrl) {
    const address = addressOf(loginUrl);

    return address && el('a', {
        class: 'primary', href: address,
        onclick: event => { event.currentTarget.href = addressOf(loginUrl); }, // the page may have another address by now
    }, i18n.t('signInLink'));
}

function addressOf(loginUrl) {
    const { href, pathname, search, hash } = location;
    const places = { url: href, path: pathname + search + hash };

    return safeUrl(loginUrl?.replace(/\{(url|path)\}/g, (_, name) => encodeURIComponent(places[name])));
}
