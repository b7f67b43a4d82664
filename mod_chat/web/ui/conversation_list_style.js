/**
 * @file conversation_list_style.js
 * How a list of conversations looks (conversation_list.js), and the button for more under it.
 */
import { sheet } from './tokens_style.js';

export const LIST = sheet(`
.rows { padding: 6px; }
.row {
    display: grid; grid-template-columns: auto minmax(0, 1fr) auto; column-gap: 12px; row-gap: 1px; align-items: center; padding: 10px; border-radius: 12px;
    cursor: pointer; scroll-margin: 6px; transition: background-color 0.12s;
}
.row:hover { background: var(--raised); }
.row[aria-selected="true"] { background: var(--hover); box-shadow: inset 3px 0 var(--link); }
:dir(rtl) > .row[aria-selected="true"] { box-shadow: inset -3px 0 var(--link); }
.row:focus-visible { outline-offset: -2px; }
.row .avatar { grid-row: span 2; align-self: start; margin-block-start: 2px; }
.row:has(.of) .avatar { grid-row: span 3; }
.who { display: flex; align-items: center; gap: 6px; min-inline-size: 0; }
.name, .said, .of {
    overflow: hidden; text-overflow: ellipsis; white-space: nowrap; text-align: -webkit-match-parent; text-align: match-parent;
}
.who .name { font-weight: 600; font-size: 1em; color: var(--text); margin: 0; }
.when { justify-self: end; font-size: 0.8em; color: var(--muted); white-space: nowrap; font-variant-numeric: tabular-nums; }
.said { grid-column: 2; color: var(--muted); font-size: 0.93em; }
.row:not(.is-unread) .said { grid-column: 2 / 4; }
.said.is-typing { color: var(--link); font-style: italic; }
.said.is-draft { color: var(--danger); font-style: italic; }
.count-of { position: relative; justify-self: end; display: grid; }
.row .of { grid-column: 2 / 4; font-size: 0.8em; color: var(--muted); }
.is-unread .name { font-weight: 700; }
.is-unread .said { color: var(--text); font-weight: 600; }
.is-unread .when { color: var(--link); font-weight: 600; }
.tag { flex: none; padding: 0 8px; border-radius: 999px; font-size: 0.75em; font-weight: 600; line-height: 1.7; color: var(--danger); background: var(--danger-soft); }
.more { align-self: center; flex: none; margin: 4px 0 14px; min-block-size: 36px; }
@media (forced-colors: active) {
    .row[aria-selected="true"] { outline: 2px solid Highlight; outline-offset: -2px; }
}
`);
