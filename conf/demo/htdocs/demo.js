// What the pages of the demo do: the reader's language, logins by one click, and the buttons which open a
// conversation. A site of its own needs only the last of these.
import { TEXTS } from './demo_texts.js';

const lang = chooseLanguage();

document.documentElement.lang = lang; // which the elements of the chat follow
document.documentElement.classList.toggle('framed', window !== window.top);
for (const element of document.querySelectorAll('[data-text]'))
    element.textContent = TEXTS[lang][element.dataset.text];
for (const element of document.querySelectorAll('[data-title]'))
    element.title = TEXTS[lang][element.dataset.title];
for (const element of document.querySelectorAll('[data-greeting]'))
    element.setAttribute('greeting', TEXTS[lang][element.dataset.greeting]);
for (const link of document.querySelectorAll('a[hreflang]'))
    if (link.hreflang === lang)
        link.setAttribute('aria-current', 'true');

for (const why of document.querySelectorAll('#failed, #other'))
    why.hidden = !location.search.startsWith(`?${why.id}`);

// Who was sent here from a page of this site goes back to it: mod_auth_form does that with httpd_location.
for (const form of document.querySelectorAll('form[action$="login"]'))
    comeBackTo(form, placeToComeBackTo());

// One click logs in, as the password is the name.
for (const button of document.querySelectorAll('[data-login]'))
    button.addEventListener('click', () => logIn(button.form ?? document.forms[0], button.dataset.login));
for (const form of document.querySelectorAll('[data-first]'))
    logIn(form, form.dataset.first);

for (const button of document.querySelectorAll('[data-church]'))
    button.addEventListener('click', async () => {
        await customElements.whenDefined('chat-widget');
        document.querySelector('chat-widget').openConversation(Number(button.dataset.church));
    });

// Where mails and pushes lead (ChatNotificationLink): the front page shows the conversation.
if (document.body.classList.contains('front')) {
    addEventListener('hashchange', showLinked);
    showLinked();
}

/* To a member in the widget, to staff in the inbox. Who has no part in it logs in as somebody else. */
async function showLinked() {
    const [, id] = /^#\/conversations\/([1-9]\d{0,18})$/.exec(location.hash) ?? [];

    if (id === undefined)
        return;
    const answer = await fetch(`api/conversations/${id}/`).catch(() => null);

    if (answer?.status === 401 || answer?.status === 404) {
        location.replace(`login.html?other&to=${encodeURIComponent(location.pathname + location.hash)}`);
    } else if (answer?.ok && (await answer.json()).conversation.is_church_owner) {
        location.replace(`inbox.html${location.hash}`);
    } else {
        await customElements.whenDefined('chat-widget');
        document.querySelector('chat-widget').showConversation(Number(id)); // which also says what is wrong
    }
}

function logIn(form, name) {
    form.elements.httpd_username.value = name;
    form.elements.httpd_password.value = name;
    form.submit();
    for (const button of form.querySelectorAll('[data-login]')) // whom a frame shows
        button.setAttribute('aria-pressed', String(button.dataset.login === name));
}

/* What lies in a storage under a name, another text from now on unless that is null; where a browser keeps nothing, the
 * text. */
function kept(storage, name, text = null) {
    try {
        if (text !== null)
            window[storage].setItem(name, text);
        return window[storage].getItem(name);
    } catch {
        return text;
    }
}

/* Kept over a wrong password. What is after # came along from the page, when httpd sent here. */
function placeToComeBackTo() {
    const to = new URLSearchParams(location.search).get('to');

    if (to !== null)
        return kept('sessionStorage', 'to', to.includes('#') ? to : to + location.hash);
    return kept('sessionStorage', 'to', location.search.startsWith('?failed') ? null : '');
}

/* Nowhere else than on this site, whoever made the link that led here. */
function comeBackTo(form, to) {
    if (!to?.startsWith('/'))
        return;
    const url = new URL(to, location.origin);

    if (url.origin !== location.origin || url.pathname.startsWith('//')) // another host's, to a browser
        return;
    const field = document.createElement('input');

    Object.assign(field, { type: 'hidden', name: 'httpd_location', value: url.pathname + url.search + url.hash });
    form.append(field);
}

/* What was asked for here (?lang=de) or before; else the browser's. */
function chooseLanguage() {
    const asked = new URLSearchParams(location.search).get('lang');
    const isThere = lang => Object.hasOwn(TEXTS, lang); // not what every object has, such as "constructor"

    if (isThere(asked))
        kept('localStorage', 'lang', asked);
    return [asked, kept('localStorage', 'lang'), navigator.language.split('-')[0]].find(isThere) ?? 'en';
}
