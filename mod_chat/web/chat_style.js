/**
 * @file chat_style.js
 * What the look of all elements rests on: colours, light and dark, type, focus. As style sheets that a shadow
 * root adopts, so that a policy without inline styles has nothing to object to.
 *
 *     shadow.adoptedStyleSheets = [TOKENS, BASE, sheet(`.mine { … }`)];   // BASE: chat_base_style.js
 *
 * Dark where the reader's system is, or as the attribute `theme` (light, dark) says. A page may set
 * --chat-accent and --chat-on-accent (a colour with contrast to it), --chat-font, --chat-z and
 * --chat-offset (of the launcher from the edges). Sides are logical, so that `dir` turns everything round.
 */
export function sheet(text) {
    const one = new CSSStyleSheet();

    one.replaceSync(text);
    return one;
}

const LIGHT = `
    --surface: #ffffff; --raised: #f5f6f8; --hover: #eef0f4; --line: #dfe3e8; --edge: #7d8592;
    --text: #171a20; --muted: #596070;
    --accent: var(--chat-accent, #2558d3); --on-accent: var(--chat-on-accent, #ffffff);
    --link: var(--chat-accent, #2150c4); --theirs: #eff1f5;
    --danger: #b3231b; --danger-soft: #fdedeb; --info-soft: #eaf1fe; --warn-soft: #fdf4dd; --on-soft: #24272e;
    --badge: #c5221f;
    --shadow: 0 0 0 1px rgb(16 24 40 / 6%), 0 12px 40px rgb(16 24 40 / 20%);
    color-scheme: light;`;

const DARK = `
    --surface: #17191e; --raised: #1f2229; --hover: #282c35; --line: #30353f; --edge: #808999;
    --text: #eceef2; --muted: #a6adbb;
    --accent: var(--chat-accent, #3a67de); --on-accent: var(--chat-on-accent, #ffffff);
    --link: var(--chat-accent-dark, #9db9ff); --theirs: #272b33;
    --danger: #ff9c93; --danger-soft: #41201e; --info-soft: #1f2c47; --warn-soft: #3b3117; --on-soft: #eceef2;
    --badge: #d5332e;
    --shadow: 0 0 0 1px rgb(255 255 255 / 9%), 0 12px 40px rgb(0 0 0 / 60%);
    color-scheme: dark;`;

export const TOKENS = sheet(`
:host { ${LIGHT} }
@media (prefers-color-scheme: dark) { :host(:not([theme="light"])) { ${DARK} } }
:host([theme="dark"]) { ${DARK} }
:host {
    font: 400 max(15px, 0.9375rem) / 1.45 var(--chat-font, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans",
        "Liberation Sans", sans-serif);
    color: var(--text);
    letter-spacing: normal; text-align: start; text-transform: none; word-spacing: normal; white-space: normal;
}
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
button { font: inherit; color: inherit; letter-spacing: inherit; margin: 0; background: none; border: 0; padding: 0; cursor: pointer; text-align: inherit; }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.icon {
    inline-size: 1.5em; block-size: 1.5em; flex: none; display: block; fill: none; stroke: currentColor;
    stroke-width: 2; stroke-linecap: round; stroke-linejoin: round;
}
@media (prefers-reduced-motion: reduce) {
    *, ::before, ::after {
        animation-duration: 0.01ms !important; animation-iteration-count: 1 !important; transition: none !important;
        scroll-behavior: auto !important;
    }
}
`);
