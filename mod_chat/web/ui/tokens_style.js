/**
 * @file tokens_style.js
 * What the look of all elements rests on: colours, light and dark, type, focus, buttons. As style sheets that a shadow
 * root adopts, so that a policy without inline styles has nothing to object to.
 *
 *     shadow.adoptedStyleSheets = [TOKENS, BASE, sheet(`.mine { … }`)];   // BASE: base_style.js
 *
 * A page may set --chat-accent, --chat-on-accent (text on it) and --chat-accent-dark (of links in the dark),
 * --chat-font, --chat-radius, --chat-z and --chat-offset (from the edges). Sides are logical: `dir` turns all round.
 */
import { sheet } from './sheet.js';

export { sheet };

/** Custom properties, light and dark, as the reader's system or the attribute says. */
export function themed(light, dark) {
    return `
:host { ${light} color-scheme: light; }
@media (prefers-color-scheme: dark) { :host(:not([theme="light"])) { ${dark} color-scheme: dark; } }
:host([theme="dark"]) { ${dark} color-scheme: dark; }`;
}

export const TOKENS = sheet(`${themed(`
    --surface: #ffffff; --text: #171a20; --hover: #eef0f4; --line: #dfe3e8; --edge: #7d8592; --muted: #596070;
    --badge: #c5221f;
    --accent: var(--chat-accent, #2558d3); --on-accent: var(--chat-on-accent, #ffffff);
    --link: var(--chat-accent, #2150c4);
    --shadow: 0 0 0 1px rgb(16 24 40 / 6%), 0 12px 40px rgb(16 24 40 / 20%);`, `
    --surface: #17191e; --text: #eceef2; --hover: #282c35; --line: #30353f; --edge: #808999; --muted: #a6adbb;
    --badge: #d5332e;
    --accent: var(--chat-accent, #3a67de); --on-accent: var(--chat-on-accent, #ffffff);
    --link: var(--chat-accent-dark, #9db9ff);
    --shadow: 0 0 0 1px rgb(255 255 255 / 9%), 0 12px 40px rgb(0 0 0 / 60%);`)}
:host {
    font: 400 max(15px, 0.9375rem) / 1.45 var(--chat-font, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans",
        "Liberation Sans", sans-serif);
    color: var(--text);
    letter-spacing: normal; text-align: start; text-transform: none; word-spacing: normal; white-space: normal;
}
*, ::before, ::after { box-sizing: border-box; }
[hidden] { display: none !important; }
button {
    font: inherit; color: inherit; letter-spacing: inherit; margin: 0; background: none; border: 0; padding: 0;
    cursor: pointer; text-align: inherit; -webkit-tap-highlight-color: transparent;
}
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.icon {
    inline-size: 1.5em; block-size: 1.5em; flex: none; display: block; fill: none; stroke: currentColor;
    stroke-width: 2; stroke-linecap: round; stroke-linejoin: round;
}
h2, p, ol, ul { margin: 0; padding: 0; font: inherit; }
.hidden {
    position: absolute; inline-size: 1px; block-size: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%);
    white-space: nowrap;
}
.tool {
    inline-size: 44px; block-size: 44px; flex: none; display: grid; place-items: center; border-radius: 50%;
    color: var(--muted); transition: background-color 0.12s, color 0.12s;
}
.tool:hover { background: var(--hover); color: var(--text); }
.plain {
    min-block-size: 32px; padding: 4px 12px; border-radius: 999px; border: 1px solid var(--edge); font-weight: 600;
    font-size: 0.87em; color: var(--text); background: var(--surface);
}
.plain:hover { background: var(--hover); }
.empty {
    display: grid; gap: 4px; justify-items: center; align-content: center; padding: 32px 24px; text-align: center;
    color: var(--muted);
}
.spinner {
    inline-size: 1.5em; block-size: 1.5em; border-radius: 50%; border: 2.5px solid var(--line);
    border-block-start-color: var(--link);
    animation: spin 0.9s linear infinite;
}
@keyframes spin { to { transform: rotate(1turn); } }
@media (prefers-reduced-motion: reduce) {
    .spinner { border-style: dotted; }
}
@media (prefers-reduced-motion: reduce) {
    *, ::before, ::after {
        animation-duration: 0.01ms !important; animation-iteration-count: 1 !important; transition: none !important;
        scroll-behavior: auto !important;
    }
}
`);
