/** @file search_style.js How results of a search look, and the page of the widget that has them. */
import { sheet } from '../ui/sheet.js';

export const SEARCH = sheet(`
.section {
    display: flex; align-items: center; gap: 8px; min-block-size: 32px; margin: 0; padding: 8px 16px 0; font: inherit; font-size: 0.87em; font-weight: 650; color: var(--muted);
}
.section .spinner { inline-size: 1.2em; block-size: 1.2em; border-width: 2px; }
.found { flex: none; display: flex; flex-direction: column; }
.found.is-old .hits { opacity: 0.6; }
.found .late { padding: 0 16px 4px; font-size: 0.87em; color: var(--muted); }
.hits { padding: 6px; }
.hit {
    inline-size: 100%; display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 1px 12px; padding: 8px 10px; border-radius: 12px; text-align: start;
    scroll-margin: 6px; transition: background-color 0.12s;
}
.hit:hover { background: var(--raised); }
.hit:focus-visible { outline-offset: -2px; }
.hit[aria-current] { background: var(--hover); box-shadow: inset 3px 0 var(--link); }
:dir(rtl) > .hit[aria-current] { box-shadow: inset -3px 0 var(--link); }
.hit .name { font-weight: 600; color: var(--text); margin: 0; font-size: 1em; }
.snippet {
    grid-column: 1 / -1; color: var(--muted); font-size: 0.93em; overflow: hidden; overflow-wrap: anywhere; display: -webkit-box; -webkit-box-orient: vertical;
    -webkit-line-clamp: 3; line-clamp: 3; text-align: -webkit-match-parent; text-align: match-parent;
}
.snippet .by { font-weight: 600; }
.snippet mark { background: none; color: var(--text); font-weight: 700; text-decoration: underline; text-decoration-color: var(--link); text-decoration-thickness: 2px; text-underline-offset: 3px; }

.searching { flex: 1; min-block-size: 0; display: flex; flex-direction: column; }
.searching .bar { display: grid; gap: 8px; padding: 10px 12px; border-block-end: 1px solid var(--line); }
.searching .box { position: relative; display: grid; align-items: center; }
.searching .box .icon { position: absolute; inset-inline-start: 12px; color: var(--muted); pointer-events: none; inline-size: 1.3em; block-size: 1.3em; }
.searching input {
    inline-size: 100%; min-inline-size: 0; min-block-size: 42px; padding-block: 8px; padding-inline: 40px 14px; border: 1px solid var(--edge); border-radius: 999px;
    background: var(--surface); font-size: max(1em, 16px);
}
.searching input::placeholder { color: var(--muted); opacity: 1; }
.searching input:focus-visible { outline: 2px solid var(--link); outline-offset: 1px; }
.searching .results {
    flex: 1; min-block-size: 0; display: flex; flex-direction: column; overflow-y: auto; overscroll-behavior: contain; scrollbar-width: thin;
    scrollbar-color: var(--line) transparent;
}
.searching .scope {
    justify-self: start; max-inline-size: 100%; display: inline-flex; align-items: center; gap: 6px; min-block-size: 32px; padding-block: 2px; padding-inline: 14px 6px; border: 1px solid var(--edge);
    border-radius: 999px; font-size: 0.87em; font-weight: 600; overflow-wrap: anywhere; text-align: start;
}
.searching .scope:hover { background: var(--hover); }
.searching .scope .icon { inline-size: 1.2em; block-size: 1.2em; }
.find-hint { margin-block: 8px 0; }
@media (forced-colors: active) {
    .hit[aria-current] { outline: 2px solid Highlight; outline-offset: -2px; }
}
`);
