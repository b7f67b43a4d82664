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
    why.hidden = location.hash !== `#${why.id}` && !location.search.startsWith(`?${why.id}`);

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
    form.requestSubmit(); // by which login.js knows of it
    for (const button of form.querySelectorAll('[data-login]')) // whom a frame shows
        button.setAttribute('aria-pressed', String(button.dataset.login === name));
}

/* The language that was asked for before; `asked`: the one from now on. Where a browser keeps nothing, that or null. */
function keptLanguage(asked = null) {
    try {
        if (asked !== null)
            localStorage.setItem('lang', asked);
        return localStorage.getItem('lang');
    } catch {
        return asked;
    }
}

/* What was asked for here (?lang=de) or before; else the browser's. */
function chooseLanguage() {
    const asked = new URLSearchParams(location.search).get('lang');
    const isThere = lang => Object.hasOwn(TEXTS, lang); // not what every object has, such as "constructor"

    if (isThere(asked))
        keptLanguage(asked);
    return [asked, keptLanguage(), navigator.language.split('-')[0]].find(isThere) ?? 'en';
}
